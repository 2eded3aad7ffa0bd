"""Legends of marks: a sample of each mark with what it means, in rows no wider than the chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes

from ser_bench.report.charts.style import Sheet, split_colour
from ser_bench.report.charts.text import shorten, text_width
from ser_bench.report.descriptions import split_label

KEY_ROW = 0.2
"""Height in inches of a row of keys."""

_SIZE, _AFTER_SAMPLE, _AFTER_TEXT, _MARGIN = 8.5, 0.08, 0.22, 0.06


@dataclass(frozen=True)
class Key:
    """A mark and its meaning.

    Parameters
    ----------
    text : str
    sample : callable
        ``sample(ax, left, middle)`` draws the mark on axes whose horizontal units are inches and whose rows are 1 high.
    width : float
        Width of the sample in inches.
    """

    text: str
    sample: Callable[[Axes, float, float], None]
    width: float

    @property
    def total(self) -> float:
        """Width of sample and text in inches."""
        return self.width + _AFTER_SAMPLE + text_width(self.text, _SIZE)


def split_keys(splits: Sequence[str]) -> list[Key]:
    """Return the keys of the bars of splits.

    Parameters
    ----------
    splits : sequence of str

    Returns
    -------
    list of Key
    """
    return [Key(split_label(split), partial(_draw_bar, split_colour(split)), 0.2) for split in splits]


def key_rows(keys: Sequence[Key], width: float) -> list[list[Key]]:
    """Distribute keys over rows.

    Parameters
    ----------
    keys : sequence of Key
    width : float
        Largest width of a row in inches.

    Returns
    -------
    list of list of Key
    """
    rows: list[list[Key]] = [[]]
    for key in keys:
        used = sum(placed.total + _AFTER_TEXT for placed in rows[-1])
        if rows[-1] and used + key.total > width:
            rows.append([])
        rows[-1].append(key)
    return rows


def draw_keys(sheet: Sheet, rows: Sequence[Sequence[Key]], left: float, bottom: float) -> None:
    """Draw rows of keys downwards; a text that is wider than the sheet is shortened.

    Parameters
    ----------
    sheet : Sheet
    rows : sequence of sequence of Key
        As :func:`key_rows` returns them.
    left, bottom : float
        In inches from the lower left corner of the sheet.
    """
    space = sheet.width - left
    ax = sheet.axes(left - _MARGIN, bottom, space + _MARGIN, KEY_ROW * len(rows))
    ax.set_axis_off()
    ax.set_xlim(-_MARGIN, space)
    ax.set_ylim(len(rows), 0)
    for row, keys in enumerate(rows):
        x = 0.0
        for key in keys:
            key.sample(ax, x, row + 0.5)
            start = x + key.width + _AFTER_SAMPLE
            text = shorten(key.text, space - start - 0.1, _SIZE)
            ax.text(start, row + 0.5, text, size=_SIZE, va="center_baseline")
            x += key.total + _AFTER_TEXT


def _draw_bar(colour: str, ax: Axes, x: float, y: float) -> None:
    ax.barh([y], [0.2], left=[x], height=0.6, color=colour)
