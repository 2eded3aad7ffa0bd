"""Columns of a table that may hold numbers: which are features, which are not used, and which cells are wrong.

A cell holds a number, a missing value, or text. A column of numbers with missing values is a feature, and the rows
without a value are left out later. A column of texts is not used. A column of numbers in which some cells hold text
is refused, since leaving it out would change the results without a word.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np

from ser_bench.core.errors import CorpusError
from ser_bench.core.spelling import is_missing
from ser_bench.core.text import shortened_list

_SEPARATED = re.compile(r"[-+\u2212]?(\d+,\d+|\d{1,3}([.,'’ \u00a0\u202f]\d{3})+([.,]\d+)?)([eE][-+]?\d+)?\s*")
"""A number with a decimal comma, or with thousands separators."""

_MINUS = "\N{MINUS SIGN}"
"""The minus of typeset text, which Python does not read."""

_TRUTH = {"true": 1.0, "false": 0.0}

_MOST_LINES = 3
"""The most lines that an error names."""


def selected(cells: Sequence[str], columns: Sequence[int]) -> Sequence[str]:
    """Select cells of a row.

    Parameters
    ----------
    cells
        The row.
    columns
        Positions of the cells.

    Returns
    -------
    sequence of str
        The cells in the order of ``columns``.
    """
    return itemgetter(*columns)(cells) if len(columns) > 1 else [cells[column] for column in columns]


@dataclass
class NumberColumns:
    """Collects the cells of columns, row by row.

    Parameters
    ----------
    names
        Names of the columns.
    """

    names: Sequence[str]
    _plain: list[int] = field(default_factory=list, init=False)  # columns that begin with a number
    _others: list[int] = field(default_factory=list, init=False)
    _values: array[float] = field(default_factory=lambda: array("d"), init=False)
    _texts: dict[int, list[tuple[int, str]]] = field(default_factory=dict, init=False)

    def add(self, row: int, cells: Sequence[str]) -> None:
        """Add a row.

        Parameters
        ----------
        row
            Number of the row for messages: its line in a CSV file.
        cells
            One cell per column.
        """
        if not self._plain and not self._others:
            for column, cell in enumerate(cells):
                (self._plain if _number(cell) is not None else self._others).append(column)
        self._add_plain(row, selected(cells, self._plain))
        self._values.extend(self._parse(row, column, cells[column]) for column in self._others)

    def _add_plain(self, row: int, cells: Sequence[str]) -> None:
        start = len(self._values)
        try:
            if "_" in "".join(cells):  # Python reads 1_2 as 12
                raise ValueError
            self._values.extend(map(float, cells))
        except ValueError:
            del self._values[start:]
            self._values.extend(map(self._parse, [row] * len(cells), self._plain, cells))

    def _parse(self, row: int, column: int, cell: str) -> float:
        """Return the number in a cell, NaN for another content; remember a text."""
        number = _number(cell)
        if number is None:
            self._texts.setdefault(column, []).append((row, cell.strip()))
            return np.nan
        return number

    def table(self, source: str, unit: str) -> NumberTable:
        """Divide the columns into features and others.

        Parameters
        ----------
        source
            Kind and path of the file, for messages.
        unit
            What the rows are numbered by: ``line`` or ``row``.

        Returns
        -------
        NumberTable
            The values of the features, and why the other columns are none.

        Raises
        ------
        CorpusError
            If a column of numbers holds a text in some cells.
        """
        if not self._values:
            return NumberTable(tuple(self.names), np.empty((0, len(self.names))), {})
        order = np.argsort([*self._plain, *self._others], kind="stable")
        values = np.frombuffer(self._values, dtype=np.float64).reshape(-1, max(1, len(self.names)))[:, order]
        reasons = {}
        for column in np.flatnonzero(np.isnan(values).all(axis=0)).tolist():
            reasons[column] = "holds no value"
        for column, texts in sorted(self._texts.items()):
            separated = sum(bool(_SEPARATED.fullmatch(text)) for _, text in texts)
            numbers = np.count_nonzero(~np.isnan(values[:, column])) + separated
            if numbers >= len(texts) - separated:
                raise CorpusError(_not_numbers(self.names[column], texts, source, unit))
            share = f" in {len(texts):,} of {len(values):,} cells" if numbers else ""
            reasons[column] = f"holds texts{share}, for example {_shortened(texts[0][1])}"
        used = [column for column in range(len(self.names)) if column not in reasons]
        names = tuple(self.names[column] for column in used)
        return NumberTable(names, values[:, used], {self.names[column]: reasons[column] for column in sorted(reasons)})


@dataclass(frozen=True, eq=False)
class NumberTable:
    """The columns of numbers in a table.

    Attributes
    ----------
    names
        Their names.
    values
        float64, shape ``(rows, columns)``; NaN where a value is missing.
    unused
        Why the other columns are not features, by name.
    """

    names: tuple[str, ...]
    values: np.ndarray
    unused: dict[str, str]


def _number(cell: str) -> float | None:
    """Return the number in a cell, NaN for a missing value, None for a text."""
    try:
        return None if "_" in cell else float(cell.replace(_MINUS, "-"))
    except ValueError:
        return np.nan if is_missing(cell) else _TRUTH.get(cell.strip().lower())


def _not_numbers(name: str, texts: Sequence[tuple[int, str]], source: str, unit: str) -> str:
    """Return the message about a column of numbers with texts in some cells."""
    row, text = next((cell for cell in texts if _SEPARATED.fullmatch(cell[1])), texts[0])
    if _SEPARATED.fullmatch(text):
        advice = "write numbers with a decimal point, and without thousands separators"
    else:
        advice = "correct the cell, leave it empty, or delete the column"
    others = _lines([number for number, _ in texts if number != row], unit)
    return f"invalid {source}, {unit} {row}: {_shortened(text)} in column {name!r} is not a number{others}\n{advice}"


def _lines(rows: Sequence[int], unit: str) -> str:
    if not rows:
        return ""
    return f"; also in {unit}{'s' * (len(rows) > 1)} {shortened_list(rows, _MOST_LINES)}"


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
