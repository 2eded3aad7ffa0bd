"""Intervals and published scores, against scikit-learn and by what must always hold."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pandas as pd
import pytest

from ser_bench.report.analysis.gaps import gap_table
from ser_bench.report.analysis.intervals import intervals
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.scores import pooled_scores, scores_by_speaker
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts import uar
from ser_bench.report.findings.headline import headline
from ser_bench.report.formatting import p_value
from ser_bench.report.latex import latex
from ser_bench.report.page.sections.scores import score_tables
from ser_bench.report.summary import markdown
from ser_bench.report.terminal import terminal_table
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info


@pytest.fixture(scope="module")
def run(analysed_run):
    """A run with two repeats, which the tests of analyses share."""
    return analysed_run


def test_intervals_hold_the_scores_and_are_wider_than_those_over_clips(run):
    scores, ends = pooled_scores(run), intervals(run)
    for measure in ("accuracy", "uar", "macro_f1"):
        assert (ends[f"{measure}_low"] <= scores[measure]).all()
        assert (scores[measure] <= ends[f"{measure}_high"]).all()
    share = scores.at[("svm", "actor"), "accuracy"]
    by_clips = 2 * 1.96 * np.sqrt(share * (1 - share) / run.info.corpus.clips)
    assert ends.at[("svm", "actor"), "accuracy_high"] - ends.at[("svm", "actor"), "accuracy_low"] > 1.2 * by_clips


def test_the_interval_of_the_gap_is_paired(run):
    """Speakers that are easy under one split are easy under the other, so the gap varies less than its parts."""
    gaps, table = gap_table(run).set_index("model"), summarise(run).set_index("model")
    row = table.loc["svm"]
    assert gaps.at["svm", "total_low"] < row["uar_gap"] < gaps.at["svm", "total_high"]
    apart = np.hypot(row["actor_uar_high"] - row["actor_uar_low"], row["random_uar_high"] - row["random_uar_low"])
    assert gaps.at["svm", "total_high"] - gaps.at["svm", "total_low"] < 0.8 * apart


def test_the_standard_deviation_over_repeats_is_that_of_their_scores(run):
    from sklearn.metrics import balanced_accuracy_score

    rows = run.predictions.query("model == 'svm' and split == 'actor'")
    scores = [balanced_accuracy_score(part["true"], part["predicted"]) for _, part in rows.groupby("repeat")]
    assert summarise(run).set_index("model").at["svm", "actor_uar_sd"] == pytest.approx(np.std(scores, ddof=1))


def test_repeats_that_predict_the_same_have_no_standard_deviation(run):
    """An svm that is fitted again on the same folds does not vary by 0.0."""
    frame = run.predictions
    again = [frame[frame["repeat"] == 0].assign(repeat=repeat) for repeat in (0, 1)]
    same = dataclasses.replace(run, predictions=pd.concat(again, ignore_index=True))
    assert summarise(run)[["actor_uar_sd", "random_uar_sd"]].iloc[0].notna().all()
    assert summarise(same)[["actor_uar_sd", "random_uar_sd"]].isna().all(axis=None)


def test_the_score_of_a_speaker_is_the_mean_over_the_repeats_that_test_the_speaker(tmp_path):
    """A hold-out that is drawn anew tests other speakers in each repeat."""
    run = save_fake_run(tmp_path, Recipe(models=("svm",), speakers=10, splits=(("actor-80-20", 1),), repeats=2))
    frame = run.predictions
    first, *others = sorted(frame["speaker"].unique())
    drawn = (frame["repeat"] == 0) | (frame["speaker"] != first)
    run = dataclasses.replace(run, predictions=frame[drawn])
    assert len(others) == 1
    scores = ", ".join(f"{100 * score:.1f}" for score in scores_by_speaker(run, "actor-80-20").loc["svm"])
    assert f"(speakers {scores})" in markdown(run)
    assert "nan" not in scores


def test_a_model_with_a_missing_fold_has_no_interval(broken_run):
    assert intervals(broken_run).loc[("knn", "actor")].isna().all()
    assert gap_table(broken_run).set_index("model").loc["knn", ["total", "total_low"]].isna().all()


def test_fewer_than_six_speakers_have_each_speakers_score_instead_of_an_interval(tmp_path):
    few = save_fake_run(tmp_path, Recipe(models=("svm",), speakers=3, splits=(("actor", 3), ("random", 3))))
    table = summarise(few)
    assert table[["actor_uar", "random_uar", "uar_gap"]].notna().all(axis=None)
    assert table[[name for name in table if name.endswith(("_low", "_high"))]].isna().all(axis=None)
    scores = ", ".join(f"{100 * score:.1f}" for score in scores_by_speaker(few, "actor").loc["svm"])
    for text in (
        headline(few),
        markdown(few),
        terminal_table(few),
        latex(few).replace("\\footnotesize(", "(speakers "),
    ):
        assert f"(speakers {scores})" in text
    cells = [cell.note for row in score_tables(few).main.rows for cell in row.cells]
    assert f"(speakers {scores})" in cells
    assert "Fewer than 6 test speakers (actor and random) give no interval" in markdown(few)
    assert "Brackets" not in markdown(few)
    assert "with a stroke per speaker." in uar.CHART.alt_text(few)


def test_notes_say_what_intervals_do_not_cover_and_what_repeats_show(run):
    for text in (markdown(run), latex(run)):
        assert "no interval over test speakers covers that" in text
        assert "of folds and seeds under random and of seeds only under actor and emobox" in text


@pytest.mark.slow
def test_intervals_of_thirteen_models_take_less_than_three_seconds(tmp_path):
    splits = (("actor", 6), ("random", 6), ("emobox", 6), ("loso", 24), ("text", 2))
    run = save_fake_run(tmp_path, Recipe(splits=splits, repeats=3))
    begun = time.process_time()
    intervals(run)
    gap_table(run)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(("p", "text"), [(0.0, "< 0.001"), (0.012, "0.012"), (0.5, "0.50"), (float("nan"), "n/a")])
def test_p_values_are_never_zero(p, text):
    assert p_value(p) == text


def test_published_scores_are_of_the_same_protocol_only(run):
    assert list(published_scores(run)["split"].unique()) == ["emobox"]
    assert published_scores(run)["uar"].is_monotonic_increasing
    for change in (
        {"normalize": "speaker"},
        {"target": "gender"},
        {"splits": ("actor", "random")},
        {"synthetic": True},
        {"corpus": {"clips": 700}},
        {"corpus": {"name": "demo"}},
        {"corpus": {"labels": ("angry", "sad")}},
    ):
        assert published_scores(dataclasses.replace(run, info=changed_info(run.info, **change))).empty, change


def test_published_scores_name_their_source(run):
    assert "HuBERT-base, frozen" in markdown(run)
    assert "EmoBox (Ma et al., Interspeech 2024)" in markdown(run)
