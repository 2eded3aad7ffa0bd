"""The order of models: the highest UAR under the split that ranks them first, baselines last."""

from __future__ import annotations

import pandas as pd

from ser_bench.report.analysis.cache import cached_per_run
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
        The highest UAR first, then models with a missing fold; baselines last, in the same order.
    """
    scores = _scores(run).fillna(-1).to_frame("uar").assign(baseline=[model in BASELINES for model in run.info.models])
    return list(scores.sort_values(["baseline", "uar"], ascending=[True, False], kind="stable").index)


def ranked_models(run: SavedRun) -> list[str]:
    """Return the models without baselines in order.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        The highest UAR first, then models with a missing fold.
    """
    return [model for model in all_models_ranked(run) if model not in BASELINES]


@cached_per_run
def scored_models(run: SavedRun) -> list[str]:
    """Return the models without baselines that finished every fold, in order.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        The highest UAR first.
    """
    scores = _scores(run).dropna()
    return [model for model in ranked_models(run) if model in scores.index]


def best_model(run: SavedRun) -> str | None:
    """Return the model with the highest UAR, baselines excluded.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str or None
        None if no model finished every fold.
    """
    return next(iter(scored_models(run)), None)


def _scores(run: SavedRun) -> pd.Series:
    """Return the UAR of each model under the split that ranks them; NaN where a fold is missing."""
    models = list(run.info.models)
    cells = pd.MultiIndex.from_product([models, [ranking_split(run.info.splits)]])
    return pd.Series(pooled_scores(run)["uar"].reindex(cells).to_numpy(), index=models)
