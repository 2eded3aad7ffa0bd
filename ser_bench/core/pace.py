"""How far a task is: finished pieces, the share of the work, and the time left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_HIDDEN_RATE = 0.05
"""Pieces per minute below which a rate says nothing."""


class Pace:
    """Counts the finished pieces of a task, and estimates the time left from their share of the work.

    Parameters
    ----------
    total : float
        The work in all.
    unit : str
        The name of one piece.
    count : int
        The number of pieces; pieces are equal if it is ``total``.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(self, total: float, unit: str, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.unit, self.count = total, unit, count
        self._clock, self._started = clock, clock()
        self._done, self._work = 0, 0.0

    @property
    def finished(self) -> bool:
        """Whether every piece is finished."""
        return self._done >= self.count

    @property
    def seconds(self) -> float:
        """The time since the start."""
        return self._clock() - self._started

    def advance(self, share: float) -> None:
        """Add a finished piece.

        Parameters
        ----------
        share : float
            Its share of the work; for equal pieces, their number.
        """
        self._done += int(share) if self.total == self.count else 1
        self._work += share

    def parts(self) -> list[str]:
        """Write how far the task is, the most important part first.

        Returns
        -------
        list of str
            Such as "12 of 288 fits", "31 % of the work", "about 3 min left" and "4.0/min". Equal pieces have a
            percentage only, and the time left is unknown before the first piece.
        """
        counted = f"{self._done:,} of {self.count:,} {plural_unit(self.unit, self.count)}"
        if self.finished:
            return [f"{counted} in {duration(self.seconds)}"]
        work = f"{share_percent(self._work, self.total)} %" + ("" if self.total == self.count else " of the work")
        if self._work <= 0:
            return [counted, work]
        left = self.seconds * (self.total - self._work) / self._work
        per_minute = 60 * self._done / max(self.seconds, 1e-9)
        unit = f" {self.unit}" if self.unit.isupper() else ""  # MB/s, but not fits/s
        rate = f"{per_minute / 60:,.1f}{unit}/s" if per_minute >= 60 else f"{per_minute:.1f}{unit}/min"
        return [counted, work, f"about {rough_duration(left)} left", *([rate] if per_minute >= _HIDDEN_RATE else [])]


def plural_unit(unit: str, count: int) -> str:
    """Return a unit after its count; abbreviations such as MB have no plural.

    Parameters
    ----------
    unit : str
        The singular.
    count : int
        The count.

    Returns
    -------
    str
    """
    return unit if unit.isupper() or count == 1 else f"{unit}s"


def share_percent(work: float, total: float) -> int:
    """Return a share in whole per cent, 100 only for all of the work.

    Parameters
    ----------
    work, total : float
        The finished work and the work in all, in one unit.

    Returns
    -------
    int
    """
    return 100 if work >= total else max(0, min(99, math.floor(100 * work / total)))


def duration(seconds: float) -> str:
    """Write a duration in hours, minutes and seconds.

    Parameters
    ----------
    seconds : float
        The duration.

    Returns
    -------
    str
        Such as ``41 s``, ``3 min 20 s`` or ``2 h 5 min``.
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def rough_duration(seconds: float) -> str:
    """Write an estimated duration.

    Parameters
    ----------
    seconds : float
        The estimate.

    Returns
    -------
    str
        Seconds below two minutes, minutes below two hours: ``41 s``, ``3 min`` or ``2 h 5 min``.
    """
    if round(seconds) < 120:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
