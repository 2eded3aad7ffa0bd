"""The feature set that each group of features belongs to, where a model joins several sets."""

from __future__ import annotations

from collections.abc import Sequence

from ser_bench.runs.results import SavedRun

_AFTER_SET = ": "
"""What stands between the name of a set and its group; see :func:`ser_bench.features.column_groups`."""


def sets_of_groups(run: SavedRun, model: str, groups: Sequence[str]) -> dict[str, str]:
    """Return the feature set of each group of features of a model that joins its own sets with those of other programs.

    Parameters
    ----------
    run : SavedRun
    model : str
    groups : sequence of str
        The groups of the model, as in ``importance.csv``.

    Returns
    -------
    dict of str to str
        Sets by group; empty for a single set, and where the names of groups say enough.
    """
    sets = run.info.features_of.get(model, "").split("+")
    described = {*run.info.pretrained, *run.info.licences}
    prefixed = any(group.startswith(f"{name}{_AFTER_SET}") for group in groups for name in sets)
    if len(sets) < 2 or not (prefixed or described & set(sets)):
        return {}
    known = {group: _stated_set(group, sets) for group in groups}
    rest = [name for name in sets if name not in known.values()]
    return {group: name or (rest[0] if len(rest) == 1 else "") for group, name in known.items()}


def _stated_set(group: str, sets: Sequence[str]) -> str:
    """Return the set that the name of a group states; empty if it states none."""
    return next((name for name in sets if group == name or group.startswith(f"{name}{_AFTER_SET}")), "")


def group_in_set(group: str, feature_set: str) -> str:
    """Return the name of a group beside that of its set.

    Parameters
    ----------
    group, feature_set : str

    Returns
    -------
    str
        The name without that of the set in front.
    """
    return group.removeprefix(f"{feature_set}{_AFTER_SET}")
