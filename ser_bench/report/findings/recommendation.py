"""The answer of a run in a few sentences: which model to use, how sure that is, and at what cost."""

from __future__ import annotations

import math

from ser_bench.core.text import plural
from ser_bench.report.analysis.calibration import calibration_of, confident_predictions
from ser_bench.report.analysis.choice import Choice, cheaper_models, choice_of
from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.conditions.tested import has_conditions
from ser_bench.report.analysis.exposure import exposure
from ser_bench.report.analysis.gaps import contrast_interval, gaps_of
from ser_bench.report.analysis.intervals import MIN_SPEAKERS, scores_of_few
from ser_bench.report.analysis.leakage import speakers_known
from ser_bench.report.analysis.models import BASELINES, trained_models, transductive_models
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.scores import chance_levels, pooled_scores
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.transfer import transfer_splits
from ser_bench.report.descriptions import TRANSDUCTIVE_MARK, normalisation_note
from ser_bench.report.findings.conditions import loss_answer, replacement_answer
from ser_bench.report.findings.exposure import no_ranked_model
from ser_bench.report.findings.titles.wording import (
    every_other,
    from_to,
    name_of,
    percents,
    short,
    tests_new_speakers,
)
from ser_bench.report.formatting import percent, seconds
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import ALPHA

CONFIDENT = 0.9
"""The confidence whose accuracy the answer states."""

_NONE = "Choose no model by this run:"
_FASTER = "faster, on clean clips"


def recommendation(run: SavedRun) -> list[str]:
    """Answer which model to use, how sure that is, and at what cost, for readers who do not know the field.

    The recommended model has the highest UAR on new speakers. A model that predicts from other test clips, a run whose
    features are normalised with them, synthetic speech, and a score that is not above chance get no recommendation.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        Three sentences of at most 25 words; a fourth where a common recording condition costs the model significantly,
        and a fifth where one costs the cheaper model significantly more.
    """
    models = scored_models(run)
    if not models:
        return _without_scores(run)
    choice = choice_of(run, _inductive(run) or models, _fit_times(run))
    if choice is None:
        return _without_scores(run)
    which = _which(run, choice)
    sentences = [which, _how_sure(run, choice.best), loss_answer(run, choice.best), _replacement(run, choice, which)]
    return [*filter(None, sentences), _cost(run, choice.best)]


def _without_scores(run: SavedRun) -> list[str]:
    """Answer for a run in which no model has a score."""
    (chance,) = percents(chance_levels(run)["uar"])
    guess = f"Guessing recognises {chance} % (mean over {_classes(run)}); a useful model is significantly above that."
    if not trained_models(run):
        reason = f"{_NONE} it has baselines only, which ignore the clips."
        return [reason, guess, "Add a model to see its score and its cost, for example with --models lda."]
    if heard := no_ranked_model(run):
        sentence = "A score on clips that a network was trained on says nothing about new recordings."
        return [f"{_NONE} {heard}.", guess, sentence]
    failed = int((run.fits["status"] != "ok").sum())
    return [
        f"{_NONE} none finished every fold of the {short(ranking_split(run.info.splits))} split.",
        guess,
        f"{failed:,} of {plural(len(run.fits), 'fit')} have no result; fits.csv holds the error of each.",
    ]


def _which(run: SavedRun, choice: Choice) -> str:
    """State which model to use, or why the run recommends none."""
    best, models = name_of(run, choice.best), _inductive(run)
    if reason := _obstacle(run, choice.best):
        return f"{_NONE} {reason}."
    score = f"recognises {_score(run, choice.best)} of the clips of new speakers"
    if guess := _not_above_guessing(run, choice.best):
        return f"{_NONE} {'even ' if len(models) > 1 else ''}{best} {score}, {guess}."
    if len(models) == 1:
        return f"Use {best}, the only model with a score to rely on: it {score}."
    if not choice.tested:
        speakers = plural(_test_speakers(run), "new speaker")
        clips = f"{_score(run, choice.best)} of the clips of {speakers}"
        return f"Use {best} for now: it recognises {clips}, too few to compare models."
    return _among_several(run, choice, score)


