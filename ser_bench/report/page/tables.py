"""Tables of the page: the text of each cell and the number that it sorts by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ser_bench.report.descriptions import HEARD_MARK, HEARD_NOTE, notes_of_marks


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    text : str
    value : float or None
        The number to sort by; None sorts last in a column of numbers.
    note : str
        Smaller text after the first.
    kind : str
        A class of the style sheet.
    """

    text: str
    value: float | None = None
    note: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    head : str
        The heading.
    numeric : bool
        Whether the column sorts by numbers, the largest first.
    under : str
        A second line of the heading: unit or condition.
    kind : str
        A class of the style sheet.
    """

    head: str
    numeric: bool = True
    under: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    cells : tuple of Cell
        One per column; the first is the heading of the row.
    kind : str
        A class of the style sheet: ``quiet``, ``quoted`` or none.
    model : str
        The model that the row is about, for the script; empty for another row.
    """

    cells: tuple[Cell, ...]
    kind: str = ""
    model: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Parameters
    ----------
    caption : str
        Also the accessible name of the region in which a wide table scrolls.
    columns : tuple of Column
    rows : tuple of Row
    sortable : bool
    kind : str
        Classes of the style sheet.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sortable: bool = True
    kind: str = ""

    @property
    def note(self) -> str:
        """What the marks of models and scores mean; empty if the table has none."""
        texts = [column.head for column in self.columns] + [cell.text for row in self.rows for cell in row.cells]
        heard = [HEARD_NOTE] if any(text.startswith(f"{HEARD_MARK} ") for text in texts) else []
        return ". ".join([*notes_of_marks("".join(texts)), *heard])


def number(value: float, text: str, note: str = "") -> Cell:
    """Return a cell that sorts by a number.

    Parameters
    ----------
    value : float
        NaN sorts last.
    text : str
        The number as text.
    note : str
        Smaller text after it.

    Returns
    -------
    Cell
    """
    return Cell(text, None if math.isnan(value) else float(value), note, "none" if math.isnan(value) else "")


def texts(words: Sequence[str]) -> tuple[Cell, ...]:
    """Return cells of plain text.

    Parameters
    ----------
    words : sequence of str

    Returns
    -------
    tuple of Cell
    """
    return tuple(Cell(word) for word in words)
