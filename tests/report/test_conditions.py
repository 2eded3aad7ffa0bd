"""Scores under conditions equal those of the predictions, and sentences state only what the predictions show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from ser_bench.core.options import ModelTable
from ser_bench.report import condition_lines, headline, write_report
from ser_bench.report.analysis.conditions.robustness import family_scores, robust_families, robust_gains, robust_scores
from ser_bench.report.analysis.conditions.scores import condition_matrix, condition_scores, scores_under
from ser_bench.report.analysis.conditions.stability import changed_labels
from ser_bench.report.analysis.conditions.weaknesses import overtaken, worst_common
from ser_bench.report.analysis.intervals import intervals, tally_clips, uar_difference
from ser_bench.report.analysis.scores import pooled_scores
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.condition_tables import stability_cells
from ser_bench.report.descriptions import HEARD_MARK, HEARD_NOTE
from ser_bench.report.findings.conditions import (
    collapse_sentences,
    condition_notes,
    condition_sentences,
    loss_answer,
    ranking_sentence,
    replacement_answer,
    robust_sentences,
    stability_sentence,
    worst_sentence,
)
from ser_bench.report.findings.recommendation import recommendation
from ser_bench.report.findings.titles import conditions_title, levels_title, stability_title
from ser_bench.report.formatting import percent
from ser_bench.report.summary import markdown
from tests.report.fake_run import Recipe, save_fake_run
from tests.report.odd_runs import RECIPES, with_unknown_speakers
from tests.runs.run_folder import changed_info

ALL = {"white-10": 0.4, "white-0": 0.8, "phone": 0.7, "mp3-16": 0.3, "room-0.6": 0.5, "shift-1": 0.02}
SMALL = {"labels": ("sad", "calm", "happy", "angry"), "clips_per_label": 6, "speakers": 12, "splits": (("actor", 4),)}
FOLLOWING = {"sad": "calm", "calm": "happy", "happy": "angry", "angry": "sad"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A run of one split, a baseline and two models with clear ranks, whose labels under conditions tests replace."""
    recipe = Recipe(models=("chance", "svm", "knn"), conditions=dict.fromkeys(ALL, 0.0), **SMALL)
    return save_fake_run(tmp_path_factory.mktemp("small"), recipe)


def with_labels(run, predict):
    """Return a run that predicts ``predict(rows)`` under its conditions; the rows are plain text."""
    rows = run.under_conditions.astype(dict.fromkeys(("model", "condition", "clip", "true", "predicted"), "str"))
    labels = pd.Categorical(predict(rows), dtype=run.under_conditions["predicted"].dtype)
    return replace(run, under_conditions=run.under_conditions.assign(predicted=labels))


def with_errors(run, shares):
    """Return a run in which the models call a share of the clips by the next label, by condition or model and one."""
    rng = np.random.default_rng(0)

    def predict(rows):
        chance = [shares.get((m, c), shares.get(c, 0.0)) for m, c in zip(rows["model"], rows["condition"], strict=True)]
        return np.where(rng.random(len(rows)) < chance, rows["true"].map(FOLLOWING), rows["predicted"])

    return with_labels(run, predict)


def under(run, model, condition, split="actor"):
    """Return the rows of a model under a condition, and those of the same clips as recorded."""
    frames = [
        frame[(frame["model"] == model) & (frame["split"] == split)]
        for frame in (run.under_conditions, run.predictions)
    ]
    rows = frames[0][frames[0]["condition"] == condition]
    return rows, frames[1][frames[1]["clip"].isin(rows["clip"])]


def uar(rows):
    return np.mean(
        [
            sklearn.metrics.balanced_accuracy_score(part["true"].astype(str), part["predicted"].astype(str))
            for _, part in rows.groupby("repeat")
        ]
    )


def test_the_row_of_clean_equals_the_scores_of_the_run(conditions_run):
    rows = condition_scores(conditions_run).query("condition == 'clean'").set_index(["model", "split"])
    assert (rows["uar"] == pooled_scores(conditions_run)["uar"]).all()
    ends = intervals(conditions_run)
    assert (rows["uar_low"] == ends["uar_low"]).all()
    assert (rows["uar_high"] == ends["uar_high"]).all()
    assert rows["loss"].isna().all()