def _among_several(run: SavedRun, choice: Choice, score: str) -> str:
    """State which model to use where differences are tested, and the fastest model that is little worse."""
    best, compared, times = name_of(run, choice.best), comparison(run), _fit_times(run)
    models = _inductive(run)
    better = [model for model in choice.not_worse if compared and compared.better.at[model, choice.best]]
    if better:
        return f"Use {best}, which {score}, or {name_of(run, better[0])}, significantly better by speaker."
    if choice.cheapest != choice.best and has_conditions(run):
        cheapest = f"{name_of(run, choice.cheapest)}: {_FASTER} at most {percent(choice.loss)} points worse"
        return f"Use {best}, which {score}, or {cheapest}."
    if choice.cheapest != choice.best:
        cheapest = f"{name_of(run, choice.cheapest)}: trained in {seconds(times[choice.cheapest])}"
        return f"Use {best}, which {score}, or {cheapest}, at most {percent(choice.loss)} points worse."
    if choice.not_worse:
        count = len(choice.not_worse)
        others = "another is not significantly worse" if count == 1 else f"{count} others are not significantly worse"
        faster = set(choice.not_worse) & set(cheaper_models(models, times))
        return f"Use {best}: it {score}; {others}{'' if faster else ', but not clearly faster'}."
    without = f" without {TRANSDUCTIVE_MARK}" if len(models) < len(scored_models(run)) else ""
    others = f"{every_other(run, compared.models if compared else ())}{without}"
    others = name_of(run, models[1]) if len(models) == 2 else others
    return f"Use {best}: it {score}, significantly more than {others}."


def _replacement(run: SavedRun, choice: Choice, which: str) -> str:
    """State what a recording condition costs the faster model that the answer offers; empty if it offers none."""
    if _FASTER not in which:
        return ""
    return replacement_answer(run, choice.best, choice.cheapest, seconds(_fit_times(run)[choice.cheapest]))


def _obstacle(run: SavedRun, model: str) -> str:
    """State what prevents a recommendation; empty if nothing does."""
    name = name_of(run, model)
    if not speakers_known(run):
        return "its speakers are unknown, so known voices may raise every score; fill in the column speaker"
    if not tests_new_speakers(run):
        advice = "; add actor to the splits" if run.info.corpus.speakers > 1 else ""
        return f"it tests speakers that are known from training{advice}"
    if normalisation_note(run):
        return "it normalises features with all clips of each test speaker, which a single new recording lacks"
    if model in transductive_models(run):
        return f"{TRANSDUCTIVE_MARK} marks models that use other test clips, which a single new recording lacks"
    if run.info.synthetic:
        return f"it says nothing about recorded speech; on its synthetic speech, {name} is best, {_score(run, model)}"
    return ""


def _not_above_guessing(run: SavedRun, model: str) -> str:
    """State that the best score is not above guessing; empty where it is, significantly so if it has an interval.

    The data choose the model, so Bonferroni's correction counts the models.
    """
    split, chance = ranking_split(run.info.splits), chance_levels(run)["uar"]
    baselines = pooled_scores(run)["uar"].xs(split, level=1).reindex(BASELINES).dropna()
    level = max([chance, *baselines])
    (guess,) = percents(level)
    confidence = 1 - ALPHA / len(scored_models(run))
    uar, low, _ = contrast_interval(run, {(model, split): 1.0}, run.labels, confidence)
    if uar <= level:
        return f"not more than guessing ({guess} %)"
    return f"not significantly more than guessing ({guess} %)" if low <= chance else ""


