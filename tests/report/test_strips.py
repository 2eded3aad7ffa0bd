"""Pictures with a row per model: every mark stands where its value belongs."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from ser_bench.core.options import ModelTable
from ser_bench.models import MODELS
from ser_bench.report.analysis.gaps import gap_table
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.scores import scores_by_speaker
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.findings.titles import speakers_title
from ser_bench.report.formatting import percent
from ser_bench.report.page.sections.emotions import emotion_report
from ser_bench.report.page.sections.groups import group_strips
from ser_bench.report.page.sections.hero import hero
from ser_bench.report.page.sections.method import model_table
from ser_bench.report.page.sections.significance import difference_strips
from ser_bench.report.page.sections.speakers import speaker_report
from ser_bench.report.page.strips import Scale, bars, dots, line
from tests.report.fake_run import Recipe, save_fake_run
from tests.report.odd_runs import RECIPES, redrawn


def values_of(picture, path):
    """Return the values at the starts of a path, and at the end of a line."""
    low, high = picture.scale.low, picture.scale.high
    places = [int(x) for x in re.findall(r"[MH](-?\d+)", path)]
    return [low + (high - low) * x / 1000 for x in places]


def marks_of(row, kind):
    return [mark for mark in row.marks if mark.kind == kind]


def row_of(picture, model):
    return next(row for row in picture.rows if row.model == model)


@pytest.fixture(scope="module")
def parted(tmp_path_factory):
    """A run with repeated takes in three splits."""
    splits = (("actor", 6), ("random-takes", 6), ("random", 6), ("emobox", 6))
    recipe = Recipe(models=("chance", "svm", "knn", "lda"), splits=splits)
    return save_fake_run(tmp_path_factory.mktemp("parted"), recipe)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    recipe = Recipe(models=("svm",), splits=(("cross", 2),), corpora=("a", "b"), speakers=12, clips_per_label=2)
    return save_fake_run(tmp_path_factory.mktemp("pool"), recipe)


def test_a_scale_holds_every_value_in_whole_tenths():
    scale = Scale.of([0.234, 0.875, math.nan])
    assert (scale.low, scale.high) == (0.2, 0.9)
    assert [text for text, _ in scale.ticks] == ["20", "30", "40", "50", "60", "70", "80", "90"]
    assert [percent for _, percent in scale.ticks][:2] == [0, 14.3]
    assert Scale.of([-0.05, 0.05]).ticks == (("-10", 0.0), ("0", 50.0), ("10", 100.0))
    assert Scale.of([0.5]).high > Scale.of([0.5]).low
    assert Scale.of([math.nan]) == Scale(0, 1)


def test_unknown_values_have_no_mark():
    scale = Scale(0, 1)
    assert dots(scale, [0.25, math.nan]) == "M250 14h0"
    assert bars(scale, [math.nan]) == ""
    assert line(scale, math.nan, 0.5) == ""
    assert line(scale, 0.1, 0.5) == "M100 14H500"


def test_the_answer_draws_scores_intervals_speakers_and_both_parts_of_the_gap(parted):
    picture, table = hero(parted), summarise(parted).set_index("model")
    for model in ("svm", "knn", "lda"):
        row, numbers = row_of(picture, model), table.loc[model]
        (dot,), (interval,), (hollow,) = (marks_of(row, kind) for kind in ("dot", "interval", "hollow"))
        assert values_of(picture, dot.path) == pytest.approx([numbers["actor_uar"]], abs=1e-3)
        ends = [numbers["actor_uar_low"], numbers["actor_uar_high"]]
        assert values_of(picture, interval.path) == pytest.approx(ends, abs=1e-3)
        assert values_of(picture, hollow.path) == pytest.approx([numbers["random_uar"]], abs=1e-3)
        speakers = scores_by_speaker(parted, "actor").loc[model]
        drawn = values_of(picture, marks_of(row, "speakers")[0].path)
        assert sorted(drawn) == pytest.approx(sorted(speakers), abs=1e-3)
        voice, takes = (values_of(picture, marks_of(row, kind)[0].path) for kind in ("voice", "takes"))
        gap = gap_table(parted).set_index("model").loc[model]
        assert voice[1] - voice[0] == pytest.approx(gap["voice"], abs=2e-3)
        assert takes[1] - takes[0] == pytest.approx(gap["takes"], abs=2e-3)
        assert [cell.text for cell in row.cells] == [percent(numbers["actor_uar"]), f"{100 * gap['total']:+.1f}"]


def test_published_figures_are_the_last_row_of_the_answer(parted):
    row = hero(parted).rows[-1]
    assert (row.head.text, row.model, row.kind) == ("published", "", "quoted")
    assert "WavLM-large" in row.description
    best = summarise(parted).iloc[0]
    assert f"{best['model']} {percent(best['emobox_uar'])}" in row.cells[0].note


def test_an_answer_without_random_splits_has_no_gap(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("svm", "knn"), splits=(("actor", 4),), speakers=4, clips_per_label=2))
    picture = hero(run)
    assert [column.head for column in picture.columns] == ["UAR"]
    assert {mark.kind for row in picture.rows for mark in row.marks} == {"chance", "speakers", "dot"}
    assert "interval" not in " ".join(text for _, text in picture.legend)
    rows = (*picture.rows, *difference_strips(run).rows)
    assert not any(row.kind == "near" for row in rows)  # four speakers cannot show a difference


def test_of_equal_speakers_the_first_is_named_as_in_the_title(run):
    best = redrawn(run, lambda f: np.where(f["speaker"].isin(["04", "09"]), 1.0, 0.5))
    row = row_of(speaker_report(best).strips, scored_models(best)[0])
    assert (row.cells[2].text, row.cells[2].note) == ("100.0", "04")
    assert speakers_title(best).endswith("100 % for speaker 04") or "100 % (speaker 04)" in speakers_title(best)


def test_a_gap_without_an_interval_is_not_called_insignificant(tmp_path):
    """Groups of fewer than six speakers give no interval, so nothing is tested."""
    run = save_fake_run(tmp_path, RECIPES["few speakers"])
    answers = [
        row.cells[1].text for picture in group_strips(run, "actor") for row in picture.rows if row.cells[0].value
    ]
    assert set(answers) == {"n/a"}


def test_each_speaker_is_a_dot_and_the_extremes_are_named(run):
    picture, scores = speaker_report(run).strips, scores_by_speaker(run, "actor")
    row, values = row_of(picture, "svm"), scores.loc["svm"]
    kinds = [mark for mark in row.marks if mark.kind in ("speaker round", "speaker square")]
    assert len(kinds) == 2  # a shape per gender
    drawn = sorted(value for mark in kinds for value in values_of(picture, mark.path))
    assert drawn == pytest.approx(sorted(values), abs=1e-3)
    lowest, median, highest = row.cells
    assert (lowest.text, lowest.note) == (percent(values.min()), values.idxmin())
    assert (highest.text, highest.note) == (percent(values.max()), values.idxmax())
    assert median.text == percent(values.median())
    assert not any(row.model == "chance" for row in picture.rows)


def test_a_speaker_of_a_gender_has_the_shape_of_that_gender(run):
    picture, genders = speaker_report(run).strips, run.clips.drop_duplicates("speaker").set_index("speaker")["gender"]
    styles = {text: kind for kind, text in picture.legend if kind in ("speaker round", "speaker square")}
    values = scores_by_speaker(run, "actor").loc["svm"]
    for gender, kind in styles.items():
        (mark,) = marks_of(row_of(picture, "svm"), kind)
        own = values[[speaker for speaker in values.index if genders[speaker] == gender]]
        assert sorted(values_of(picture, mark.path)) == pytest.approx(sorted(own), abs=1e-3)


def test_one_speaker_has_no_strip(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("svm",), splits=(("random", 2),), speakers=1, clips_per_label=2))
    assert speaker_report(run).strips is None


def test_recalls_are_drawn_per_class_with_the_best_model_as_a_dot(run):
    picture = emotion_report(run, None).recalls
    frame = run.predictions
    frame = frame[(frame["split"] == "actor") & (frame["model"] == "svm")]
    hits = (frame["true"] == frame["predicted"]).groupby(frame["true"].astype("str")).mean()
    for row in picture.rows:
        (dot,) = marks_of(row, "dot")
        assert values_of(picture, dot.path) == pytest.approx([hits[row.head.text]], abs=1e-3)
        assert row.cells[0].text == percent(hits[row.head.text])
        assert len(values_of(picture, marks_of(row, "speakers")[0].path)) == 3  # svm, knn and cnn1d, not chance


def test_the_matrix_counts_clips_and_not_the_predictions_of_repeats(run):
    matrix = emotion_report(run, None).matrix
    counts = run.clips.merge(run.predictions[["clip", "true"]].drop_duplicates(), on="clip")["true"].value_counts()
    assert run.fits["repeat"].nunique() == 2
    assert [row.clips for row in matrix.rows] == [counts[label] for label in run.labels]


def test_frequent_confusions_are_the_largest_shares_off_the_diagonal(run):
    frame = run.predictions
    frame = frame[(frame["split"] == "actor") & (frame["model"] == "knn")].astype({"true": "str", "predicted": "str"})
    shares = frame.groupby(["true", "predicted"]).size() / frame.groupby("true").size()
    wrong = shares[[true != predicted for true, predicted in shares.index]].sort_values(ascending=False)
    (row,) = [row for row in emotion_report(run, None).confusions.rows if row.model == "knn"]
    assert [cell.note for cell in row.cells[1:]] == [f"{percent(share)} %" for share in wrong[:3]]
    true, predicted = row.cells[1].text.split(" → ")
    assert np.isclose(shares[true, predicted], wrong.iloc[0])


def test_the_models_of_a_run_are_described_with_what_a_variant_changes(run):
    tables = {"svm": ModelTable(base="lda", parameters={"speeds": ()})}
    options = run.info.options.model_copy(update={"model_tables": tables})
    changed = replace(run, info=run.info.model_copy(update={"options": options}))
    words = {row.model: [cell.text for cell in row.cells] for row in model_table(changed).rows}
    assert words["knn"][1] == MODELS["knn"].summary
    assert words["svm"][1] == f"lda with speeds = none: {MODELS['lda'].summary}"
    assert words["knn"][2] == run.info.features_of.get("knn", "")


def test_the_answer_says_what_it_is_measured_on_and_what_others_published(parted, pool):
    assert hero(parted).note.startswith("Measured on RAVDESS speech: other recordings,")
    assert "The highest published figure on the emobox folds is 75.3 % (Whisper" in hero(parted).note
    assert "Measured on a and b" in hero(pool).note
