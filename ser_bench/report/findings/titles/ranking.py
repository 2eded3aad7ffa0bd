"""Titles on scores: which model has the highest one, and which differences are significant."""

from __future__ import annotations

from ser_bench import statistics
from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.comparisons import Comparison, comparison
from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.gaps import gaps_of, ranked_by_gap
from ser_bench.report.analysis.leakage import speakers_known
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.scores import pooled_scores
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.findings.exposure import every_other_model
from ser_bench.report.findings.titles.gaps import gap_title
from ser_bench.report.findings.titles.wording import (
    every_other,
    name_of,
    no_model,
    percents,
    tests_new_speakers,
    under_split,
)
from ser_bench.runs.results import SavedRun


def scores_title(run: SavedRun) -> str:
    """State the gap of the models where the run has one, else the highest UAR: the title of the first chart.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        As :func:`~ser_bench.report.findings.titles.gaps.gap_title` or :func:`uar_title` return.
    """
    pair = gap_splits(run)
    models = set(gaps_of(run, pair)["total"].dropna().index) if pair else set()
    return gap_title(run) if pair and models & set(ranked_by_gap(run, pair)) else uar_title(run)


def uar_title(run: SavedRun) -> str:
    """State the model with the highest UAR, and how many are not significantly worse.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda has the highest UAR on new speakers, 67 %; 5 others are not significantly worse".
    """
    models = scored_models(run)
    if not models:
        return no_model(run, "no model is ranked")
    if above := _baselines_above(run, models[0]):
        ranked = "ranked " if unranked_learners(run) else ""
        return f"No {ranked}model has a higher UAR than {listed(above)} {under_split(run)}"
    leaders, value = _leaders(run, models, "uar"), _percent(run, models[0], "uar")
    if len(models) == 1:
        return f"{name_of(run, models[0])} has a UAR of {value} % {under_split(run)}"
    compared = comparison(run)
    if len(leaders) > 1:
        others = plural(len(leaders) - 1, "other")
        return f"{leaders[0]} and {others} share the highest UAR {under_split(run)}, {value} %"
    highest = f"{leaders[0]} has the highest UAR {under_split(run)}, {value} %"
    if compared is None or compared.too_few_speakers:
        return highest
    if not compared.not_worse:
        scored = "" if len(models) == len(ranked_learners(run)) else " with a score"
        others = "all other ranked models" if unranked_learners(run) else "all others"
        return f"{highest}, significantly above {others}{scored}"
    others = "1 other is" if len(compared.not_worse) == 1 else f"{len(compared.not_worse)} others are"
    return f"{highest}; {others} not significantly worse"


def accuracy_title(run: SavedRun) -> str:
    """State the model with the highest accuracy.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda is right for 67 % of the clips of new speakers, the highest accuracy".
    """
    models = scored_models(run)
    if not models:
        return no_model(run, "no accuracy is compared")
    accuracy = pooled_scores(run)["accuracy"].xs(ranking_split(run.info.splits), level=1)
    best = str(accuracy[models].idxmax())
    (value,) = percents(accuracy[best])
    clips = "of the clips of new speakers" if tests_new_speakers(run) else f"of the clips {under_split(run)}"
    right = f"{name_of(run, best)} is right for {value} % {clips}"
    return right if len(models) == 1 else f"{right}, the highest accuracy"


def significance_title(run: SavedRun) -> str:
    """State how many models the best one is significantly better than.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda is significantly better than 8 of 13 other models".
    """
    compared = comparison(run)
    if compared is None:
        return _not_compared(run)
    if compared.too_few_speakers:
        return f"With {plural(compared.speakers, 'speaker')}, no difference between models can be significant"
    leader, others = name_of(run, compared.leader), len(compared.others)
    if not compared.models_differ:
        ranked = "ranked " if unranked_learners(run) else ""
        return f"No difference between the {len(compared.models)} {ranked}models is significant"
    if compared.better_than_leader:
        better = name_of(run, compared.better_than_leader[0])
        return f"Per speaker, {better} is significantly better than {leader}, which has the highest UAR"
    worse = others - len(compared.not_worse)
    if not worse:
        any_other = every_other_model(run).replace("every", "any")
        return f"{leader} has the highest UAR, but is not significantly better than {any_other}"
    if worse == others:
        return f"{leader} is significantly better than {_the_others(run, compared)}"
    ranked = "ranked " if unranked_learners(run) else ""
    return f"{leader} is significantly better than {worse} of {others} other {ranked}models"


def _the_others(run: SavedRun, compared: Comparison) -> str:
    return every_other(run, compared.models) if len(compared.others) > 1 else name_of(run, compared.others[0])


def _not_compared(run: SavedRun) -> str:
    """State why no difference between models is tested."""
    models = scored_models(run)
    if not models:
        return no_model(run, "no difference is tested")
    if len(ranked_learners(run)) == 1:
        only = "the only model that takes a rank" if unranked_learners(run) else "the only model"
        return f"{name_of(run, models[0])} is {only}, so no difference is tested"
    if len(models) == 1:
        return f"Only {name_of(run, models[0])} finished every fold, so no difference is tested"
    reason = "one speaker is tested" if speakers_known(run) else "speakers are unknown"
    return f"No difference between models is tested, because {reason}"


def _baselines_above(run: SavedRun, best: str) -> list[str]:
    """Return the baselines that the best model is not above."""
    uar = pooled_scores(run)["uar"].xs(ranking_split(run.info.splits), level=1)
    return [name for name in BASELINES if uar.get(name, -1.0) >= uar[best]]


def _leaders(run: SavedRun, models: list[str], measure: str) -> list[str]:
    """Return the names of the models with the highest score."""
    scores = pooled_scores(run)[measure].xs(ranking_split(run.info.splits), level=1)[models].round(statistics.DECIMALS)
    return [name_of(run, model) for model in models if scores[model] == scores.max()]


def _percent(run: SavedRun, model: str, measure: str) -> str:
    return percents(float(pooled_scores(run).at[(model, ranking_split(run.info.splits)), measure]))[0]
