"""Where models fail: numbers that equal scikit-learn's or a count by hand, and charts that show them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, recall_score

from ser_bench.report.analysis import failures, groups
from ser_bench.report.analysis.scores import scores_by_speaker
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.formatting import points_interval
from ser_bench.report.page.sections.speakers import speaker_report
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.tables import AUDIT, FITS, LOSSES
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info, make_info

CHARTS = ("calibration", "importance", "groups")


def made_up(answers, clips, *, labels=("neutral", "happy", "sad"), statuses=None, importance=()):
    """Return a run of one split and fold; ``answers`` maps a model to its predictions and their probabilities."""
    frame = pd.DataFrame(clips, columns=["clip", "true", "gender", "intensity", "text"])
    parts = []
    for model, (predicted, confidence) in answers.items():
        part = frame[["clip", "true"]].assign(
            model=model, split="actor", repeat=0, fold=0, speaker="01", predicted=predicted
        )
        for label in labels:
            rest = (1 - np.array(confidence)) / (len(labels) - 1)
            part[f"p_{label}"] = np.where(part["predicted"] == label, confidence, rest).astype("float32")
        parts.append(part)
    predictions = pd.concat(parts, ignore_index=True)
    for name in ("true", "predicted"):
        predictions[name] = pd.Categorical(predictions[name], categories=labels)
    fits = pd.DataFrame([(m, "actor", 0, 0, (statuses or {}).get(m, "ok")) for m in answers])
    fits.columns = ["model", "split", "repeat", "fold", "status"]
    fits = fits.reindex(columns=list(FITS.columns))
    info = make_info(corpus={"labels": list(labels)}, models=list(answers))
    columns = ["model", "split", "repeat", "fold", "group", "columns", "uar", "uar_shuffled"]
    rest = {
        "under_conditions": pd.DataFrame(),
        "curves": pd.DataFrame(columns=["model"]),
        "audit": pd.DataFrame(columns=list(AUDIT.columns)),
        "losses": pd.DataFrame(columns=list(LOSSES.columns)),
        "folder": None,
    }
    facts = frame.drop(columns="true").assign(speaker="01", path=frame["clip"] + ".wav")
    losses = pd.DataFrame(list(importance), columns=columns)
    return SavedRun(info=info, predictions=predictions, fits=fits, clips=facts, importance=losses, **rest)


CLIPS = [
    ("a", "neutral", "female", "normal", "dogs"),
    ("b", "neutral", "male", "normal", ""),
    ("c", "happy", "female", "normal", "dogs"),
    ("d", "happy", "male", "strong", ""),
    ("e", "sad", "female", "normal", "dogs"),
    ("f", "sad", "male", "strong", ""),
]


@pytest.fixture
def small():
    """Six clips: svm gets both neutral and one sad clip wrong, knn misses a fold, chance is a baseline."""
    svm = ["happy", "sad", "happy", "happy", "sad", "happy"]
    return made_up(
        {
            "chance": (["happy"] * 6, [1.0] * 6),
            "svm": (svm, [0.7, 0.6, 0.95, 0.55, 0.7, 0.95]),
            "knn": (svm, [0.5] * 6),
        },
        CLIPS,
        statuses={"knn": "failed"},
    )


def test_recalls_are_scikit_learns(run):
    table = failures.recall_by_class(run, "actor")
    part = run.predictions[(run.predictions["split"] == "actor") & (run.predictions["model"] == "svm")]
    expected = recall_score(part["true"].astype(str), part["predicted"].astype(str), average=None, labels=run.labels)
    np.testing.assert_allclose(table.loc["svm"], expected)
    assert list(table.columns) == list(run.labels)
    assert list(table.index) == list(run.info.models)


def test_models_with_a_missing_fold_have_no_numbers(small):
    assert failures.recall_by_class(small, "actor").loc["knn"].isna().all()
    table = groups.group_scores(small, "actor").set_index("model")
    assert table.loc["knn", ["uar", "uar_shared"]].isna().all(axis=None)
    gaps = groups.group_gaps(small, "actor").set_index("model")
    assert gaps.loc["knn", "gap"].isna().all()
    assert set(gaps.loc["knn", "best"]) == {""}


def test_uar_of_a_group_is_scikit_learns_balanced_accuracy(run):
    table = groups.group_scores(run, "actor").set_index(["model", "attribute", "group"])
    part = run.predictions[(run.predictions["split"] == "actor") & (run.predictions["model"] == "cnn1d")]
    women = part[part["clip"].astype(str).isin(run.clips.loc[run.clips["gender"] == "female", "clip"])]
    expected = balanced_accuracy_score(women["true"].astype(str), women["predicted"].astype(str))
    assert table.at[("cnn1d", "gender", "female"), "uar"] == pytest.approx(expected)
    assert table.at[("cnn1d", "gender", "female"), "clips"] == women["clip"].nunique()


def test_the_order_of_clips_does_not_matter(run):
    shuffled = replace(run, clips=run.clips.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(groups.group_scores(shuffled, "actor"), groups.group_scores(run, "actor"))


def test_groups_are_compared_over_their_shared_classes(small):
    assert groups.shared_classes(small, "actor", "intensity") == ["happy", "sad"]
    table = groups.group_scores(small, "actor").set_index(["model", "attribute", "group"])
    normal = table.loc[("svm", "intensity", "normal")]
    assert (normal["clips"], normal["uar"], normal["uar_shared"]) == (2, pytest.approx(2 / 3), 1.0)
    gaps = groups.group_gaps(small, "actor").set_index(["model", "attribute"])
    assert tuple(gaps.loc[("svm", "intensity")])[:4] == (2, "normal", "strong", 0.5)
    assert gaps.loc[("svm", "intensity"), ["low", "high"]].isna().all()  # too few speakers
    assert gaps.at[("svm", "gender"), "gap"] == pytest.approx(1 / 3)


def test_the_interval_of_a_gap_between_genders_is_that_of_different_speakers(run):
    """Women and men are independent samples, so the variances of their means add up."""
    row = groups.group_gaps(run, "actor").set_index(["model", "attribute"]).loc[("svm", "gender")]
    genders = run.clips.drop_duplicates("speaker").set_index("speaker")["gender"]
    scores = scores_by_speaker(run, "actor").loc["svm"]
    best, worst = (scores[genders[scores.index] == group] for group in (row["best"], row["worst"]))
    error = np.sqrt(best.var() / len(best) + worst.var() / len(worst))
    margin = stats.t.ppf(0.975, 11) * error
    assert (row["low"], row["high"]) == pytest.approx((row["gap"] - margin, row["gap"] + margin), abs=0.01)


def test_groups_of_the_same_speakers_are_paired(run):
    """Speakers that are easy are so in both intensities, so the interval is narrower than that of genders."""
    gaps = groups.group_gaps(run, "actor").set_index(["attribute", "model"])
    width = gaps["high"] - gaps["low"]
    assert (width["intensity"].drop("chance") < 0.8 * width["gender"].drop("chance")).all()


def test_groups_that_share_all_speakers_but_one_are_paired(run):
    """Each group would draw its own speakers if only equal groups were paired."""
    intensity = run.clips["intensity"].where(run.clips["speaker"] != "01", "normal")
    some = replace(run, clips=run.clips.assign(intensity=intensity))
    every, most = (groups.group_gaps(part, "actor").set_index(["attribute", "model"]) for part in (run, some))
    widths = [(table["high"] - table["low"])["intensity"].drop("chance") for table in (every, most)]
    assert (widths[1] < 1.2 * widths[0]).all()


def test_a_gap_that_chance_has_too_is_not_significant(run):
    """The highest group minus the lowest is above 0 for any model."""
    gaps = groups.group_gaps(run, "actor").set_index(["model", "attribute"])
    assert (gaps.loc["chance", "gap"] > 0).all()
    assert (gaps.loc["chance", "low"] <= 0).all()
    (gender,) = (table for table in speaker_report(run).group_tables if "gender" in table.caption)
    row = gaps.loc[("svm", "gender")]
    notes = [cell.note for cells in gender.rows for cell in cells.cells]
    assert points_interval(row["low"], row["high"]) in notes


def test_an_attribute_with_one_value_is_left_out(small):
    assert set(groups.group_scores(small, "actor")["attribute"]) == {"gender", "intensity"}


def test_an_attribute_with_many_values_is_left_out(run):
    names = [f"sentence {index % 13}" for index in range(len(run.clips))]
    many = replace(run, clips=run.clips.assign(text=names))
    assert set(groups.group_scores(many, "actor")["attribute"]) == {"gender", "intensity"}
    fewer = replace(run, clips=run.clips.assign(text=[name.replace(" 12", " 0") for name in names]))
    assert "text" in set(groups.group_scores(fewer, "actor")["attribute"])


def pool_of_genders(women_in_hard=2):
    """A run of three corpora: an easy one with both genders, a hard one with women only unless asked, one with men."""
    rows = []
    for corpus, women, men in (("easy", 4, 4), ("hard", 4, women_in_hard), ("men", 0, 4)):
        genders = ["female"] * women + ["male"] * men
        rows += [(f"{corpus}/{i}", ("happy", "sad")[i % 2], gender, "", "") for i, gender in enumerate(genders)]
    clips = pd.DataFrame(rows, columns=["clip", "true", "gender", "intensity", "text"])
    wrong = {"happy": "sad", "sad": "happy"}
    right = [not clip.startswith("hard") for clip in clips["clip"]]
    predicted = [true if ok else wrong[true] for ok, true in zip(right, clips["true"], strict=True)]
    run = made_up({"svm": (predicted, [0.9] * len(rows))}, rows, labels=("happy", "sad"))
    return replace(run, info=changed_info(run.info, corpus={"corpora": ("easy", "hard", "men")}))


def test_groups_of_a_pool_are_compared_within_corpora():
    """Women and men are recognised equally well in each corpus; pooled, men would seem easier."""
    run = pool_of_genders()
    assert groups.compared_corpora(run, "actor", "gender") == ("easy", "hard")
    table = groups.group_scores(run, "actor").set_index("group")
    assert table["uar_shared"].to_dict() == {"female": 0.5, "male": 0.5}
    assert table["clips"].to_dict() == {"female": 8, "male": 6}


def test_a_corpus_with_one_gender_does_not_count():
    run = pool_of_genders(women_in_hard=0)
    assert groups.compared_corpora(run, "actor", "gender") == ("easy",)


def test_the_hardest_clips_of_a_class_are_of_different_speakers():
    clips = [(str(i), "happy", "male", "normal", "") for i in range(40)]
    confidence = [0.99] * 20 + list(np.linspace(0.5, 0.9, 20))
    run = made_up({"lda": (["sad"] * 40, confidence)}, clips, labels=("happy", "sad"))
    speakers = ["A"] * 20 + [f"S{i % 10}" for i in range(20)]
    table = failures.hardest_clips(replace(run, clips=run.clips.assign(speaker=speakers)), "actor")
    assert list(table["speaker"]) == ["A", "S9", "S8"]
    assert len(failures.hardest_clips(replace(run, clips=run.clips.assign(speaker="A")), "actor")) == 3


def test_at_most_three_clips_of_a_class_are_hard():
    labels = ("happy", "sad", "calm")
    clips = [(f"{label}{i}", label, "male", "normal", "") for label in labels for i in range(6)]
    answers = {"lda": (["sad"] * 12 + ["happy"] * 6, [0.9] * 18)}
    run = made_up(answers, clips, labels=labels)
    run = replace(run, clips=run.clips.assign(speaker=[str(i) for i in range(18)]))
    table = failures.hardest_clips(run, "actor")
    assert table["true"].value_counts().to_dict() == {"happy": 3, "calm": 3}
    assert failures.hardest_clips(run, "actor", per_label=1)["true"].to_list() == ["happy", "calm"]


def test_groups_without_a_class_in_common_have_no_gap():
    clips = [(str(i), gender, gender, "normal", "") for i, gender in enumerate(["male", "female"] * 4)]
    run = made_up({"svm": (["male"] * 8, [0.9] * 8)}, clips, labels=("female", "male"))
    gaps = groups.group_gaps(run, "actor")
    assert list(gaps["classes"]) == [0]
    assert gaps["gap"].isna().all()
    assert groups.comparable_attributes(run, "actor") == []
    assert "groups" not in charts_of(run)


def test_the_hardest_clips_give_their_label_the_lowest_probability():
    answers = {
        "svm": (["happy"] * 6, [0.6, 0.99, 0.9, 0.9, 0.8, 0.95]),
        "lda": (["happy"] * 6, [0.6, 0.6, 0.9, 0.9, 1.0, 0.6]),
        "chance": (["sad"] * 6, [1.0] * 6),
    }
    table = failures.hardest_clips(made_up(answers, CLIPS), "actor")
    assert (table["share_wrong"] == 1).all()
    assert list(table["clip"]) == ["b", "a", "e", "f"]  # in the order of the labels; by name, a would come before b
    np.testing.assert_allclose(table["probability"], [0.1025, 0.2, 0.05, 0.1125], rtol=1e-5)


def test_equal_probabilities_are_ordered_by_their_logarithms_and_not_by_the_name():
    answers = {"svm": (["happy"] * 6, [0.5, 0.75] * 3), "lda": (["happy"] * 6, [0.5, 0.25] * 3)}
    table = failures.hardest_clips(made_up(answers, CLIPS), "actor")
    assert table["probability"].nunique() == 1
    assert list(table["clip"]) == ["b", "a", "f", "e"]


def test_the_hardest_clips_have_wrong_predictions():
    answers = {
        "majority": (["sad"] * 6, [1.0] * 6),
        "svm": (["happy", "sad", "happy", "happy", "sad", "happy"], [0.9] * 6),
        "lda": (["sad", "sad", "happy", "sad", "sad", "happy"], [0.9] * 6),
        "tree": (["sad", "neutral", "happy", "happy", "sad", "neutral"], [0.9] * 6),
    }
    table = failures.hardest_clips(made_up(answers, CLIPS), "actor")
    assert list(table["clip"]) == ["a", "b", "d", "f"]
    np.testing.assert_allclose(table["share_wrong"], [1, 2 / 3, 1 / 3, 1])
    assert list(table["most_common_error"]) == ["sad", "sad", "sad", "happy"]  # of d, most predictions are right
    np.testing.assert_allclose(table["most_common_share"], [2 / 3, 2 / 3, 1 / 3, 2 / 3])
    facts = ("f", "01", "male", "", "strong", "sad", "f.wav")
    assert tuple(table.loc[3, ["clip", "speaker", "gender", "text", "intensity", "true", "path"]]) == facts
    assert list(failures.hardest_clips(made_up(answers, CLIPS), "actor", per_label=1)["clip"]) == ["a", "d", "f"]


def test_models_with_a_missing_fold_do_not_count_for_hard_clips(small):
    table = failures.hardest_clips(small, "actor")
    assert list(table["clip"]) == ["a", "b", "f"]
    assert (table["share_wrong"] == 1).all()


def test_importance_is_the_mean_loss_over_folds():
    rows = [("svm", "actor", 0, fold, g, 3, 0.6, 0.6 - lost) for fold, g, lost in [(0, "b", 0.1), (1, "b", 0.3)]]
    rows += [("knn", "actor", 0, 0, "a", 3, 0.5, 0.6), ("chance", "actor", 0, 0, "a", 3, 0.5, 0.5)]
    answers = {model: (["happy"] * 6, [0.5] * 6) for model in ("knn", "svm", "chance", "lda")}
    run = made_up(answers, CLIPS, importance=rows)
    table = failures.feature_importance(run, "actor")
    assert (list(table.index), list(table.columns)) == (["knn", "svm"], ["b", "a"])
    np.testing.assert_allclose(table, [[np.nan, -0.1], [0.2, np.nan]], rtol=1e-9)
    assert failures.feature_groups(run, "actor") == {"knn": ("a",), "svm": ("b",)}


def test_a_run_without_importance_has_no_such_chart(small):
    assert failures.feature_importance(small, "actor").empty
    assert "importance" not in charts_of(small)


def test_a_run_of_baselines_has_no_charts_of_failures(tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("chance", "svm"), splits=(("actor", 2),), clips_per_label=2))
    tables = {name: getattr(run, name).query("model == 'chance'") for name in ("predictions", "fits", "importance")}
    alone = replace(run, info=changed_info(run.info, models=("chance",)), **tables)
    assert set(CHARTS) <= set(charts_of(run))
    assert not set(CHARTS) & set(charts_of(alone))


def test_cached_numbers_differ_by_argument_and_cannot_be_changed(run):
    assert not failures.recall_by_class(run, "actor").equals(failures.recall_by_class(run, "random"))
    assert len(failures.hardest_clips(run, "actor", 1)) == 8
    assert len(failures.hardest_clips(run, "actor", per_label=2)) == 16
    mine = failures.recall_by_class(run, "actor")
    mine.loc[:] = 0
    assert failures.recall_by_class(run, "actor").to_numpy().max() > 0


def test_the_chart_of_groups_claims_no_interval_of_few_speakers(tmp_path):
    recipe = Recipe(models=("svm",), speakers=4, splits=(("actor", 4),))
    text = charts_of(save_fake_run(tmp_path, recipe))["groups"].alt_text()
    assert "(no interval)" in text
    assert "excludes" not in text
