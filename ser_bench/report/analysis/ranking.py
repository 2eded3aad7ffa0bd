"""The order of models by UAR under the split that ranks them: models with a rank, others, then baselines.

A model whose features have heard the tested corpus takes no rank.
"""

from __future__ import annotations

import pandas as pd

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import pooled_scores
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.runs.results import SavedRun


@cached_per_run
def all_models_ranked(run: SavedRun) -> list[str]:
    """Return all models of a run in order.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        The highest UAR first, then models with a missing fold; then models that take no rank, and baselines last, both
        in the same order.
    """
    unranked = unranked_learners(run)
    places = [2 if model in BASELINES else int(model in unranked) for model in run.info.models]
    scores = _scores(run).fillna(-1).to_frame("uar").assign(place=places)
    return list(scores.sort_values(["place", "uar"], ascending=[True, False], kind="stable").index)


def ranked_models(run: SavedRun) -> list[str]:
    """Return the models without baselines in order.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        The highest UAR first, then models with a missing fold; last those that take no rank.
    """
    return [model for model in all_models_ranked(run) if model not in BASELINES]


@cached_per_run
def scored_models(run: SavedRun) -> list[str]:
    """Return the models that take a rank and finished every fold, in order, without baselines.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        The highest UAR first.
    """
    scores = _scores(run).dropna()
    ranking = ranked_learners(run)
    return [model for model in ranked_models(run) if model in scores.index and model in ranking]


def best_model(run: SavedRun) -> str | None:
    """Return the model with the highest UAR of those that take a rank.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str or None
        None if no model that takes a rank finished every fold.
    """
    return next(iter(scored_models(run)), None)


def _scores(run: SavedRun) -> pd.Series:
    """Return the UAR of each model under the split that ranks them; NaN where a fold is missing."""
    models = list(run.info.models)
    cells = pd.MultiIndex.from_product([models, [ranking_split(run.info.splits)]])
    return pd.Series(pooled_scores(run)["uar"].reindex(cells).to_numpy(), index=models)
