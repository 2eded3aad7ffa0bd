"""Intervals, tests, leakage and published scores, against SciPy, scikit-learn and by what must always hold."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser_bench import statistics
from ser_bench.report.analysis.comparisons import compare_models, comparison, comparisons_with_best, folds_recur
from ser_bench.report.analysis.gaps import gap_table
from ser_bench.report.analysis.intervals import intervals
from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.models import models_with_copies
from ser_bench.report.analysis.scores import pooled_scores, scores_by_speaker
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts import significance, uar
from ser_bench.report.findings.headline import headline
from ser_bench.report.findings.leakage import leakage_sentences
from ser_bench.report.findings.verdict import interval_notes, verdict
from ser_bench.report.formatting import p_value
from ser_bench.report.latex import latex
from ser_bench.report.page.headline import page_header
from ser_bench.report.page.leakage import leakage_report
from ser_bench.report.page.scores import score_tables
from ser_bench.report.summary import markdown, terminal_table
from tests.report import fake_run
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info

MODELS = ("chance", "majority", "svm", "lda", "knn", "cnn1d")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    splits = (("actor", 6), ("random", 6), ("emobox", 6))
    return save_fake_run(tmp_path_factory.mktemp("analysis"), Recipe(models=MODELS, splits=splits, repeats=2))


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
        assert "intervals over test speakers do not cover that" in text
        assert "of folds and seeds under random and of seeds only under actor and emobox" in text


@pytest.mark.slow
def test_intervals_of_thirteen_models_take_less_than_three_seconds(tmp_path):
    splits = (("actor", 6), ("random", 6), ("emobox", 6), ("loso", 24), ("text", 2))
    run = save_fake_run(tmp_path, Recipe(splits=splits, repeats=3))
    begun = time.process_time()
    intervals(run)
    gap_table(run)
    assert time.process_time() - begun < 3


def test_friedmans_test_is_near_scipys_over_speakers_and_leaves_baselines_out(run):
    learners = [model for model in MODELS if model not in ("chance", "majority")]
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
    facts = page_header(run).facts
    return " ".join([headline(run), verdict(run), *(f"{fact.question} {fact.figure} {fact.text}" for fact in facts)])


def test_one_model_is_not_best_of_one(tmp_path):
    run = only(tmp_path, ("chance", "majority", "svm"))
    assert comparison(run) is None
    assert comparisons_with_best(run).empty
    assert "there is no other model to compare it with" in verdict(run)
    assert "svm has a UAR of " in headline(run)
    assert page_header(run).facts[1].figure == "not tested"
    for word in ("highest", "Highest", "best", "significantly better", "every other model"):
        assert word not in claims(run)


def test_two_equal_models_share_the_highest_uar_and_neither_leads(tmp_path):
    run = equal(only(tmp_path, ("chance", "svm", "knn")), "knn", "svm")
    assert "svm and knn have the highest UAR" in headline(run)
    assert "is not significant" in verdict(run)
    assert page_header(run).facts[1].figure == "no"
    assert comparison(run).friedman is None


def test_two_equal_models_above_a_worse_one_do_not_lead(tmp_path):
    run = equal(only(tmp_path, ("svm", "lda", "knn")), "lda", "svm")
    assert comparison(run).better.at["svm", "knn"]
    assert verdict(run).startswith("svm and lda have the same UAR, the highest, so none of them leads")
    assert page_header(run).facts[1].figure == "no"
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
    assert page_header(run).facts[1].figure == "cannot be"
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


@pytest.mark.parametrize(("p", "text"), [(0.0, "< 0.001"), (0.012, "0.012"), (0.5, "0.50"), (float("nan"), "n/a")])
def test_p_values_are_never_zero(p, text):
    assert p_value(p) == text


def test_leakage_lists_what_each_split_shares(run):
    table = leakage_by_split(run).set_index("split")
    assert table.at["actor", "known_speakers"] == 0
    assert table.at["random", "known_speakers"] == 1
    assert table.at["actor", "known_texts"] == 1
    assert table.at["random", "known_takes"] == pytest.approx(0.8, abs=0.005)
    actor, random, _, takes = leakage_sentences(run)
    shared, trained = actor.split(". ", 1)
    assert shared == (
        "actor: no test clip has a speaker from training; every test clip has a sentence from training; no test clip "
        "has another take in training"
    )
    assert trained == "Models were trained on 20 speakers per fold, cnn1d on 18."
    assert "Models were trained on 24 speakers per fold." in random
    assert "; 80 % of the test clips have another take in training; " in random
    assert takes.startswith("1,344 of 1,440 clips have another take: the same speaker, sentence")
    assert "every test clip has a speaker from training" in random
    assert "18 test clips are identical or nearly identical to a training clip" in random


def test_models_that_know_fewer_voices_or_state_nothing_are_named(run):
    """A network without some speakers of a random split, and one that does not state what it held out."""
    fits = run.fits.copy()
    random = fits["split"] == "random"
    fits.loc[random & (fits["model"] == "cnn1d"), "trained_speakers"] = 20
    fits.loc[random & (fits["model"] == "cnn1d"), "trained_voices"] = fits["n_test"] - fits["n_test"] // 6
    fits.loc[random & (fits["model"] == "knn"), ["trained_speakers", "trained_voices"]] = pd.NA
    changed = dataclasses.replace(run, fits=fits)
    sentence = leakage_sentences(changed)[1]
    assert "Models were trained on 24 speakers per fold, cnn1d on 20." in sentence
    assert "cnn1d knows the speakers of 83.3 % of test clips. Training speakers are unknown for knn." in sentence
    table = leakage_report(changed).table
    assert table.rows[1].cells[4].text == "20–24"


def test_models_with_copies_are_those_whose_parameters_name_speeds(run):
    parameters = run.fits["model"].map({"lda": '{"speeds": [0.85, 1.17]}', "knn": '{"speeds": []}'}).fillna("{}")
    changed = dataclasses.replace(run, fits=run.fits.assign(parameters=parameters))
    assert models_with_copies(changed) == {"lda": (0.85, 1.17)}


def test_no_model_trains_on_copies_where_features_come_from_a_table(run):
    """There is no audio to play at another speed, whatever the parameters of the model."""
    info = changed_info(run.info, corpus={"recorded": True})
    assert (
        models_with_copies(dataclasses.replace(run, info=info, fits=run.fits.assign(parameters='{"speeds": [0.9]}')))
        == {}
    )


def test_a_class_of_one_speaker_cannot_be_learned_from_others(run):
    assert not any("Class" in sentence for sentence in leakage_sentences(run))
    frame = run.predictions
    alone = dataclasses.replace(run, predictions=frame[(frame["true"] != "sad") | (frame["speaker"] == "03")])
    sentence = "Class of one speaker: sad. Where this speaker is new, no training clip has the class."
    assert leakage_sentences(alone)[-1] == sentence
    assert sentence in markdown(alone)
    known = dataclasses.replace(alone, info=changed_info(run.info, splits=("random",)))
    assert sentence not in leakage_sentences(known)


def test_one_speaker_is_not_written_as_several(run):
    (sentence, *_) = leakage_sentences(dataclasses.replace(run, fits=run.fits.assign(trained_speakers=1)))
    assert sentence.endswith("Models were trained on 1 speaker per fold.")


@pytest.mark.parametrize(
    ("clips", "takes", "sentence"),
    [
        ({"intensity": "by clip"}, 0, "No clip has another take: no speaker repeats a sentence"),
        ({"text": ""}, 0, "Where sentences are unknown, only near-identical clips count as takes"),
        ({"text": ""}, pd.NA, "Repeated takes are unknown"),
    ],
)
def test_unknown_takes_are_never_said_to_be_absent(run, clips, takes, sentence):
    table = run.clips.assign(**clips)
    if "intensity" in clips:
        table = table.assign(intensity=table["clip"])
    audit = run.audit.assign(test_clips_of_known_takes=pd.array([takes] * len(run.audit), dtype="Int64"))
    changed = dataclasses.replace(run, clips=table, audit=audit)
    assert sentence in leakage_sentences(changed)[-1]
    assert not any("another take in training" in text for text in leakage_sentences(changed))


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
