"""The rectangle between the axes: where a value is drawn, and how numbers and paths are written."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ser_bench.report.page.plots.axes import Axis

Point = tuple[float, float]
Segment = tuple[Point, Point]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True)
class Frame:
    """The rectangle between the axes in units of the picture.

    Parameters
    ----------
    box : tuple of float
        Left, top, right and bottom.
    x, y : Axis
    """

    box: Box
    x: Axis
    y: Axis

    def at(self, x: float, y: float) -> Point:
        """Return the place of a pair of values.

        Parameters
        ----------
        x, y : float

        Returns
        -------
        tuple of float
            Rounded to a tenth of a unit.
        """
        left, top, right, bottom = self.box
        across, up = self.x.share(x), self.y.share(y)
        return round(left + across * (right - left), 1), round(bottom - up * (bottom - top), 1)

    def places(self, points: Iterable[Point]) -> list[Point]:
        """Return the places of pairs of values.

        Parameters
        ----------
        points : iterable of pairs of float

        Returns
        -------
        list of tuple of float
        """
        return [self.at(x, y) for x, y in points]


def decimal(value: float) -> str:
    """Write a coordinate with at most one decimal.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
    """
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def polyline(places: Sequence[Point]) -> str:
    """Return the data of a path through places.

    Parameters
    ----------
    places : sequence of pairs of float

    Returns
    -------
    str
        Empty without places.
    """
    return "".join(f"{'L' if index else 'M'}{decimal(x)} {decimal(y)}" for index, (x, y) in enumerate(places))


def segments(places: Sequence[Point]) -> list[Segment]:
    """Return the lines between neighbouring places.

    Parameters
    ----------
    places : sequence of pairs of float

    Returns
    -------
    list of pairs of places
    """
    return list(itertools.pairwise(places))