@pytest.mark.parametrize("condition", ["white-0", "phone", "mp3-16"])
@pytest.mark.parametrize("split", ["actor", "random"])
def test_scores_and_losses_are_those_of_the_same_clips(conditions_run, condition, split):
    row = scores_under(conditions_run, split).loc[("svm", condition)]
    changed, clean = under(conditions_run, "svm", condition, split)
    assert row["uar"] == pytest.approx(uar(changed))
    assert row["loss"] == pytest.approx(uar(clean) - uar(changed))
    assert row["clips"] == len(changed) == 1440 - (condition == "mp3-16")
    expected = uar_difference(*(tally_clips(part, len(conditions_run.labels)) for part in (clean, changed)))
    assert (row["loss"], row["loss_low"], row["loss_high"]) == pytest.approx(expected)


def test_scores_are_averaged_over_repeats(tmp_path):
    recipe = Recipe(models=("svm",), conditions={"phone": 0.5}, repeats=2, **SMALL)
    run = save_fake_run(tmp_path, recipe)
    changed, clean = under(run, "svm", "phone")
    row = scores_under(run, "actor").loc[("svm", "phone")]
    assert row["uar"] == pytest.approx(uar(changed))
    assert row["loss"] == pytest.approx(uar(clean) - uar(changed))
    assert row["clips"] == run.predictions["clip"].nunique()


def test_a_family_is_heard_through_any_of_its_conditions(conditions_run):
    """The model trained on speech-15, under which nothing was tested, and was tested in white noise."""
    heard = condition_matrix(conditions_run, "actor", "heard_in_training")
    assert list(heard.columns) == ["clean", *ALL]
    assert list(heard.index) == list(conditions_run.info.models)
    assert list(heard.loc["lda-robust"]) == ["yes", "yes", "yes", "yes", "no", "no", "no"]
    assert list(heard.loc["lda"]) == ["yes", *["no"] * 6]


def test_few_and_unknown_speakers_have_scores_without_intervals_or_tests(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("svm", "knn"), conditions=ALL, **{**SMALL, "speakers": 5}))
    for few in (run, with_unknown_speakers(run)):
        table = condition_scores(few)
        assert table[["uar_low", "loss_high"]].isna().all(axis=None)
        assert table["uar"].notna().all()
        assert set(table["collapsed"]) == {""}
        assert changed_labels(few)["changed_low"].isna().all()
        assert collapse_sentences(few) == []
        assert ranking_sentence(few) == ""
        assert worst_sentence(few).endswith("below 6 speakers no loss is tested.")
        assert "falls" not in worst_sentence(few)
        assert "loses" not in conditions_title(few)


def test_a_model_with_a_missing_fold_has_no_number(tmp_path):
    shortfalls = {("svm", "actor", 0, 1): "failed"}
    run = save_fake_run(tmp_path, Recipe(models=("svm", "knn"), conditions=ALL, shortfalls=shortfalls, **SMALL))
    rows = condition_scores(run).query("model == 'svm'")
    numbers = ["uar", "uar_low", "loss", "loss_low", "predicted_share", "recorded_share"]
    assert rows[numbers].isna().all(axis=None)
    assert set(rows["collapsed"]) == {""}
    assert robust_scores(run, "actor").loc["svm"].isna().all()
    assert changed_labels(run).query("model == 'svm'")["changed"].isna().all()
    assert "svm" not in " ".join([worst_sentence(run), *condition_sentences(run)])


