"""The answer in three sentences: each number is computed again, and no evidence means no recommendation."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from ser_bench.report.findings.recommendation import recommendation
from tests.report.fake_run import Recipe, save_fake_run
from tests.report.odd_runs import RECIPES, answers, of_one_split, redrawn, uar, with_unknown_speakers
from tests.runs.run_folder import changed_info

MODELS = ("svm", "lda", "knn")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A run of a baseline, three models and two splits, whose answers tests draw anew."""
    labels, splits = ("sad", "calm", "happy", "angry"), (("actor", 4), ("random", 4))
    recipe = Recipe(models=("chance", *MODELS), splits=splits, labels=labels, speakers=12, clips_per_label=6)
    return save_fake_run(tmp_path_factory.mktemp("recommended"), recipe)


def rated(run, times=None, **rates):
    """Return the run with a share of right answers, and with a time of a fit, per model."""
    drawn = redrawn(run, lambda f: f["model"].map({"chance": 0.25, **rates}))
    seconds = drawn.fits["model"].map(times or {}).fillna(1.0)
    return replace(drawn, fits=drawn.fits.assign(fit_seconds=seconds))


def words(sentence):
    """Return the words of a sentence; signs such as % do not count."""
    return [word for word in sentence.split() if re.search(r"\w", word)]


def test_three_short_sentences_for_any_run(odd_run):
    sentences = recommendation(odd_run)
    assert len(sentences) == 3
    for sentence in sentences:
        assert sentence.endswith(".")
        assert not re.search(r"[.!?] [A-Z]", sentence), sentence
        assert len(words(sentence)) <= 25 + sentence.count("(k=1)"), sentence
        assert "nan" not in sentence.lower().split(), sentence
        assert "n/a" not in sentence, sentence


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_unknown_speakers, "its speakers are unknown"),
        (lambda run: of_one_split(run, "random"), "it tests speakers that are known from training; add actor"),
        (
            lambda run: replace(run, info=changed_info(run.info, synthetic=True)),
            "it says nothing about recorded speech",
        ),
        (lambda run: replace(run, info=changed_info(run.info, normalize="speaker")), "it normalises features with all"),
        (
            lambda run: replace(run, fits=run.fits.assign(transductive="yes")),
            "† marks models that use other test clips",
        ),
        (lambda run: redrawn(run, lambda f: 0.27 + 0 * f["repeat"]), "not significantly more than guessing (2"),
    ],
)
def test_without_evidence_for_new_recordings_no_model_is_recommended(base, change, reason):
    sentences = recommendation(change(rated(base, svm=0.9, lda=0.5, knn=0.4)))
    which = sentences[0]
    assert max(len(words(sentence)) for sentence in sentences) <= 25
    assert which.startswith("Choose no model by this run: ")
    assert reason in which
    assert "Use" not in which


def test_a_model_that_is_better_than_all_others_is_recommended(base):
    run = rated(base, svm=0.95, lda=0.5, knn=0.3)
    share = 100 * uar(answers(run, "svm"))
    expected = f"Use svm: it recognises {share:.0f} % (mean over emotions) of the clips of new speakers, "
    assert recommendation(run)[0] == f"{expected}significantly more than every other model."


def test_a_single_other_model_is_named(base):
    run = rated(base, svm=0.95, lda=0.5, knn=0.3)
    tables = {name: getattr(run, name)[getattr(run, name)["model"] != "knn"] for name in ("predictions", "fits")}
    pair = replace(run, info=changed_info(run.info, models=("chance", "svm", "lda")), **tables)
    assert recommendation(pair)[0].endswith(", significantly more than lda.")


def largest_loss(run, best, other):
    """Return the upper end of the interval of the difference of two models, in points, roughly."""
    scores = [answers(run, model).groupby("speaker").apply(uar) for model in (best, other)]
    differences = 100 * (scores[0] - scores[1])
    return differences.mean() + 2.2 * differences.std(ddof=1) / np.sqrt(len(differences))


def test_the_fastest_model_that_loses_little_is_named_with_its_time(base):
    run = rated(base, svm=0.97, lda=0.97, knn=0.3)
    best, second = sorted(("svm", "lda"), key=lambda model: -uar(answers(run, model)))
    timed = rated(base, {best: 40.0, second: 2.0, "knn": 0.01}, svm=0.97, lda=0.97, knn=0.3)
    which = recommendation(timed)[0]
    assert which.startswith(f"Use {best}, which recognises ")
    loss = re.search(rf", or {second}: trained in 2\.0 s, at most (\d\.\d) points worse\.$", which)[1]
    assert float(loss) == pytest.approx(largest_loss(run, best, second), abs=0.6)
    slower = recommendation(rated(base, {best: 2.0, second: 2.0}, svm=0.97, lda=0.97, knn=0.3))[0]
    assert slower.endswith("; another is not significantly worse, but not clearly faster.")


def test_a_fast_model_that_may_be_much_worse_is_no_alternative(base):
    """Few speakers leave large differences without significance; they are no reason to use a model."""
    run = rated(base, {"svm": 40.0}, svm=0.6, lda=0.52, knn=0.3)
    assert largest_loss(run, "svm", "lda") > 5
    which = recommendation(run)[0]
    assert which.startswith("Use svm: it recognises ")
    assert which.endswith("; another is not significantly worse.")


