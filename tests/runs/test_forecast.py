"""What is told before fits begin: models whose time grows with the square of the clips, and only where it is long."""

from __future__ import annotations

import dataclasses

import pytest

from ser_bench import models
from ser_bench.core.options import Options
from ser_bench.core.progress import NoProgress
from ser_bench.runs import forecast
from ser_bench.runs.plan import Entry, PlannedFit, entries
from ser_bench.splits import Fold


class Heard(NoProgress):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, text: str) -> None:
        self.lines.append(text)


def heard(name: str, train: int, test: int = 1000, count: int = 2, **parameters) -> list[str]:
    entry = entries(Options(models=(name,)))[0]
    model = models.variant(name, name, parameters) if parameters else entry.model
    entry = Entry(model, entry.sets)
    fold = Fold(("a",) * train, ("b",) * test)
    progress = Heard()
    forecast.warn([PlannedFit(entry, "actor", 0, number, fold, 0) for number in range(count)], progress)
    return progress.lines


def test_a_kernel_over_many_clips_is_told_of_once_with_the_rows_of_its_copies_and_another_way():
    (line,) = heard("svm", 50_000)
    assert "each of 2 fits on 150,000 rows" in line
    assert 'kernel = "nystroem"' in line
    assert "[models.svm]" in line
    assert "lda" in line


def test_copies_at_other_speeds_count():
    (told,) = heard("svm", 30_000)
    assert heard("svm", 30_000, speeds=[]) != [told]


def test_a_corpus_of_usual_size_is_not_told_of():
    assert [line for model in models.MODELS for line in heard(model, 1200, 240)] == []


@pytest.mark.parametrize("name", ["lda", "tree", "mlp", "majority"])
def test_a_model_that_grows_with_the_clips_is_not_told_of(name):
    assert heard(name, 300_000) == []


def test_an_approximated_kernel_is_not_told_of():
    assert heard("svm", 300_000, kernel="nystroem") == []


def test_neighbours_grow_with_training_times_tested_clips():
    assert heard("knn", 300_000, test=10) == []
    (line,) = heard("knn", 300_000, test=60_000)
    assert "every training clip" in line


def test_an_ensemble_is_told_of_for_its_members():
    assert "[models.ensemble]" in heard("ensemble", 100_000)[0]
    assert heard("ensemble", 100_000, members=["lda", "mlp"]) == []


def test_time_grows_with_the_square():
    entry = entries(Options(models=("svm",)))[0]
    fit = PlannedFit(entry, "actor", 0, 0, Fold(("a",) * 1000, ("b",)), 0)
    twice = dataclasses.replace(fit, fold=Fold(("a",) * 2000, ("b",)))
    pairs = entry.model.pairwise_cost(entry.model.parameters)
    assert forecast.seconds_of(twice, pairs) == pytest.approx(4 * forecast.seconds_of(fit, pairs))


@pytest.mark.parametrize(
    ("seconds", "said"), [(20, "20 s"), (80, "80 s"), (600, "10 min"), (10_800, "3 h"), (4 * 86_400, "4 days")]
)
def test_times_are_told_in_a_unit_that_suits_them(seconds, said):
    assert forecast.spoken(seconds) == said
