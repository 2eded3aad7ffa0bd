"""Intervals, tests, audit and published figures: numbers checked by hand, against scipy, and by what must hold."""

from __future__ import annotations

import dataclasses
import json
import time

import numpy as np
import pytest
from scipy import stats

from ser_bench.core.errors import RunError
from ser_bench.report import compare as across
from ser_bench.report.analysis.comparisons import comparison, comparisons_with_best
from ser_bench.report.analysis.intervals import gap_intervals, intervals
from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.scores import pooled_scores, scores_by_speaker
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.findings import leakage_sentences, verdict
from ser_bench.report.formatting import p_value
from ser_bench.report.latex import escape, latex
from ser_bench.report.summary import markdown
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info

MODELS = ("chance", "majority", "svm", "lda", "knn", "cnn1d")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    splits = (("actor", 6), ("random", 6), ("emobox", 6))
    return save_fake_run(tmp_path_factory.mktemp("evidence"), Recipe(models=MODELS, splits=splits, repeats=2))


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    missing = {("knn", "actor", 0, 1): "failed"}
    return save_fake_run(tmp_path_factory.mktemp("broken"), Recipe(models=MODELS, shortfalls=missing, synthetic=True))


def test_intervals_hold_the_scores_and_are_wider_than_clips_alone_would_give(run):
    scores, sure = pooled_scores(run), intervals(run)
    for measure in ("accuracy", "uar", "macro_f1"):
        assert (sure[f"{measure}_low"] <= scores[measure]).all()
        assert (scores[measure] <= sure[f"{measure}_high"]).all()
    share = scores.at[("svm", "actor"), "accuracy"]
    by_clips = 2 * 1.96 * np.sqrt(share * (1 - share) / run.info.corpus.clips)
    assert sure.at[("svm", "actor"), "accuracy_high"] - sure.at[("svm", "actor"), "accuracy_low"] > 1.2 * by_clips


def test_the_gap_s_interval_is_paired(run):
    """Speakers that are easy under one split are easy under the other, so the difference is surer than its parts."""
    gaps, table = gap_intervals(run), summarise(run).set_index("model")
    row = table.loc["svm"]
    assert gaps.at["svm", "low"] < row["uar_gap"] < gaps.at["svm", "high"]
    apart = np.hypot(row["actor_uar_high"] - row["actor_uar_low"], row["random_uar_high"] - row["random_uar_low"])
    assert gaps.at["svm", "high"] - gaps.at["svm", "low"] < 0.8 * apart


def test_the_spread_over_repeats_is_that_of_their_scores(run):
    from sklearn.metrics import balanced_accuracy_score

    rows = run.predictions.query("model == 'svm' and split == 'actor'")
    scores = [balanced_accuracy_score(part["true"], part["predicted"]) for _, part in rows.groupby("repeat")]
    assert summarise(run).set_index("model").at["svm", "actor_uar_sd"] == pytest.approx(np.std(scores, ddof=1))


def test_a_model_that_fell_short_has_no_interval(broken):
    assert intervals(broken).loc[("knn", "actor")].isna().all()
    assert gap_intervals(broken).loc["knn"].isna().all()


@pytest.mark.slow
def test_intervals_of_thirteen_models_take_less_than_three_seconds(tmp_path):
    splits = (("actor", 6), ("random", 6), ("emobox", 6), ("loso", 24), ("text", 2))
    run = save_fake_run(tmp_path, Recipe(splits=splits, repeats=3))
    begun = time.process_time()
    intervals(run)
    gap_intervals(run)
    assert time.process_time() - begun < 3


def test_friedman_is_scipy_s_over_speakers(run):
    scores = scores_by_speaker(run, "actor")
    expected = stats.friedmanchisquare(*scores.to_numpy())
    assert comparison(run).friedman.p == pytest.approx(expected.pvalue)
    assert comparison(run).speakers == 24


def test_a_model_that_fell_short_is_not_compared(broken):
    assert "knn" not in comparison(broken).models
    assert "knn" not in set(comparisons_with_best(broken)["model"])


def test_the_verdict_names_rivals_and_never_a_baseline(run):
    best = comparison(run).best
    said = verdict(run)
    assert said.startswith(best[0])
    assert all((model in said) == (model in best) for model in ("svm", "lda", "cnn1d", "knn"))
    assert "24 speakers" in said
    assert "majority" not in said


def test_two_models_are_too_few_to_compare(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("chance", "svm")))
    assert comparison(run) is None
    assert comparisons_with_best(run).empty
    assert "Too few" in verdict(run)


def test_mcnemar_counts_clips_that_one_model_alone_got_right(run):
    row = comparisons_with_best(run).set_index("model").loc["knn"]
    frame = run.predictions.query("split == 'actor' and repeat == 0")
    right = {
        model: (part := frame[frame["model"] == model].set_index("clip"))["true"].astype(str)
        == part["predicted"].astype(str)
        for model in (row["best"], "knn")
    }
    only_best = int((right[row["best"]] & ~right["knn"].reindex(right[row["best"]].index)).sum())
    assert row["only_best"] == only_best
    assert row["mcnemar_p"] == pytest.approx(stats.binomtest(only_best, only_best + int(row["only_other"])).pvalue)


def test_folds_are_compared_pairwise(run):
    row = comparisons_with_best(run).set_index("model").loc["knn"]
    fits = run.fits.query("split == 'actor'").pivot(index=["repeat", "fold"], columns="model", values="uar")
    assert row["difference"] == pytest.approx((fits[row["best"]] - fits["knn"]).mean())
    assert row["folds"] == 12


