"""Warnings before long fits: only for models whose time grows with the square of the clips."""

from __future__ import annotations

import dataclasses

import pytest

from ser_bench import models
from ser_bench.core.options import Options
from ser_bench.core.progress import NoProgress
from ser_bench.runs.plan import (
    PlannedFit,
    PlannedModel,
    estimate_seconds,
    format_duration,
    plan_models,
    warn_about_long_fits,
)
from ser_bench.splits import Fold


class Warnings(NoProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, text: str) -> None:
        self.lines.append(text)


def warnings_for(name: str, train: int, test: int = 1000, count: int = 2, **parameters) -> list[str]:
    (model, *_) = plan_models(Options(models=(name,)))
    definition = models.variant(name, name, parameters) if parameters else model.definition
    model = PlannedModel(definition, model.sets)
    fold = Fold(("a",) * train, ("b",) * test)
    progress = Warnings()
    warn_about_long_fits([PlannedFit(model, "actor", 0, number, fold, 0) for number in range(count)], progress)
    return progress.lines


def test_one_warning_for_a_kernel_over_many_clips_counts_augmented_rows_and_names_an_alternative():
    (line,) = warnings_for("svm", 50_000)
    assert "each of 2 fits on 150,000 rows" in line
    assert 'kernel = "nystroem"' in line
    assert "[models.svm]" in line
    assert "lda" in line


def test_copies_at_other_speeds_count():
    (warning,) = warnings_for("svm", 30_000)
    assert warnings_for("svm", 30_000, speeds=[]) != [warning]


def test_no_warning_for_a_corpus_of_usual_size():
    assert [line for model in models.MODELS for line in warnings_for(model, 1200, 240)] == []


@pytest.mark.parametrize("name", ["lda", "tree", "mlp", "majority"])
def test_no_warning_for_a_model_that_grows_linearly(name):
    assert warnings_for(name, 300_000) == []


def test_no_warning_for_an_approximated_kernel():
    assert warnings_for("svm", 300_000, kernel="nystroem") == []


def test_neighbours_grow_with_training_times_tested_clips():
    assert warnings_for("knn", 300_000, test=10) == []
    (line,) = warnings_for("knn", 300_000, test=60_000)
    assert "every training clip" in line


def test_an_ensemble_is_warned_about_for_its_members():
    assert "[models.ensemble]" in warnings_for("ensemble", 100_000)[0]
    assert warnings_for("ensemble", 100_000, members=["lda", "mlp"]) == []


def test_time_grows_with_the_square():
    (model, *_) = plan_models(Options(models=("svm",)))
    fit = PlannedFit(model, "actor", 0, 0, Fold(("a",) * 1000, ("b",)), 0)
    twice = dataclasses.replace(fit, fold=Fold(("a",) * 2000, ("b",)))
    pairs = model.definition.pairwise_cost(model.definition.parameters)
    assert estimate_seconds(twice, pairs) == pytest.approx(4 * estimate_seconds(fit, pairs))


@pytest.mark.parametrize(
    ("seconds", "text"), [(20, "20 s"), (80, "80 s"), (600, "10 min"), (10_800, "3 h"), (4 * 86_400, "4 days")]
)
def test_durations_are_formatted_in_a_suitable_unit(seconds, text):
    assert format_duration(seconds) == text