class TestCollapse:
    def test_the_label_and_its_shares_are_those_of_the_predictions(self, conditions_run):
        row = scores_under(conditions_run, "actor").loc[("svm", "white-0")]
        changed, clean = under(conditions_run, "svm", "white-0")
        assert row["excess_label"] == "calm"
        assert row["predicted_share"] == pytest.approx((changed["predicted"] == "calm").mean())
        assert row["clean_share"] == pytest.approx((clean["predicted"] == "calm").mean())
        assert row["recorded_share"] == pytest.approx((changed["true"] == "calm").mean())
        assert row["collapsed"] == "yes"
        first, further = collapse_sentences(conditions_run)
        shares = [f"{100 * row[name]:.0f} %" for name in ("predicted_share", "recorded_share")]
        assert first == f"In white noise at 0 dB SNR, svm calls {shares[0]} of the clips calm (recorded: {shares[1]})."
        assert further.startswith("Its predictions collapse to one label under 2 further conditions: phone (calm, ")

    def test_less_than_half_of_the_predictions_is_no_collapse(self, conditions_run):
        row = scores_under(conditions_run, "actor").loc[("svm", "white-10")]
        assert 3 * row["recorded_share"] < row["predicted_share"] < 0.5
        assert row["collapsed"] == "no"

    def test_a_label_that_the_model_overstates_on_clips_as_recorded_does_not_count(self, small):
        """Every clip is called calm with and without a condition: that is the model, not the condition."""
        run = with_labels(small, lambda rows: np.full(len(rows), "calm"))
        calm = pd.Categorical(["calm"] * len(small.predictions), dtype=small.predictions["predicted"].dtype)
        run = replace(run, predictions=small.predictions.assign(predicted=calm))
        assert set(condition_scores(run)["collapsed"]) == {"", "no"}
        assert collapse_sentences(run) == []

    def test_errors_that_spread_over_labels_are_no_collapse(self, small):
        run = with_errors(small, dict.fromkeys(ALL, 1.0))
        assert worst_common(run).uar < 0.1
        assert set(condition_scores(run)["collapsed"]) == {"", "no"}

    def test_a_small_excess_is_no_collapse_even_if_it_is_significant(self, small):
        """Sixty per cent more calm predictions than recorded, from every speaker."""
        run = with_labels(small, lambda rows: np.where(rows["clip"].str.contains("sad-0[0-3]"), "calm", rows["true"]))
        row = scores_under(run, "actor").loc[("svm", "phone")]
        assert row["predicted_share"] / row["recorded_share"] == pytest.approx(5 / 3, abs=0.01)
        assert set(condition_scores(run)["collapsed"]) == {"", "no"}

    def test_an_excess_of_few_speakers_is_no_collapse(self, small):
        """Five of twelve speakers are always called calm: the share of the others stays as recorded."""
        first = sorted(small.under_conditions["speaker"].unique())[:5]
        everything = small.under_conditions["speaker"].isin(first).to_numpy()
        run = with_labels(small, lambda rows: np.where(everything, "calm", rows["true"]))
        row = scores_under(run, "actor").loc[("svm", "phone")]
        assert row["predicted_share"] >= max(0.5, 2 * row["recorded_share"])
        assert row["collapsed"] == "no"

    def test_one_of_two_classes_can_collapse(self, tmp_path):
        recipe = Recipe(
            models=("svm",), conditions={"phone": 0.9, "room-0.6": 0.2}, **{**SMALL, "labels": ("calm", "sad")}
        )
        run = save_fake_run(tmp_path, recipe)
        collapsed = condition_matrix(run, "actor", "collapsed").loc["svm"]
        assert collapsed.to_dict() == {"clean": "", "phone": "yes", "room-0.6": "no"}


