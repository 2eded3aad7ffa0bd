"""A table as the page shows it: what each cell says, and the number it is sorted by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a quieter note behind it, and the number to sort by (None sorts last).

    A cell without number sorts by its text if its column is one of texts. ``kind`` is a class of the style.
    ``sound`` is a data URI to play, of what ``name`` names.
    """

    text: str
    value: float | None = None
    note: str = ""
    kind: str = ""
    sound: str = ""
    name: str = ""


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether it holds numbers, its unit or condition in a second line, and a class."""

    head: str
    numeric: bool = True
    under: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """A row; the first cell heads it. ``kind`` is a class of the style: ``quiet``, ``quoted`` or none."""

    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption, which also names the region that it scrolls in."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sortable: bool = True


def number(value: float, text: str, note: str = "") -> Cell:
    """Return a cell that shows ``text`` and sorts by ``value``; one that is NaN comes last."""
    return Cell(text, None if math.isnan(value) else float(value), note, "none" if math.isnan(value) else "")


def texts(words: Sequence[str]) -> tuple[Cell, ...]:
    """Return plain cells."""
    return tuple(Cell(word) for word in words)
