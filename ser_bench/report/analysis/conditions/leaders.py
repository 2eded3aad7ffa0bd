"""The models that pictures of recording conditions name."""

from __future__ import annotations

from ser_bench.report.analysis.conditions.robustness import robust_scores
from ser_bench.report.analysis.conditions.tested import heard_families
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.runs.results import SavedRun


def compared_model(run: SavedRun) -> str | None:
    """Return the model that pictures compare with the best one on clean clips, to show what changed copies are worth.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str or None
        Where the best model heard conditions in training, the best one that heard none. Else the highest robust score
        among the models that heard some, or among all where none did. None if no model has a score.
    """
    models = scored_models(run)
    heard = [model for model in models if heard_families(run, model)]
    others = [model for model in models if model not in heard]
    if others and models[0] in heard:
        return others[0]
    robust = robust_scores(run, ranking_split(run.info.splits))["robust"].reindex(heard or models).dropna()
    return str(robust.idxmax()) if len(robust) else next(iter(models), None)


def leading_models(run: SavedRun, most: int) -> list[str]:
    """Return the models that a picture names: the best ones on clean clips, and :func:`compared_model`.

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
    models, compared = scored_models(run), compared_model(run)
    leaders = models[:most]
    return leaders if compared is None or compared in leaders else [*models[: most - 1], compared]