def test_a_transductive_model_is_passed_over(base):
    run = rated(base, svm=0.97, lda=0.8, knn=0.3)
    marked = replace(run, fits=run.fits.assign(transductive=np.where(run.fits["model"] == "svm", "yes", "no")))
    which, sure, cost = recommendation(marked)
    assert which.startswith("Use lda: it recognises ")
    assert which.endswith("significantly more than knn.")
    assert "svm" not in which + sure + cost


def test_how_sure_states_speakers_interval_and_the_claim_of_a_random_split(base):
    run = redrawn(base, lambda f: np.where(f["split"] == "actor", 0.5, 0.9) + 0.08 * (f["model"] == "lda"))
    best = max(MODELS, key=lambda model: uar(answers(run, model)))
    low, high, claim = map(int, re.fullmatch(
        r"How sure: the 95 % interval over 12 new speakers is (\d+) to (\d+) %; a random split would have claimed "
        r"(\d+) %\.", recommendation(run)[1]).groups())  # fmt: skip
    scores = answers(run, best).groupby("speaker").apply(uar)
    margin = 2.2 * scores.std(ddof=1) / np.sqrt(12)
    assert (low, high) == pytest.approx((100 * (scores.mean() - margin), 100 * (scores.mean() + margin)), abs=2)
    assert claim == round(100 * uar(answers(run, best, "random")))


def test_equal_splits_claim_nothing(base):
    run = redrawn(base, lambda f: 0.6 + 0 * f["repeat"], paired=True)
    claim = round(100 * uar(answers(run, "svm", "random")))
    assert recommendation(run)[1].endswith(f"a random split claims {claim} %, which is not significantly different.")
    assert "random" not in recommendation(of_one_split(run, "actor"))[1]


def test_few_speakers_have_a_range_and_no_interval(tmp_path):
    run = save_fake_run(tmp_path, RECIPES["few speakers"])
    best = max(MODELS, key=lambda model: uar(answers(run, model)))
    scores = 100 * answers(run, best).groupby("speaker").apply(uar)
    which, sure, _ = recommendation(run)
    assert which.startswith(f"Use {best} for now: ")
    assert which.endswith("of the clips of 4 new speakers, too few to compare models.")
    assert f"below 6 speakers: they range from {scores.min():.0f} to {scores.max():.0f} %" in sure


def test_confidence_is_stated_where_there_are_enough_confident_predictions(base):
    frame = base.predictions.copy()
    for label in base.labels:
        frame[f"p_{label}"] = np.where(frame["predicted"] == label, 0.94, 0.02).astype("float32")
    model = max(MODELS, key=lambda model: uar(answers(base, model)))
    right = 100 * answers(base, model)["hit"].mean()
    cost = recommendation(replace(base, predictions=frame))[2]
    assert cost.endswith(f"; of the 100 % of clips with 90 % confidence or more, {model} gets {right:.0f} % right.")
    fewer = frame.copy()
    few = fewer.groupby(["model", "split"], observed=True).cumcount() >= 40
    for label in base.labels:
        fewer.loc[few, f"p_{label}"] = np.where(fewer["predicted"][few] == label, 0.7, 0.1).astype("float32")
    cost = recommendation(replace(base, predictions=fewer))[2]
    assert "90 % confidence" not in cost
    mean = (
        100
        * answers(replace(base, predictions=fewer), model)[[f"p_{label}" for label in base.labels]].max(axis=1).mean()
    )
    assert cost.endswith(f"; {model} is {mean:.0f} % confident on average, and right for {right:.0f} % of the clips.")
    plain = recommendation(replace(base, fits=base.fits.assign(temperature=np.nan)))[2]
    assert plain.endswith(f"; the confidence of {model} is not calibrated, so do not rely on it.")


def test_times_are_means_over_fits(base):
    run = rated(base, {"svm": 4.0}, svm=0.95, lda=0.5, knn=0.3)
    fits = run.fits[(run.fits["model"] == "svm") & (run.fits["split"] == "actor")]
    per_clip = (1000 * fits["predict_seconds"] / fits["n_test"]).mean()
    assert recommendation(run)[2].startswith(f"A fit took 4.0 s and a prediction {per_clip:.1g} ms, without features; ")


def test_a_run_without_scores_says_what_is_missing(analysed_run, broken_run):
    names = ("chance", "majority")
    tables = {"predictions": analysed_run.predictions, "fits": analysed_run.fits}
    tables = {name: table[table["model"].isin(names)] for name, table in tables.items()}
    which, guess, add = recommendation(
        replace(analysed_run, info=changed_info(analysed_run.info, models=names), **tables)
    )
    assert which == "Choose no model by this run: it has baselines only, which ignore the clips."
    assert guess.startswith("Guessing recognises 12 % (mean over emotions)")
    assert "--models lda" in add
    failed = replace(broken_run, fits=broken_run.fits.assign(status="failed"))
    which, _, count = recommendation(failed)
    assert which == "Choose no model by this run: none finished every fold of the actor split."
    assert count == f"{len(failed.fits)} of {len(failed.fits)} fits have no result; fits.csv holds the error of each."
