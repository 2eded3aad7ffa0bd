"""Recording conditions: what a phone line, a room or noise does to a clip, as pure functions seeded by the clip.

To add a condition, define a ``ConditionKind`` in the module of its family. A new family is a new module, named in
``_FAMILIES``. Import libraries only inside ``change``. The conformance tests then cover it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ser_bench.audio.conditions import codecs, cuts, inaudible, microphone, noise, packets, rooms, telephone
from ser_bench.audio.conditions.base import Condition, ConditionKind
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.names import nearest_name
from ser_bench.core.registry import definitions

__all__ = ["CLEAN", "KINDS", "Condition", "ConditionKind", "families", "get", "listed", "parse"]

CLEAN = "clean"
"""The name of the clips as recorded."""

_FAMILIES = (noise, telephone, codecs, packets, rooms, microphone, cuts, inaudible)

KINDS: dict[str, ConditionKind] = definitions(_FAMILIES, ConditionKind)
"""Every kind of condition by name, in the order of tables and charts."""


def listed() -> dict[str, Condition]:
    """Return the conditions that listings and ``all`` name.

    Returns
    -------
    dict of str to Condition
        By name, in the order of tables and charts.
    """
    return {condition.name: condition for kind in KINDS.values() for condition in kind.listed}


def families() -> tuple[str, ...]:
    """Return the families in order.

    Returns
    -------
    tuple of str
    """
    return tuple(dict.fromkeys(kind.family for kind in KINDS.values()))


def get(name: str) -> Condition:
    """Return a condition.

    Parameters
    ----------
    name : str
        A listed name, or a kind with any level, such as ``white-7.5``.

    Returns
    -------
    Condition

    Raises
    ------
    UnknownNameError
        If no kind has the name; the message suggests the nearest.
    ConfigError
        If the name is ``clean`` or that of a family, or the level is missing, no number, or outside the limits.
    """
    if name == CLEAN:
        raise ConfigError(f"{CLEAN!r} is the clip as recorded: expected a change, such as {next(iter(listed()))}")
    if name in KINDS and not KINDS[name].levels:
        return KINDS[name].at()
    if name in families():
        example = next(kind.listed[0].name for kind in KINDS.values() if kind.family == name)
        raise ConfigError(f"{name!r} is a family of conditions: expected one condition, such as {example}")
    start, hyphen, level = name.rpartition("-")
    if start.endswith("-"):
        start, level = start[:-1], f"-{level}"
    kind = KINDS.get(start or name) or KINDS.get(name)
    if kind is None or not kind.levels:
        groups = [*families(), *KINDS]
        names = [*groups, *listed()]
        raise UnknownNameError("condition", name, names if nearest_name(name, names) else groups)
    example = f"such as {kind.listed[0].name}"
    try:
        number = float(level) if hyphen else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"invalid condition {name!r}: expected a number of {kind.unit} after {kind.name}-, {example}")
    return kind.at(number)


def parse(names: Iterable[str]) -> tuple[Condition, ...]:
    """Return the conditions that an option names, without ``clean``.

    Parameters
    ----------
    names : iterable of str
        Names of conditions, ``clean``, ``all``, families such as ``noise``, or kinds such as ``white``, which stand for
        their listed levels.

    Returns
    -------
    tuple of Condition
        Each once, in the order of tables and charts.

    Raises
    ------
    ConfigError
        As :func:`get`.
    """
    chosen: dict[str, Condition] = {}
    for name in names:
        several = [
            kind for kind in KINDS.values() if name in ("all", kind.family) or (name == kind.name and kind.levels)
        ]
        if several:
            chosen |= {condition.name: condition for kind in several for condition in kind.listed}
        elif name != CLEAN:
            condition = get(name)
            chosen[condition.name] = condition
    order = {kind: position for position, kind in enumerate(KINDS)}
    return tuple(sorted(chosen.values(), key=lambda condition: (order[condition.kind.name], _severity(condition))))


def _severity(condition: Condition) -> float:
    """Return a number that grows with the change of the clip."""
    level = condition.level or 0.0
    return level if condition.kind.harder == "higher" else -level