@pytest.mark.parametrize(("p", "said"), [(0.0, "< 0.001"), (0.012, "0.012"), (0.5, "0.50"), (float("nan"), "n/a")])
def test_p_values_are_never_zero(p, said):
    assert p_value(p) == said


def test_the_audit_says_what_each_split_knew(run):
    table = leakage_by_split(run).set_index("split")
    assert table.at["actor", "known_speakers"] == 0
    assert table.at["random", "known_speakers"] == 1
    assert table.at["actor", "known_texts"] == 1
    assert leakage_sentences(run)[0] == "actor: of the test clips, all say a sentence heard in training."
    assert "speakers heard in training" in leakage_sentences(run)[1]
    assert "altered copy" in leakage_sentences(run)[1]


def test_published_figures_stand_beside_the_same_protocol_only(run):
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


def test_published_figures_are_named_with_their_source(run):
    assert "HuBERT-base, frozen" in markdown(run)
    assert "EmoBox (Ma et al., Interspeech 2024)" in markdown(run)


def test_the_latex_table_has_a_row_per_model_and_escapes(run):
    text = latex(run)
    assert text.count(r"\\") == 1 + len(MODELS)
    assert all(line.count("&") == 4 for line in text.splitlines() if line.endswith(r"\\"))
    assert escape("50 % of a_b & <c>") == r"50 \% of a\_b \& $<$c$>$"
    assert text.count(r"\textbf") == 3


def test_latex_says_that_speech_is_synthetic(broken):
    assert "SYNTHETIC SPEECH" in latex(broken)
    assert "failed 1/6" in latex(broken)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Three runs: one, the same clips with another skill, and one of other clips."""
    base = tmp_path_factory.mktemp("runs")
    save_fake_run(base / "one", Recipe(models=MODELS))
    save_fake_run(base / "two", Recipe(models=MODELS[:5], repeats=2, normalize="speaker"))
    save_fake_run(base / "other", Recipe(models=MODELS, clips_per_label=4, synthetic=True))
    return base


def test_runs_of_the_same_clips_are_paired_model_by_model(folders):
    runs = across.read_runs([folders / "one", folders / "two"])
    table = across.differences(runs)
    assert set(table["model"]) == {"svm", "lda", "knn"}
    scores = across.compared_scores(runs).pivot(index="model", columns="run", values="uar")
    for row in table.to_dict("records"):
        assert row["difference"] == pytest.approx(scores.at[row["model"], "two"] - scores.at[row["model"], "one"])
        assert row["low"] <= row["difference"] <= row["high"]
    assert not across.unpaired_reasons(runs)


def test_a_run_compared_with_a_copy_of_itself_differs_by_nothing(folders, tmp_path):
    save_fake_run(tmp_path / "copy", Recipe(models=MODELS))
    table = across.differences(across.read_runs([folders / "one", tmp_path / "copy"]))
    assert (table[["difference", "low", "high"]] == 0).all(axis=None)
    assert (table["p"] == 1).all()


def test_runs_of_other_clips_are_refused_a_test_and_told_why(folders):
    runs = across.read_runs([folders / "one", folders / "other"])
    assert across.differences(runs).empty
    (said,) = across.unpaired_reasons(runs)
    assert "720 clips" in said
    assert "SYNTHETIC SPEECH" in across.as_text(runs)
    assert "SYNTHETIC SPEECH" in across.as_markdown(runs)


def test_what_differs_is_named(folders):
    lines = across.differing_settings(across.read_runs([folders / "one", folders / "two"]))
    assert "normalisation: none (one), by speaker (transductive) (two)" in lines
    assert "repeats: 1 (one), 2 (two)" in lines


def test_other_parameters_of_a_model_are_named(folders):
    runs = across.read_runs([folders / "one", folders / "two"])
    for run, parameters in zip(runs.runs, ({"C": 1.0, "balance": False}, {"C": 3.0, "speeds": [0.9]}), strict=True):
        run.fits["parameters"] = [json.dumps(parameters if model == "svm" else {}) for model in run.fits["model"]]
    assert (
        across.differing_settings(runs)[-1]
        == "parameters of svm: C 1.0 (one), 3.0 (two); speeds off (one), [0.9] (two)"
    )


def test_runs_without_a_common_split_are_refused(folders, tmp_path):
    save_fake_run(tmp_path / "loso", Recipe(models=MODELS[:3], splits=(("loso", 24),)))
    with pytest.raises(RunError, match="no split in common"):
        across.read_runs([folders / "one", tmp_path / "loso"])
    with pytest.raises(RunError, match="not every run has the split loso"):
        across.read_runs([folders / "one", folders / "two"], "loso")


def test_one_run_or_the_same_twice_is_refused(folders):
    for chosen in (["one"], ["one", "one"]):
        with pytest.raises(RunError, match="two or more different runs"):
            across.read_runs([folders / name for name in chosen])


def test_runs_are_named_by_as_much_of_their_paths_as_tells_them_apart(tmp_path):
    for place in ("a/ravdess", "b/ravdess"):
        save_fake_run(tmp_path / place, Recipe(models=MODELS[:3]))
    assert across.read_runs([tmp_path / "a/ravdess", tmp_path / "b/ravdess"]).labels == ("a/ravdess", "b/ravdess")


def test_compare_leaves_its_files_and_prints_the_table(folders, tmp_path, capsys):
    from ser_bench.cli import call

    out = tmp_path / "out"
    assert call(["compare", str(folders / "one"), str(folders / "two"), "--out", str(out)]) == 0
    left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert left == {"comparison.csv", "comparison.md", "charts/comparison.png", "charts/comparison.svg"}
    assert "two minus one" in capsys.readouterr().out
