"""Axes: linear or logarithmic, with round numbers as ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 5, 10)
_PER_DECADE = ((1, 2, 5), (1, 3), (1,))


def plain(value: float) -> str:
    """Write the number of a tick.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
        Such as ``40`` or ``0.5``.
    """
    return f"{value:,.10g}"


def short_seconds(value: float) -> str:
    """Write the duration of a tick.

    Parameters
    ----------
    value : float
        In seconds.

    Returns
    -------
    str
        Such as ``300 ms`` or ``10 s``.
    """
    if value < 0.00099:
        return f"{1e6 * value:,.3g} µs"
    return f"{1000 * value:,.3g} ms" if value < 0.99 else f"{value:,.6g} s"


@dataclass(frozen=True)
class Axis:
    """An axis.

    Parameters
    ----------
    title : str
        What it shows, with its unit.
    low, high : float
        Its ends; above 0 on a logarithmic axis.
    log : bool
        Whether it is logarithmic.
    write : callable
        Writes the number of a tick.
    """

    title: str
    low: float
    high: float
    log: bool = False
    write: Callable[[float], str] = plain

    def share(self, value: float) -> float:
        """Return how far along the axis a value is.

        Parameters
        ----------
        value : float

        Returns
        -------
        float
            0 at the low end and 1 at the high end; values outside are at the nearer end.
        """
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        """Return round numbers on the axis.

        Parameters
        ----------
        most : int
            The most ticks.

        Returns
        -------
        list of float
        """
        return _log_ticks(self.low, self.high, most) if self.log else _linear_ticks(self.low, self.high, most)


@dataclass(frozen=True)
class CategoryAxis(Axis):
    """An axis of names at equal distances: the first is at 0, the next one at 1.

    Parameters
    ----------
    names : tuple of str
        What it writes at each place.
    """

    names: tuple[str, ...] = ()

    def ticks(self, most: int) -> list[float]:
        """Return places on the axis.

        Parameters
        ----------
        most : int
            The most ticks.

        Returns
        -------
        list of float
            The last place, every so many before it, and no other.
        """
        step = math.ceil(len(self.names) / most)
        return [float(position) for position in range(len(self.names))][::-step][::-1]


def category_axis(title: str, names: Sequence[str], *, after: float = 0.25) -> CategoryAxis:
    """Return an axis of names.

    Parameters
    ----------
    title : str
    names : sequence of str
    after : float
        The space after the last place, in distances between places.

    Returns
    -------
    CategoryAxis
    """
    written = tuple(names)
    return CategoryAxis(
        title, -0.25, len(written) - 1 + after, write=lambda position: written[round(position)], names=written
    )


def log_axis(title: str, values: Sequence[float], write: Callable[[float], str]) -> Axis:
    """Return a logarithmic axis with space on both sides of the values.

    Parameters
    ----------
    title : str
    values : sequence of float
        Values above 0; smaller ones are drawn at the low end.
    write : callable
        Writes the number of a tick.

    Returns
    -------
    Axis
        At least a decade long.
    """
    known = [value for value in values if value > 0] or [1.0]
    low, high = min(known) / 1.8, max(known) * 2.4
    missing = max(1.0, 10 / (high / low)) ** 0.5
    return Axis(title, low / missing, high * missing, log=True, write=write)


def linear_axis(title: str, values: Sequence[float], *, lowest: float, highest: float) -> Axis:
    """Return a linear axis that ends at round numbers around the values.

    Parameters
    ----------
    title : str
    values : sequence of float
        NaN is ignored.
    lowest, highest : float
        The axis does not go beyond these, and is as long as they say without values.

    Returns
    -------
    Axis
    """
    known = [value for value in values if not math.isnan(value)] or [lowest, highest]
    low, high = min(known), max(known)
    step = _step(max(high - low, 1e-9), 5)
    low, high = max(lowest, step * math.floor(low / step)), min(highest, step * math.ceil(high / step))
    return Axis(title, low, high) if low < high else Axis(title, lowest, highest)


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    step = _step(high - low, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def _step(length: float, most: int) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that gives at most so many ticks."""
    least = length / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in _STEPS if power * step >= least * (1 - 1e-9))


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = range(first, last + 1)
    choices = [[float(f"{digit}e{decade}") for decade in decades for digit in digits] for digits in _PER_DECADE]
    choices += [[float(f"1e{decade}") for decade in decades if decade % every == 0] for every in (2, 3, 4, 6, 12)]
    inside = [[tick for tick in ticks if low <= tick <= high] for ticks in choices]
    return next((ticks for ticks in inside if 0 < len(ticks) <= most), inside[-1])
