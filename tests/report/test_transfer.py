"""Scores from corpus to corpus equal those of the predictions, and every report shows them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import sklearn.metrics

from ser_bench.report import write_report
from ser_bench.report.analysis import transfer
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_matrix, transfer_models, transfer_scores
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.findings.headline import headline, transfer_sentence
from ser_bench.report.formatting import percent, percent_range
from ser_bench.report.page import render_page
from ser_bench.report.page.sections.across import transfer_report
from ser_bench.report.page.sections.speakers import speaker_report
from ser_bench.report.summary import markdown
from tests.report.fake_run import Recipe, save_fake_run

MODELS = ("svm", "lda", "chance")


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """A run of two corpora: each by itself, from one to the other, and both together."""
    splits = (("within", 4), ("cross", 2), ("actor", 6), ("random", 6))
    recipe = Recipe(models=MODELS, splits=splits, corpora=("a", "b"), speakers=12, repeats=2, clips_per_label=4)
    return save_fake_run(tmp_path_factory.mktemp("pool"), recipe)


def recomputed(run, split: str, model: str, tested: str) -> float:
    part = run.predictions.query("split == @split and model == @model")
    part = part[part["clip"].astype(str).str.startswith(f"{tested}/")]
    scores = [
        sklearn.metrics.recall_score(p["true"].astype(str), p["predicted"].astype(str), average="macro")
        for _, p in part.groupby("repeat")
    ]
    return sum(scores) / len(scores)


@pytest.mark.parametrize(
    ("split", "trained", "tested"),
    [("within", "a", "a"), ("cross", "a", "b"), ("cross", "b", "a"), ("actor", "a+b", "a"), ("actor", "a+b", "b")],
)
def test_each_score_equals_scikit_learns(pool, split, trained, tested):
    assert transfer_matrix(pool, "svm").at[trained, tested] == pytest.approx(recomputed(pool, split, "svm", tested))


def test_splits_with_known_speakers_are_left_out(pool):
    assert set(transfer_scores(pool)["split"]) == {"within", "cross", "actor"}


def test_few_speakers_have_each_speakers_score(tmp_path):
    splits = (("within", 2), ("cross", 2))
    recipe = Recipe(models=("svm",), splits=splits, corpora=("a", "b"), speakers=4, clips_per_label=4)
    run = save_fake_run(tmp_path, recipe)
    table = transfer_scores(run)
    assert table["uar_low"].isna().all()
    assert [len(scores.split()) for scores in table["by_speaker"]] == [2] * len(table)
    scores = [f"{100 * float(score):.1f}" for score in table["by_speaker"].iloc[0].split()]
    notes = [cell.note for row in transfer_report(run).table.rows for cell in row.cells]
    assert f"(speakers {', '.join(scores)})" in notes


def test_intervals_enclose_their_score(pool):
    table = transfer_scores(pool)
    assert (table["uar_low"] <= table["uar"]).all()
    assert (table["uar"] <= table["uar_high"]).all()
    assert (table["speakers"] == 6).all()


def test_models_are_in_the_order_of_the_summary_and_baselines_are_left_out(pool):
    order = [model for model in summarise(pool)["model"] if model != "chance"]
    assert transfer_models(pool) == order
    reversed_order = list(summarise(pool)["model"])[::-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "all_models_ranked", lambda run: reversed_order)
        assert transfer_models(replace(pool)) == order[::-1]


def test_reports_show_the_matrix(pool, stand_in_drawing):
    assert "Across corpora" in markdown(pool)
    assert "on corpora that it was not trained on (cross)" in headline(pool)
    assert "transfer" in charts_of(pool)
    assert pool.folder / "transfer.csv" in write_report(pool, ("svg",))
    assert b'id="across"' in (pool.folder / "report.html").read_bytes()
    saved = pd.read_csv(pool.folder / "transfer.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(saved, transfer_scores(pool), check_dtype=False)


def test_the_sentence_has_the_scores_of_the_table_with_intervals(pool):
    """One model, the leader, and one average: that over clips, as in the table of scores."""
    row = summarise(pool).iloc[0]
    for split in ("within", "cross"):
        interval = percent_range(row[f"{split}_uar_low"], row[f"{split}_uar_high"], ())
        assert f"{percent(row[f'{split}_uar'])} % {interval}" in transfer_sentence(pool)
    assert transfer_sentence(pool).startswith(row["model"])


def test_pairs_that_no_fold_has_are_not_rows_of_the_summary(tmp_path):
    splits = (("within", 4), ("loco", 3))
    recipe = Recipe(models=("svm",), splits=splits, corpora=("a", "b", "c"), speakers=12, clips_per_label=2)
    run = save_fake_run(tmp_path, recipe)
    assert transfer_matrix(run, "svm").isna().any(axis=None)
    assert "n/a" not in markdown(run)


def test_groups_name_the_compared_corpora(pool):
    report = speaker_report(pool)
    (intensities,) = (table for table in report.group_tables if "intensity" in table.caption)
    assert "UAR by intensity within a and b, without neutral, which not every group has" in intensities.caption
    (picture,) = (picture for picture in report.groups if picture.name == "groups-intensity")
    assert "UAR by intensity within a and b" in picture.caption


def test_a_run_of_one_corpus_has_no_transfer_and_removes_earlier_tables(tmp_path, stand_in_drawing):
    names = ("transfer.csv", "conditions.csv", "stability.csv")
    for name in names:
        (tmp_path / name).touch()
    recipe = Recipe(models=("svm",), splits=(("actor", 6),), speakers=6, clips_per_label=2)
    single = save_fake_run(tmp_path, recipe)
    assert transfer_scores(single).empty
    assert "transfer" not in charts_of(single)
    write_report(single, ("png",))
    assert [name for name in names if (tmp_path / name).exists()] == []
    assert b'id="across"' not in render_page(single, {})


def test_a_model_with_a_missing_fold_has_no_score_of_that_split(tmp_path):
    missing = {("svm", "cross", 0, 1): "failed"}
    splits = (("within", 4), ("cross", 2))
    recipe = Recipe(models=("svm", "lda"), splits=splits, corpora=("a", "b"), shortfalls=missing, clips_per_label=2)
    run = save_fake_run(tmp_path, recipe)
    assert transfer_matrix(run, "svm").isna().sum().sum() == 2
    assert transfer_matrix(run, "lda").notna().all(axis=None)


def test_a_pool_that_always_trains_on_all_corpora_has_no_transfer(tmp_path, pool):
    """A fold that happens to test one corpus only does not measure transfer."""
    recipe = Recipe(models=("svm",), splits=(("actor", 6),), corpora=("a", "b"), speakers=6, clips_per_label=2)
    run = save_fake_run(tmp_path, recipe)
    audit = run.audit.assign(test_corpora=["a", *["a+b"] * 5])
    assert transfer_scores(replace(run, audit=audit)).empty
    assert not transfer_scores(replace(pool, audit=pool.audit[pool.audit["split"] == "cross"])).empty
