"""Words for runs in which some models take no rank, because their features have heard a tested corpus."""

from __future__ import annotations

from ser_bench.report.analysis.exposure import ranked_learners, unranked_learners
from ser_bench.report.analysis.models import trained_models
from ser_bench.runs.results import SavedRun


def no_ranked_model(run: SavedRun) -> str:
    """State that no model of a run takes a rank.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A clause such as "the features of every model have heard the tested corpus"; empty where a model takes a rank,
        and for a run of baselines only.
    """
    if ranked_learners(run) or not trained_models(run):
        return ""
    single = len(trained_models(run)) == 1
    return f"the features of {'its only' if single else 'every'} model have heard a tested corpus"


def every_other_model(run: SavedRun) -> str:
    """Name the other models that the best one is compared with.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        "every other model", or "every other ranked model" where some models take no rank.
    """
    return "every other ranked model" if unranked_learners(run) else "every other model"
