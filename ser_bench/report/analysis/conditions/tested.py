"""What a run tested: its audible conditions by family, and the families that its models heard in training."""

from __future__ import annotations

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import ConditionInfo


def has_conditions(run: SavedRun) -> bool:
    """Return whether a run tested its models under recording conditions.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    bool
    """
    return bool(run.info.conditions)


@cached_per_run
def audible_conditions(run: SavedRun) -> tuple[ConditionInfo, ...]:
    """Return the conditions of a run that change a clip audibly, without those that could change no clip.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of ConditionInfo
        In the order of the run.
    """
    if not run.info.conditions:
        return ()
    tested = set(run.under_conditions["condition"].unique())
    return tuple(condition for condition in run.info.conditions if condition.audible and condition.name in tested)


def audible_families(run: SavedRun) -> dict[str, tuple[str, ...]]:
    """Return the names of the audible conditions of each family.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to tuple of str
        In the order of the run.
    """
    families: dict[str, tuple[str, ...]] = {}
    for condition in audible_conditions(run):
        families[condition.family] = (*families.get(condition.family, ()), condition.name)
    return families


def heard_families(run: SavedRun, model: str) -> tuple[str, ...]:
    """Return the families of conditions that a model heard in training.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    tuple of str
        In the order in which the model states them; empty for a model that trains on clips as recorded.
    """
    return tuple(dict.fromkeys(run.info.trained_under.get(model, {}).values()))