def _how_sure(run: SavedRun, model: str) -> str:
    """State the interval of the score, and what a random split or another corpus would have given."""
    _, low, high = _interval(run, model)
    few = scores_of_few(run).get((model, ranking_split(run.info.splits), "uar"), ())
    kind = "new speakers" if tests_new_speakers(run) else "speakers"
    start = "How sure is unknown, because scores have no interval without several known speakers"
    if not math.isnan(low):
        start = f"How sure: the 95 % interval over {_test_speakers(run)} {kind} is {from_to(low, high)} %"
    elif len(few) > 1:
        start = f"How sure is unknown below {MIN_SPEAKERS} speakers: they range from {from_to(min(few), max(few))} %"
    further = _random_claim(run, model) or _across_corpora(run, model)
    return f"{start}; {further}." if further else f"{start}."


def _random_claim(run: SavedRun, model: str) -> str:
    """State what a random split would have claimed; empty without one on equal terms."""
    pair = gap_splits(run)
    if pair is None or not tests_new_speakers(run):
        return ""
    score, gap = pooled_scores(run).at[(model, pair.random), "uar"], gaps_of(run, pair).loc[model]
    if math.isnan(score):
        return ""
    (claim,) = percents(score)
    if gap["total_low"] <= 0 <= gap["total_high"]:
        return f"a random split claims {claim} %, which is not significantly different"
    return f"a random split would have claimed {claim} %"


def _across_corpora(run: SavedRun, model: str) -> str:
    """State the score on other corpora; empty if the run has none, or ranks models by it."""
    others = [split for split in transfer_splits(run)[1] if split != ranking_split(run.info.splits)]
    across = [split for split in others if exposure(run, model, split) != "heard"]
    scores = pooled_scores(run)["uar"].reindex([(model, split) for split in across]).dropna()
    if scores.empty:
        return ""
    return (
        f"on corpora without training clips, {name_of(run, model)} recognises {from_to(scores.min(), scores.max())} %"
    )


def _cost(run: SavedRun, model: str) -> str:
    """State the time of a fit and of a prediction, and how far the confidence can be trusted."""
    row, split, name = summarise(run).set_index("model").loc[model], ranking_split(run.info.splits), name_of(run, model)
    times = f"A fit took {seconds(row['fit_seconds'])} and a prediction {seconds(row['predict_seconds'])}"
    times += ", without features"
    sure = confident_predictions(run, model, split, CONFIDENT)
    if sure.enough:
        (share,), (right,) = percents(sure.share), percents(sure.accuracy)
        confident = f"of the {share} % of clips with {100 * CONFIDENT:.0f} % confidence or more"
        return f"{times}; {confident}, {name} gets {right} % right."
    confidence = calibration_of(run, split).loc[model, "overconfidence"]
    if math.isnan(confidence):
        return f"{times}; the confidence of {name} is not calibrated, so do not rely on it."
    accuracy = float(pooled_scores(run).at[(model, split), "accuracy"])
    says, right = percents(accuracy + confidence, accuracy)
    return f"{times}; {name} is {says} % confident on average, and right for {right} % of the clips."


def _inductive(run: SavedRun) -> list[str]:
    """Return the models with a score that predict each clip by itself, the highest UAR first."""
    return [model for model in scored_models(run) if model not in transductive_models(run)]


def _score(run: SavedRun, model: str) -> str:
    (share,) = percents(_interval(run, model)[0])
    return f"{share} % (mean over {_classes(run)})"


def _interval(run: SavedRun, model: str) -> tuple[float, float, float]:
    """Return UAR under the split that ranks models, with its interval."""
    row, split = summarise(run).set_index("model").loc[model], ranking_split(run.info.splits)
    uar, low, high = (float(row[f"{split}_uar{end}"]) for end in ("", "_low", "_high"))
    return uar, low, high


def _fit_times(run: SavedRun) -> dict[str, float]:
    return {str(model): float(time) for model, time in summarise(run).set_index("model")["fit_seconds"].items()}


def _test_speakers(run: SavedRun) -> int:
    frame = run.predictions
    return int(frame.loc[frame["split"] == ranking_split(run.info.splits), "speaker"].nunique())


def _classes(run: SavedRun) -> str:
    return "emotions" if run.info.target == "emotion" else "classes"