class TestRobustness:
    def test_the_score_is_the_mean_over_families_that_no_model_heard(self, conditions_run):
        families = robust_families(conditions_run)
        assert families.counted == {"codecs": ("mp3-16",), "rooms": ("room-0.6",)}
        assert families.heard == {"noise": ("lda-robust",), "telephone": ("lda-robust",)}
        matrix, scores = condition_matrix(conditions_run, "actor"), robust_scores(conditions_run, "actor")
        np.testing.assert_allclose(scores["robust"], (matrix["mp3-16"] + matrix["room-0.6"]) / 2)
        np.testing.assert_allclose(scores["clean"], matrix["clean"])
        learners = scores.loc[["svm", "lda", "lda-robust"]]
        assert (learners["robust_low"] < learners["robust"]).all()
        assert (learners["robust"] < learners["robust_high"]).all()

    def test_each_family_counts_once(self, small):
        run = with_errors(small, {"white-10": 0.5, "white-0": 0.9, "phone": 0.1})
        matrix, families = condition_matrix(run, "actor"), family_scores(run, "actor")
        noise = (matrix["white-10"] + matrix["white-0"]) / 2
        np.testing.assert_allclose(families["noise"], noise)
        assert list(families) == ["noise", "telephone", "codecs", "rooms"]
        expected = (noise + matrix["phone"] + matrix["mp3-16"] + matrix["room-0.6"]) / 4
        np.testing.assert_allclose(robust_scores(run, "actor")["robust"], expected)
        assert robust_sentences(run)[0] == (
            "The robust score is the mean UAR over the families noise, telephone, codecs and rooms (5 conditions)."
        )

    @pytest.mark.parametrize(
        ("error", "claim"),
        [
            (0.01, "not significantly higher than that of knn."),
            (0.5, "significantly higher than that of the other model."),
        ],
    )
    def test_the_lead_is_claimed_only_where_it_is_significant(self, small, error, claim):
        run = with_labels(small, lambda rows: rows["true"])
        run = with_errors(run, {("knn", "room-0.6"): error})
        sentence = robust_sentences(run)[1]
        assert sentence.startswith("svm has the highest robust score: 100.0 % ")
        assert sentence.endswith(f", {claim}")

    def test_without_an_unheard_family_there_is_no_score(self, conditions_run):
        heard = {"lda-robust": {family: family for family in ("noise", "telephone", "codecs", "rooms")}}
        run = replace(conditions_run, info=changed_info(conditions_run.info, trained_under=heard))
        assert robust_scores(run, "actor").empty
        (sentence,) = robust_sentences(run)
        assert sentence.startswith("No robust score: every tested family was heard in training (noise by lda-robust;")
        assert robust_gains(run, "actor").empty

    @pytest.mark.parametrize(
        ("error", "claim"), [(0.01, "is not significantly different from"), (0.9, "is significantly higher than")]
    )
    def test_the_gain_compares_with_the_variant_that_heard_nothing(self, tmp_path, error, claim):
        heard = {"svm-robust": {"phone": "telephone"}}
        conditions = {"phone": 0.0, "room-0.6": 0.0}
        recipe = Recipe(models=("svm", "svm-robust"), conditions=conditions, trained_under=heard, **SMALL)
        run = save_fake_run(tmp_path, recipe)
        tables = {"svm-robust": ModelTable(base="svm", parameters={})}
        run = with_labels(replace(run, info=changed_info(run.info, model_tables=tables)), lambda rows: rows["true"])
        run = with_errors(run, {("svm", "room-0.6"): error})
        table, scores = robust_gains(run, "actor"), robust_scores(run, "actor")["robust"]
        assert list(table["model"]) == ["svm-robust"]
        assert table.at[0, "gain"] == pytest.approx(scores["svm-robust"] - scores["svm"])
        assert table.at[0, "low"] < table.at[0, "gain"] < table.at[0, "high"]
        sentence = robust_sentences(run)[-1]
        assert sentence.startswith(
            f"The robust score of svm-robust, which heard telephone in training, {claim} that of svm:"
        )

    def test_intervals_are_those_of_draws_under_the_conditions(self, conditions_run):
        """With one counted condition, the robust score is its UAR."""
        families = {"noise": "noise", "codecs": "codecs", "rooms": "rooms"}
        run = replace(conditions_run, info=changed_info(conditions_run.info, trained_under={"lda": families}))
        assert robust_families(run).counted == {"telephone": ("phone",)}
        phone = scores_under(run, "actor").xs("phone", level="condition")
        scores = robust_scores(run, "actor")
        for name in ("", "_low", "_high"):
            np.testing.assert_allclose(scores[f"robust{name}"], phone[f"uar{name}"].loc[scores.index])

    def test_a_condition_that_changes_no_clip_leaves_the_score_of_the_others(self, tmp_path):
        recipe = Recipe(models=("svm",), conditions={"phone": 0.5, "room-0.6": 0.0, "mp3-16": 0.1}, **SMALL)
        run = save_fake_run(tmp_path, replace(recipe, missing={"room-0.6": 10_000}))
        matrix = condition_matrix(run, "actor")
        assert np.isnan(matrix.at["svm", "room-0.6"])
        assert robust_families(run).counted == {"telephone": ("phone",), "codecs": ("mp3-16",)}
        expected = (matrix.at["svm", "phone"] + matrix.at["svm", "mp3-16"]) / 2
        assert robust_scores(run, "actor").at["svm", "robust"] == pytest.approx(expected)
        assert "room-0.6" in condition_notes(run)[-1]
        assert "nan" not in condition_lines(run) + markdown(run)


