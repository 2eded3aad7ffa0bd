"""Kinds of conditions that a run tests at several levels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from ser_bench.audio.conditions import CLEAN
from ser_bench.report.analysis.conditions.tested import audible_conditions
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class LevelledKind:
    """A kind of conditions at two levels or more.

    Parameters
    ----------
    name, family, unit : str
        Such as ``white``, ``noise`` and ``dB SNR``.
    conditions : tuple of str
        Names of the conditions, the mildest first.
    levels : tuple of str
        Their levels as their names write them.
    """

    name: str
    family: str
    unit: str
    conditions: tuple[str, ...]
    levels: tuple[str, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """The columns of :func:`~ser_bench.report.analysis.conditions.scores.condition_matrix`, clean first."""
        return (CLEAN, *self.conditions)

    @property
    def ticks(self) -> tuple[str, ...]:
        """What an axis writes at each place."""
        return (CLEAN, *self.levels)


def levelled_kinds(run: SavedRun) -> tuple[LevelledKind, ...]:
    """Return the kinds of audible conditions that a run tests at several levels.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of LevelledKind
        In the order of the run; empty without any.
    """
    known = [condition for condition in audible_conditions(run) if condition.level is not None]
    kinds = []
    for _, group in itertools.groupby(known, key=lambda condition: condition.kind):
        same = list(group)
        names = tuple(condition.name for condition in same)
        levels = tuple(condition.name.removeprefix(f"{condition.kind}-") for condition in same)
        if len(same) > 1:
            kinds.append(LevelledKind(same[0].kind, same[0].family, same[0].unit, names, levels))
    return tuple(kinds)
