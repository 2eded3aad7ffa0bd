"""Tables of text that fit a width."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence

from ser_bench.core.text import wrap_words

_MAX_CELL = 66
"""The most characters of a cell, which stays easy to read on a wide terminal."""
_MIN_CELL = 13
"""Where longer cells must be narrower, a row becomes a list."""
_HEAD_PADDING = 2
"""Spaces that tabulate adds to the heads of columns."""


def fitted_table(headers: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> str:
    """Write a table whose longest cells are wrapped until it fits; where it cannot fit, each row becomes a list.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequence of object
        The first cell names its row. Cells may have several lines.
    width : int
        The most characters on a line; a longer path stays whole.

    Returns
    -------
    str
    """
    from tabulate import tabulate

    lines = [[str(cell).split("\n") for cell in row] for row in rows]
    columns = [[[head], *(row[n] for row in lines)] for n, head in enumerate(headers)]
    widths = _column_widths(columns, width)
    if not widths:
        return "\n\n".join(_as_list(headers, [" ".join(cell) for cell in row], width) for row in lines)
    cells = [["\n".join(_wrapped_cell(*cell)) for cell in zip(row, widths, strict=True)] for row in lines]
    return tabulate(cells, headers=headers, tablefmt="simple", disable_numparse=True)


def _column_widths(columns: Sequence[Sequence[Sequence[str]]], width: int) -> list[int]:
    """Return the widths of columns, given as the lines of their cells, the head first; empty if they cannot fit."""
    room = width - 2 * (len(columns) - 1)
    limits = range(_MIN_CELL, _MAX_CELL + 1)
    fitting = bisect.bisect_left(limits, True, key=lambda limit: sum(_wrapped_widths(columns, limit)) > room)
    if not fitting:
        return []
    return _wrapped_widths(columns, limits[fitting - 1])


def _wrapped_widths(columns: Sequence[Sequence[Sequence[str]]], limit: int) -> list[int]:
    """Return the widths of columns whose cells are wrapped at a limit."""
    return [
        max(
            len(column[0][0]) + _HEAD_PADDING,
            max((len(line) for cell in column[1:] for line in _wrapped_cell(cell, limit)), default=0),
        )
        for column in columns
    ]


def _wrapped_cell(lines: Sequence[str], width: int) -> list[str]:
    """Break the lines of a cell between words, and a longer word after a dot or bracket, but no path."""
    return [part for line in lines for part in (_wrapped_line(line, width) if len(line) > width else [line])]


def _wrapped_line(line: str, width: int) -> list[str]:
    return wrap_words(" ".join(piece for word in line.split(" ") for piece in _pieces(word, width)), width)


def _pieces(word: str, width: int) -> list[str]:
    """Return the pieces of a word that is too long for a line; two of them never fit on one line."""
    if len(word) <= width or "/" in word or "\\" in word:
        return [word]
    pieces = [""]
    for part in re.split(r"(?<=[.(=_])", word):
        if pieces[-1] and len(pieces[-1] + part) > width:
            pieces.append("")
        pieces[-1] += part
    return pieces


def _as_list(headers: Sequence[str], row: Sequence[str], width: int) -> str:
    """Return a row as its first cell and a line for each other one."""
    indent = max(map(len, headers)) + 4
    facts = [
        wrap_words(cell, width, first=f"  {head:<{indent - 2}}", further=" " * indent)
        for head, cell in zip(headers[1:], row[1:], strict=True)
        if cell
    ]
    return "\n".join([*wrap_words(row[0], width), *(line for lines in facts for line in lines)])