class TestWorst:
    def test_the_largest_loss_of_the_common_conditions_is_named(self, conditions_run):
        """White noise at 0 dB costs more, but is not common."""
        rows = scores_under(conditions_run, "actor").loc["svm"]
        assert rows["loss"].idxmax() == "white-0"
        clean, phone = (percent(rows.at[name, "uar"]) for name in ("clean", "phone"))
        assert worst_sentence(conditions_run) == (
            f"On the telephone, the UAR of svm falls from {clean} to {phone} % (actor split), "
            "the largest loss under 2 common recording conditions."
        )

    def test_an_insignificant_loss_does_not_fall(self, small):
        sentence = worst_sentence(with_errors(small, {"phone": 0.01}))
        assert "falls" not in sentence
        assert sentence.endswith("; the loss is not significant.")

    def test_a_higher_uar_is_no_loss(self, small):
        """The model is right under all conditions, but not on all clips as recorded."""
        run = with_labels(small, lambda rows: rows["true"])
        clean = percent(condition_matrix(run, "actor").at["svm", "clean"])
        assert worst_sentence(run) == (
            f"On the telephone, the UAR of svm is 100.0 %, not lower than {clean} % on clips as recorded, "
            "as under all 2 common recording conditions."
        )

    @pytest.mark.parametrize(("speakers", "verb"), [(4, "is"), (5, "falls")])
    def test_the_choice_among_conditions_is_corrected_for(self, small, speakers, verb):
        """One clip is lost of each of some speakers: with 4, the loss is significant alone, but not as one of two."""
        frame = small.under_conditions
        hits = frame[
            (frame["predicted"] == frame["true"]) & (frame["condition"] == "phone") & (frame["model"] == "svm")
        ]
        lost = hits.drop_duplicates("speaker").index[:speakers]
        run = with_labels(
            small, lambda rows: rows["predicted"].where(~rows.index.isin(lost), rows["true"].map(FOLLOWING))
        )
        assert scores_under(run, "actor").at[("svm", "phone"), "loss_low"] > 0
        assert worst_sentence(run).startswith(f"On the telephone, the UAR of svm {verb} ")

    def test_a_heard_family_and_missing_clips_are_said(self, conditions_run):
        info = conditions_run.info
        conditions = tuple(c.model_copy(update={"common": c.name == "mp3-16"}) for c in info.conditions)
        changes = {"conditions": conditions, "trained_under": {"svm": {"opus-12": "codecs"}}}
        sentence = worst_sentence(replace(conditions_run, info=changed_info(info, **changes)))
        assert sentence.endswith(
            " % (actor split), on the 1,439 clips that both have, although it heard codecs in training."
        )

    def test_without_a_common_condition_nothing_is_said(self, small):
        conditions = tuple(c.model_copy(update={"common": False}) for c in small.info.conditions)
        assert worst_sentence(replace(small, info=changed_info(small.info, conditions=conditions))) == ""


class TestAnswer:
    def test_the_answer_states_the_loss_and_the_better_model_there(self, conditions_run):
        matrix = condition_matrix(conditions_run, "actor")
        phone, clean, robust = (
            f"{100 * matrix.at[cell]:.0f} %" for cell in (("svm", "phone"), ("svm", "clean"), ("lda-robust", "phone"))
        )
        assert recommendation(conditions_run)[2] == (
            f"On the telephone, svm recognises {phone} instead of {clean}, "
            f"and lda-robust, which heard telephone in training, {robust}."
        )

    def test_it_does_not_state_an_insignificant_loss(self, small):
        assert len(recommendation(with_errors(small, {"phone": 0.01}))) == 3
        assert "lda" not in loss_answer(with_errors(small, {"phone": 0.9}), "svm")

    def test_it_is_on_the_recommended_model(self, conditions_run):
        assert loss_answer(conditions_run, "lda").startswith("On the telephone, lda recognises ")
        assert "robust" not in loss_answer(conditions_run, "lda")


