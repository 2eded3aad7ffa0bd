"""The models that pictures of recording conditions name."""

from __future__ import annotations

from ser_bench.report.analysis.conditions.robustness import robust_scores
from ser_bench.report.analysis.conditions.tested import heard_families
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.runs.results import SavedRun


def robust_model(run: SavedRun) -> str | None:
    """Return the model that pictures compare with the best one on clean clips.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str or None
        The highest robust score among the models that heard conditions in training, or among all where none did. None
        if no model has a score.
    """
    split = ranking_split(run.info.splits)
    models = scored_models(run)
    models = [model for model in models if heard_families(run, model)] or models
    robust = robust_scores(run, split)["robust"].reindex(models).dropna()
    return str(robust.idxmax()) if len(robust) else next(iter(models), None)


def leading_models(run: SavedRun, most: int) -> list[str]:
    """Return the models that a picture names: the best ones on clean clips, and :func:`robust_model`.

    Parameters
    ----------
    run : SavedRun
    most : int
        The most models, at least 2.

    Returns
    -------
    list of str
        The highest UAR on clean clips first; without models that lack a score.
    """
    models, robust = scored_models(run), robust_model(run)
    leaders = models[:most]
    return leaders if robust is None or robust in leaders else [*models[: most - 1], robust]
