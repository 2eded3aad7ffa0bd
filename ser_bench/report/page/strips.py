"""Pictures with a row per model: scores as marks on one scale, beside the numbers as text.

A row's picture is an SVG that stretches over its cell, so its paths are in thousandths of the scale and the style
sheet keeps the widths of strokes. A dot is a stroke of no length with round ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ser_bench.report.page.tables import Cell, Column

HEIGHT = 28
"""Height of a row's picture in pixels."""

_UNITS = 1000


@dataclass(frozen=True)
class Scale:
    """The scale that all rows of a picture share.

    Parameters
    ----------
    low, high : float
        The values at the left and the right end, multiples of 0.1 (or of 10 points).
    """

    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Scale:
        """Return the scale of fractions, in whole tenths.

        Parameters
        ----------
        values : iterable of float
            NaN is ignored.

        Returns
        -------
        Scale
        """
        known = [value for value in values if not math.isnan(value)] or [0.0, 1.0]
        low, high = math.floor(10 * min(known) + 1e-9), math.ceil(10 * max(known) - 1e-9)
        return cls(low / 10, max(high, low + 1) / 10)

    def x(self, value: float) -> int:
        """Return the place of a value in thousandths of the scale.

        Parameters
        ----------
        value : float

        Returns
        -------
        int
        """
        return round(_UNITS * (value - self.low) / (self.high - self.low))

    @property
    def ticks(self) -> tuple[tuple[str, float], ...]:
        """The labels of the scale in percent, and their places in percent of the width."""
        tenths = range(round(10 * self.low), round(10 * self.high) + 1)
        return tuple((f"{10 * tenth}", self.x(tenth / 10) / 10) for tenth in tenths)

    @property
    def grid(self) -> str:
        """The path of the grid behind a row."""
        return "".join(f"M{round(10 * percent)} 0v{HEIGHT}" for _, percent in self.ticks)


@dataclass(frozen=True)
class Mark:
    """Marks of one kind in a row.

    Parameters
    ----------
    kind : str
        A class of the style sheet, such as ``dot`` or ``speakers``.
    path : str
        The data of an SVG path.
    """

    kind: str
    path: str


@dataclass(frozen=True)
class StripRow:
    """A row of a picture.

    Parameters
    ----------
    head : Cell
        The heading of the row.
    marks : tuple of Mark
    cells : tuple of Cell
        The numbers, one per column of :class:`Strips`.
    model : str
        The model that the row is about, for the script; empty for another row.
    kind : str
        Classes of the style sheet.
    description : str
        What the picture shows, in words: the text that a pointer or the keyboard brings up.
    """

    head: Cell
    marks: tuple[Mark, ...]
    cells: tuple[Cell, ...]
    model: str = ""
    kind: str = ""
    description: str = ""


@dataclass(frozen=True)
class Strips:
    """A picture with a row per model, as a table.

    Parameters
    ----------
    name : str
        An anchor, for the script.
    caption : str
    head : str
        Heading of the picture's column: what the scale measures, with its unit.
    scale : Scale
    columns : tuple of Column
        The columns of numbers after the picture.
    rows : tuple of StripRow
    legend : tuple of (str, str)
        Kinds of marks and what they are.
    note : str
        A sentence below.
    first : str
        Heading of the first column.
    compact : bool
        Whether a row stays on one line on a phone.
    """

    name: str
    caption: str
    head: str
    scale: Scale
    columns: tuple[Column, ...]
    rows: tuple[StripRow, ...]
    legend: tuple[tuple[str, str], ...] = ()
    note: str = ""
    first: str = "model"
    compact: bool = False

    @property
    def height(self) -> int:
        """Height of a row's picture in pixels."""
        return HEIGHT


def dots(scale: Scale, values: Iterable[float], y: float = HEIGHT / 2) -> str:
    """Return a path of dots.

    Parameters
    ----------
    scale : Scale
    values : iterable of float
        NaN has no dot.
    y : float

    Returns
    -------
    str
    """
    return "".join(f"M{scale.x(value)} {y:g}h0" for value in values if not math.isnan(value))


def bars(scale: Scale, values: Iterable[float], top: float = 8, bottom: float = 20) -> str:
    """Return a path of short vertical strokes.

    Parameters
    ----------
    scale : Scale
    values : iterable of float
        NaN has no stroke.
    top, bottom : float

    Returns
    -------
    str
    """
    return "".join(f"M{scale.x(value)} {top:g}v{bottom - top:g}" for value in values if not math.isnan(value))


def line(scale: Scale, first: float, last: float, y: float = HEIGHT / 2) -> str:
    """Return a path from one value to another; empty if one of them is NaN.

    Parameters
    ----------
    scale : Scale
    first, last : float
    y : float

    Returns
    -------
    str
    """
    if math.isnan(first) or math.isnan(last):
        return ""
    return f"M{scale.x(first)} {y:g}H{scale.x(last)}"


def marks(*pairs: tuple[str, str]) -> tuple[Mark, ...]:
    """Return the marks that have a path.

    Parameters
    ----------
    *pairs : (str, str)
        Kind and path, the lowest layer first.

    Returns
    -------
    tuple of Mark
    """
    return tuple(Mark(kind, path) for kind, path in pairs if path)


def shape(kinds: Sequence[str]) -> dict[str, str]:
    """Return a style for each kind of a few, so that shapes tell groups such as genders apart.

    Parameters
    ----------
    kinds : sequence of str

    Returns
    -------
    dict of str to str
        Classes of the style sheet: ``round``, ``square``, then ``bar``; others are round.
    """
    styles = ("round", "square", "bar")
    return {kind: styles[index] if index < len(styles) else "round" for index, kind in enumerate(kinds)}