class TestReplacement:
    def test_a_faster_model_is_offered_for_clean_clips_and_its_loss_is_named(self, small):
        best = small.predictions[small.predictions["model"] == "svm"]
        others = small.predictions[small.predictions["model"] != "knn"]
        same = pd.concat([others, best.assign(model=pd.Categorical(["knn"] * len(best), best["model"].cat.categories))])
        fits = small.fits.assign(fit_seconds=small.fits["model"].map({"svm": 40.0}).fillna(2.0))
        run = replace(with_labels(small, lambda rows: rows["true"]), predictions=same, fits=fits)
        equal = recommendation(run)
        assert equal[0].endswith(", or knn: faster, on clean clips at most 0.0 points worse.")
        assert len(equal) == 3
        worse = recommendation(with_errors(run, {("knn", "phone"): 0.6}))
        share = 100 * condition_matrix(with_errors(run, {("knn", "phone"): 0.6}), "actor").at["knn", "phone"]
        assert worse[2] == f"On the telephone, knn, trained in 2.0 s, recognises {share:.0f} %, and svm 100 %."

    def test_the_sentence_names_what_the_best_model_heard(self, conditions_run):
        matrix = condition_matrix(conditions_run, "actor")
        low, high = (f"{100 * matrix.at[model, 'phone']:.0f} %" for model in ("lda", "lda-robust"))
        assert replacement_answer(conditions_run, "lda-robust", "lda", "2.0 s") == (
            f"On the telephone, lda, trained in 2.0 s, recognises {low}, and lda-robust, "
            f"which heard telephone in training, {high}."
        )


class TestRanking:
    def test_a_model_that_is_better_under_conditions_is_named_with_what_it_heard(self, conditions_run):
        assert list(overtaken(conditions_run)["condition"]) == ["white-0", "phone"]
        assert ranking_sentence(conditions_run) == (
            "Under 2 of 5 audible conditions (white-0 and phone), another model is significantly better than svm: "
            "lda-robust (2, 2 of a family that it heard in training)."
        )

    def test_the_difference_is_that_of_the_scores(self, conditions_run):
        row = overtaken(conditions_run).iloc[0]
        matrix = condition_matrix(conditions_run, "actor")
        assert row["difference"] == pytest.approx(matrix.at["lda-robust", "white-0"] - matrix.at["svm", "white-0"])
        assert row["low"] < row["difference"] < row["high"]

    def test_a_higher_uar_alone_is_no_change_of_the_ranking(self, small):
        run = with_labels(small, lambda rows: rows["true"])
        errors = {("svm", name): 0.02 for name in ALL}
        run = with_errors(run, errors)
        matrix = condition_matrix(run, "actor")
        assert (matrix.loc["knn"] > matrix.loc["svm"]).any()
        assert overtaken(run).empty
        assert ranking_sentence(run) == ""


def test_the_share_of_changed_labels_is_that_of_the_predictions(conditions_run):
    table = changed_labels(conditions_run)
    assert set(table["condition"]) == {"shift-1"}
    row = table.set_index(["model", "split"]).loc[("svm", "actor")]
    changed, clean = (
        part.set_index("clip")["predicted"].astype(str) for part in under(conditions_run, "svm", "shift-1")
    )
    assert row["changed"] == pytest.approx((changed != clean.loc[changed.index]).mean())
    assert row["changed_low"] < row["changed"] < row["changed_high"]
    assert stability_sentence(conditions_run).startswith(
        f"Labels of svm that change under an inaudible change: {percent(row['changed'])} % ["
    )
    assert stability_title(conditions_run).startswith("An inaudible change alters ")


def test_a_model_that_heard_inaudible_changes_is_marked_where_labels_change(small):
    info = changed_info(small.info, trained_under={"svm": {"level-3": "inaudible"}})
    run = replace(small, info=info)
    assert dict(changed_labels(run)[["model", "heard_in_training"]].to_numpy()) == {
        "chance": "no",
        "svm": "yes",
        "knn": "no",
    }
    cells = stability_cells(run)
    assert [cell.startswith(HEARD_MARK) for cell in cells["shift-1 %"]] == [True, False]


def test_notes_say_what_normalises_changed_clips_and_what_training_may_help(conditions_run):
    notes = condition_notes(conditions_run)
    assert any(note.startswith("Families have relatives") for note in notes)
    normalised = replace(conditions_run, info=changed_info(conditions_run.info, normalize="speaker"))
    (added,) = set(condition_notes(normalised)) - set(notes)
    assert added == "The changed clips of a speaker are normalised by that speaker's clips under the same condition."


def test_titles_state_losses_only_where_they_are_significant(small):
    assert conditions_title(with_errors(small, {})).endswith(
        "under all 5 recording conditions, without a significant loss"
    )
    title = conditions_title(with_errors(small, {"white-0": 0.9}))
    assert title.startswith("svm loses UAR significantly under 1 of 5 conditions: ")
    every = with_errors(small, dict.fromkeys(ALL, 0.8))
    losses = 100 * condition_matrix(every, "actor", "loss").loc["svm"].drop(["clean", "shift-1"])
    low, high = round(losses.min()), round(losses.max())
    assert conditions_title(every) == f"svm loses {low} to {high} points of UAR under all 5 recording conditions"


