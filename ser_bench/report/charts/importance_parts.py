"""The columns of the chart of importance: groups of features side by side, the groups of a set together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from ser_bench.report.analysis.feature_sets import group_in_set, sets_of_groups
from ser_bench.report.charts.style import FAINT, Sheet
from ser_bench.report.charts.text import shorten, wrap_name
from ser_bench.runs.results import SavedRun

LINE = 0.14
"""Height in inches of a line of a heading."""

_SIZE, _SET = 8.0, 0.21
"""Size of a heading in points, and height in inches of the name of a set above it."""


@dataclass(frozen=True, eq=False)
class Part:
    """Columns side by side.

    Parameters
    ----------
    table : DataFrame
        Losses, rows are models.
    heads : tuple of tuple of str
        The lines of the heading of each column.
    sets : tuple of (str, int)
        Names of sets above the headings, each with the number of its columns; empty for columns without one.
    """

    table: pd.DataFrame
    heads: tuple[tuple[str, ...], ...]
    sets: tuple[tuple[str, int], ...]

    @property
    def above(self) -> float:
        """Height of the headings in inches."""
        return 0.1 + LINE * max(map(len, self.heads)) + _SET * any(name for name, _ in self.sets)


def parts_of(run: SavedRun, table: pd.DataFrame, most: int, cell: float) -> list[Part]:
    """Distribute the groups of features of a block over rows of columns.

    Parameters
    ----------
    run : SavedRun
    table : DataFrame
        Losses by model and group; all models of a block have the same groups.
    most : int
        The most columns side by side. A set with fewer groups stays together.
    cell : float
        Width of a column in inches.

    Returns
    -------
    list of Part
    """
    groups = [str(group) for group in table.columns]
    sets = sets_of_groups(run, str(table.index[0]), groups)
    parts = []
    for columns in _rows([list(own) for _, own in itertools.groupby(groups, lambda group: sets.get(group, ""))], most):
        heads = tuple(tuple(wrap_name(group_in_set(g, sets.get(g, "")), cell - 0.06, _SIZE)) for g in columns)
        named = [(name, len(list(own))) for name, own in itertools.groupby(columns, lambda g: _heading(sets, g))]
        parts.append(Part(table[columns], heads, tuple(named)))
    return parts


def _heading(sets: dict[str, str], group: str) -> str:
    """Return the name of a set above the heading of a group; empty where the heading is the name of the set."""
    name = sets.get(group, "")
    return "" if name == group else name


def _rows(units: Sequence[list[str]], most: int) -> Iterator[list[str]]:
    """Yield the columns of each row: whole sets as long as they fit, a larger set in equal pieces."""
    row: list[str] = []
    for unit in units:
        count = -(-len(unit) // most)
        size = -(-len(unit) // count)
        for piece in (unit[start : start + size] for start in range(0, len(unit), size)):
            if row and len(row) + len(piece) > most:
                yield row
                row = []
            row = row + piece
    yield row


def write_heads(sheet: Sheet, part: Part, corner: tuple[float, float], cell: float) -> None:
    """Name the columns of a part, and the sets that they belong to.

    Parameters
    ----------
    sheet : Sheet
    part : Part
    corner : tuple of float
        The upper left corner of the cells in inches.
    cell : float
        Width of a column in inches.
    """
    left, top = corner
    for column, lines in enumerate(part.heads):
        for index, line in enumerate(reversed(lines)):
            sheet.text(left + (column + 0.5) * cell, top + 0.06 + LINE * index, line, size=_SIZE, ha="center")
    start, above = left, top + part.above - _SET - 0.02
    for name, count in part.sets:
        if name:
            ax = sheet.axes(start + 0.04, above, cell * count - 0.08, 0.01)
            ax.set_axis_off()
            ax.axhline(0, color=FAINT, linewidth=0.8)
            text = shorten(name, cell * count - 0.1, _SIZE)
            sheet.text(start + cell * count / 2, above + 0.05, text, size=_SIZE, ha="center", color=FAINT)
        start += cell * count
