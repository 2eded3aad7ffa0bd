"""Verdicts, and the tests of differences between models behind them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser_bench import statistics
from ser_bench.report.analysis.comparisons import compare_models, comparison, comparisons_with_best, folds_recur
from ser_bench.report.analysis.scores import pooled_scores, scores_by_speaker
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts import significance
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.titles import scores_title, significance_title
from ser_bench.report.findings.verdict import interval_notes, verdict
from ser_bench.report.formatting import points
from ser_bench.report.latex import latex
from ser_bench.report.page.sections.hero import hero
from ser_bench.report.page.sections.significance import difference_strips
from tests.report import fake_run
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info


@pytest.fixture(scope="module")
def run(analysed_run):
    """A run with two repeats, which the tests of analyses share."""
    return analysed_run


def test_friedmans_test_is_near_scipys_over_speakers_and_leaves_baselines_out(run):
    learners = [model for model in run.info.models if model not in ("chance", "majority")]
    expected = stats.friedmanchisquare(*scores_by_speaker(run, "actor").loc[learners].to_numpy())
    compared = comparison(run)
    assert compared.friedman.statistic == pytest.approx(expected.statistic)
    assert compared.friedman.p == pytest.approx(expected.pvalue, abs=2e-3)
    assert set(compared.models) == set(learners)
    assert compared.speakers == 24


def test_a_model_with_a_missing_fold_is_not_compared(broken_run):
    assert "knn" not in comparison(broken_run).models
    assert "knn" not in set(comparisons_with_best(broken_run)["model"])


def test_the_verdict_names_the_models_without_a_significant_difference(run):
    compared = comparison(run)
    sentence = verdict(run)
    assert sentence.startswith(f"{summarise(run)['model'].iloc[0]} has the highest UAR")
    for model in compared.others:
        assert (model in sentence) == (model in compared.not_worse)
    assert "24 speakers" in sentence
    assert "majority" not in sentence


def test_the_lead_is_significant_only_if_friedmans_test_rejects_too():
    """One of 30 equal models that happens to beat another does not differ from it."""
    scores = pd.DataFrame(np.random.default_rng(0).random((3, 8)), index=["a", "b", "c"])
    scores.loc["a"] = scores.loc["b"] + 0.01
    compared = compare_models(scores, scores.mean(axis=1), "actor")
    assert compared.friedman.p > statistics.ALPHA
    assert compared.p.at["a", "b"] <= statistics.ALPHA
    assert compared.not_worse == compared.others
    assert compared.cliques == (compared.models,)


def only(tmp_path, models, speakers=24, **changes):
    """Return a run of some models with few clips."""
    splits = (("actor", 2), ("random", 2))
    return save_fake_run(
        tmp_path, Recipe(models=models, speakers=speakers, splits=splits, clips_per_label=4, **changes)
    )


def equal(run, model, other):
    """Give a model the predictions of another one."""
    frame = run.predictions[run.predictions["model"] != model]
    copied = frame[frame["model"] == other].assign(model=model)
    models = pd.concat([frame, copied], ignore_index=True).astype({"model": "category", "split": "category"})
    return dataclasses.replace(run, predictions=models)


def claims(run):
    """Return every sentence on which model is best."""
    return " ".join([headline(run), verdict(run), scores_title(run), significance_title(run)])


def test_a_leader_by_clips_that_is_worse_on_most_speakers_does_not_lead(tmp_path):
    """Six speakers with many clips decide UAR; 18 speakers with few clips decide the test."""
    busy = ["01", "02", "03", "04", "05", "06"]
    run = only(tmp_path, ("svm", "knn"))
    frame = run.predictions
    many = frame["speaker"].isin(busy)
    frame = frame[many | ~frame.duplicated(["model", "split", "speaker", "true"])].copy()
    wrong = frame["speaker"].isin(busy) == (frame["model"] == "knn")
    labels = frame["true"].cat.categories
    others = labels.take((frame["true"].cat.codes + 1) % len(labels)).to_series(index=frame.index)
    frame["predicted"] = frame["true"].astype(str).where(~wrong, others.astype(str)).astype(frame["true"].dtype)
    run = dataclasses.replace(run, predictions=frame)
    assert "significantly better by UAR per speaker (24 speakers" in verdict(run)
    assert not any(row.kind == "near" for row in hero(run).rows)  # the models do differ
    (row,) = difference_strips(run).rows
    assert row.cells[-1].text == "yes"


def test_one_model_is_not_best_of_one(tmp_path):
    run = only(tmp_path, ("chance", "majority", "svm"))
    assert comparison(run) is None
    assert comparisons_with_best(run).empty
    assert "there is no other model to compare it with" in verdict(run)
    assert "svm has a UAR of " in headline(run)
    for word in ("highest", "Highest", "best", "significantly better", "every other model"):
        assert word not in claims(run)


def test_two_equal_models_share_the_highest_uar_and_neither_leads(tmp_path):
    run = equal(only(tmp_path, ("chance", "svm", "knn")), "knn", "svm")
    assert "svm and knn have the highest UAR" in headline(run)
    assert "is not significant" in verdict(run)
    assert comparison(run).friedman is None


def test_two_equal_models_above_a_worse_one_do_not_lead(tmp_path):
    run = equal(only(tmp_path, ("svm", "lda", "knn")), "lda", "svm")
    assert comparison(run).better.at["svm", "knn"]
    assert verdict(run).startswith("svm and lda have the same UAR, the highest, so none of them leads")
    assert r"\textbf" not in latex(run)


def test_models_that_are_all_equal_have_one_bar_and_no_winner(tmp_path):
    run = only(tmp_path, ("chance", "svm", "knn", "lda"), speakers=12)
    run = equal(equal(run, "knn", "svm"), "lda", "svm")
    assert comparison(run).friedman.p == 1
    assert comparison(run).cliques == (comparison(run).models,)
    assert "No difference between the models is significant" in verdict(run)
    assert "does not mean that the models are equal" in verdict(run)
    assert "better" not in claims(run)


@pytest.mark.parametrize(("models", "speakers", "needed"), [(("svm", "knn"), 5, 6), (("svm", "knn", "lda"), 2, 7)])
def test_too_few_speakers_for_any_significant_difference_are_named(tmp_path, models, speakers, needed):
    run = only(tmp_path, ("chance", *models), speakers=speakers)
    assert f"With {speakers} speakers" in verdict(run)
    assert f"at least {needed} speakers are needed" in verdict(run)
    assert comparison(run).not_worse == comparison(run).others
    assert "better" not in claims(run)


def test_a_model_below_the_baseline_is_not_praised(tmp_path, monkeypatch):
    monkeypatch.setitem(fake_run.MODELS, "svm", (0.0, 0.0))
    monkeypatch.setitem(fake_run.MODELS, "chance", (0.3, 0.0))
    run = only(tmp_path, ("chance", "majority", "svm"))
    assert "not above the baselines chance (" in headline(run)
    assert headline(run).count("%)") == 2


def test_models_below_a_baseline_do_not_lead(tmp_path, monkeypatch):
    monkeypatch.setitem(fake_run.MODELS, "svm", (0.0, 0.0))
    monkeypatch.setitem(fake_run.MODELS, "knn", (0.05, 0.0))
    monkeypatch.setitem(fake_run.MODELS, "chance", (0.4, 0.0))
    run = only(tmp_path, ("chance", "svm", "knn"))
    assert verdict(run).endswith("No model is above the baseline chance.")
    assert "baseline" not in verdict(only(tmp_path / "better", ("chance", "lda", "mlp")))


def test_baselines_alone_are_not_ranked(tmp_path):
    run = only(tmp_path, ("chance", "majority"))
    assert "baselines only" in headline(run)
    assert "baselines only" in verdict(run)
    assert "best" not in claims(run)


def test_the_diagram_leaves_out_the_baselines(run):
    alt_text = significance.CHART.alt_text(run)
    assert "svm" in alt_text
    assert "chance" not in alt_text
    assert "majority" not in alt_text


def test_mcnemars_test_counts_the_clips_that_only_one_model_recognises(run):
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


def test_the_t_test_averages_repeats_of_the_same_folds(run):
    """Six folds fitted twice are six samples, not twelve."""
    assert folds_recur(run, "actor")
    row = comparisons_with_best(run).set_index("model").loc["knn"]
    fits = run.fits.query("split == 'actor'").pivot(index=["repeat", "fold"], columns="model", values="uar")
    differences = (fits[row["best"]] - fits["knn"]).groupby("fold").mean()
    sizes = run.fits.query("split == 'actor' and model == 'knn'")
    assert row["folds"] == 6
    assert row["difference"] == pytest.approx(differences.mean())
    t, p = statistics.corrected_t_test(differences, sizes["n_train"], sizes["n_test"])
    assert (row["t"], row["t_p"]) == pytest.approx((t, p))


def test_the_t_test_counts_folds_that_every_repeat_draws_anew(run):
    assert not folds_recur(run, "random")
    alone = dataclasses.replace(
        run,
        info=changed_info(run.info, splits=("random",)),
        fits=run.fits[run.fits["split"] == "random"],
        predictions=run.predictions[run.predictions["split"] == "random"],
    )
    assert set(comparisons_with_best(alone)["folds"]) == {12}


def test_the_same_folds_in_another_order_are_not_drawn_anew(run):
    """With as many folds as speakers, every repeat tests one speaker at a time, in an order of its own."""
    tables = {name: getattr(run, name).copy() for name in ("fits", "predictions")}
    for table in tables.values():
        second = (table["repeat"] == 1) & (table["split"] == "actor")
        table.loc[second, "fold"] = (table.loc[second, "fold"] + 1) % 6
    changed = dataclasses.replace(run, **tables)
    assert folds_recur(changed, "actor")
    (note,) = (note for note in interval_notes(changed) if "uar_sd" in note)
    assert note.endswith("shows the effect of folds and seeds under random and of seeds only under actor and emobox.")
    first, second = (comparisons_with_best(part).set_index("model").loc["knn"] for part in (run, changed))
    assert second["folds"] == 6
    assert second["t_p"] == pytest.approx(first["t_p"])


def test_repeats_that_predict_the_same_have_an_empty_deviation(run):
    sentence = "The deviation is empty where all repeats predict the same."
    assert sentence not in interval_notes(run)
    first = run.predictions[run.predictions["repeat"] == 0]
    same = first[(first["model"] == "lda") & (first["split"] == "emobox")]
    rest = run.predictions[~((run.predictions["model"] == "lda") & (run.predictions["split"] == "emobox"))]
    changed = dataclasses.replace(run, predictions=pd.concat([rest, same, same.assign(repeat=1)], ignore_index=True))
    assert interval_notes(changed)[-1] == sentence


def test_parentheses_are_explained_only_where_several_speakers_are_tested(run, monkeypatch):
    for scores, ending in (((0.5,), "no interval."), ((0.5, 0.6), "the score of each speaker.")):
        few = {("svm", "actor", "uar"): scores}
        monkeypatch.setattr("ser_bench.report.findings.verdict.scores_of_few", lambda run, few=few: few)
        (note,) = (note for note in interval_notes(run) if note.startswith("Fewer than"))
        assert note.endswith(ending)


def test_the_picture_of_differences_calls_significant_what_the_verdict_calls_so(tmp_path):
    """Friedman's and Wilcoxon's test decide; the t-test over folds is a further description."""
    run = only(tmp_path, ("chance", "svm", "lda", "knn"))
    compared, picture = comparison(run), difference_strips(run)
    assert [row.model for row in picture.rows] == ["svm", "knn"] if compared.leader == "lda" else ["lda", "knn"]
    for row in picture.rows:
        significant = compared.models_differ and compared.better.at[compared.leader, row.model]
        assert row.cells[-1].text == ("yes" if significant else "no")
        assert ("not significant" in row.description) == (not significant)
        assert any(mark.kind == "dot-core" for mark in row.marks) == (not significant)
        uar = pooled_scores(run)["uar"].xs("actor", level=1)
        assert row.cells[0].text == points(uar[compared.leader] - uar[row.model])
    assert {row.cells[-1].text for row in picture.rows} == {"yes", "no"}