def test_the_title_of_levels_names_the_kind_that_costs_most(small):
    run = with_errors(small, {"white-10": 0.2, "white-0": 0.9})
    mild, hard = (round(100 * condition_matrix(run, "actor").at["svm", name]) for name in ("white-10", "white-0"))
    assert levels_title(run) == f"svm has a UAR of {mild} % in white noise at 10 dB SNR, and {hard} % at 0 dB SNR"


class TestReports:
    def test_the_tables_of_the_folder_are_those_of_the_analysis(self, small, stand_in_drawing, monkeypatch):
        monkeypatch.setattr("ser_bench.report.page.render_page", lambda *_: b"")
        written = {path.name for path in write_report(small, ("svg",))}
        assert {"conditions.csv", "stability.csv"} <= written
        for name, table in (("conditions.csv", condition_scores(small)), ("stability.csv", changed_labels(small))):
            saved = pd.read_csv(small.folder / name)
            assert list(saved) == list(table)
            numbers = table.select_dtypes("number").columns
            np.testing.assert_allclose(saved[numbers], table[numbers])

    def test_the_summary_holds_every_condition_and_marks_heard_families(self, conditions_run):
        text, matrix = markdown(conditions_run), condition_matrix(conditions_run, "actor")
        for condition, family in (("white-0", "noise"), ("room-0.6", "rooms"), ("shift-1", "inaudible")):
            (line,) = (line for line in text.splitlines() if line.startswith(f"| {condition} "))
            heard = "• " if family == "noise" else ""
            scores = [f"{percent(matrix.at[model, condition])}" for model in ("svm", "lda", "lda-robust")]
            assert [cell.strip() for cell in line.strip("|").split("|")] == [
                *(condition, family, *scores[:2]),
                heard + scores[2],
            ]
        assert f"\n\n{HEARD_NOTE}.\n\n" in text
        for sentence in (*condition_sentences(conditions_run), *condition_notes(conditions_run)):
            assert f"- {sentence}" in text

    def test_the_summary_has_columns_of_robust_scores(self, conditions_run):
        table, scores = summarise(conditions_run).set_index("model"), robust_scores(conditions_run, "random")
        pd.testing.assert_series_equal(table["random_robust"].loc[scores.index], scores["robust"], check_names=False)
        assert {"actor_robust_low", "actor_robust_high"} <= set(table)

    def test_the_headline_ends_with_the_worst_common_condition(self, conditions_run):
        assert headline(conditions_run).endswith(worst_sentence(conditions_run))

    @pytest.mark.parametrize("width", [44, 60, 100])
    def test_the_terminal_shows_families_and_leaves_out_the_last_models(self, conditions_run, width):
        lines = condition_lines(conditions_run, width).splitlines()
        assert max(map(len, lines)) <= width
        scores = family_scores(conditions_run, "actor")
        (noise,) = (line for line in lines if line.startswith("noise, 2 conditions"))
        assert noise.split()[3] == percent(scores.at["svm", "noise"])
        heard = f"• {percent(scores.at['lda-robust', 'noise'])}"
        assert (heard in noise) == ("left out" not in " ".join(lines)) == (width > 50)


def test_a_run_without_conditions_says_nothing(run):
    assert condition_scores(run).empty
    assert changed_labels(run).empty
    assert condition_lines(run) == ""
    assert not [name for name in summarise(run) if "robust" in name]
    assert "condition" not in markdown(run)
    assert worst_sentence(run) == ""
    assert condition_sentences(run) == condition_notes(run) == []


@pytest.mark.parametrize("odd", ["baselines only", "one speaker", "all failed"])
def test_odd_runs_have_sentences_without_unknown_numbers(tmp_path, odd):
    run = save_fake_run(tmp_path, replace(RECIPES[odd], conditions=ALL, missing={"mp3-16": 2}))
    texts = [worst_sentence(run), *condition_sentences(run), *condition_notes(run)]
    texts += [conditions_title(run), levels_title(run), stability_title(run)]
    for text in texts:
        assert "nan" not in text.lower().split(), text
        assert "n/a" not in text, text
