"""A grid of small panels, one per model, with common axes in percent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from ser_bench.report.charts.style import WARNING, WIDTH, Sheet, new_sheet
from ser_bench.report.charts.text import shorten
from ser_bench.report.descriptions import model_title
from ser_bench.runs.results import SavedRun

_LEFT, _RIGHT, _GAP, _HEAD = 0.6, 0.2, 0.25, 0.52
_MAX_COLUMNS, _MAX_HEIGHT = 5, 2.4
_BOLD_SIZE = 10.2
"""Size at which a bold name of 9 points is measured: bold text is wider."""
_NOTE_BOX = {"facecolor": "#f4f4f4", "edgecolor": "none", "pad": 2}

LEFT = _LEFT
"""Left edge of the first column in inches."""


@dataclass(frozen=True)
class Panel:
    """The axes of a model.

    Parameters
    ----------
    ax : Axes
    model : str
    width : float
        In inches.
    """

    ax: Axes
    model: str
    width: float


def model_panels(
    run: SavedRun,
    title: str,
    models: Sequence[str],
    *,
    shown: str,
    split: str,
    axis_titles: tuple[str, str],
    legend: float,
) -> tuple[Sheet, list[Panel]]:
    """Return a sheet with a square panel per model, at most five in a row.

    Parameters
    ----------
    run : SavedRun
    title : str
        What the chart finds.
    models : sequence of str
        In the order of the panels.
    shown : str
        What the chart shows.
    split : str
        The split that the chart shows.
    axis_titles : tuple of str
        Titles of the horizontal and the vertical axes.
    legend : float
        Height of the free space at the bottom in inches.

    Returns
    -------
    sheet : Sheet
    panels : list of Panel
    """
    rows = max(1, math.ceil(len(models) / _MAX_COLUMNS))
    columns = max(1, math.ceil(len(models) / rows))
    width = (WIDTH - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    height = min(width, _MAX_HEIGHT)
    below = legend + 0.5
    sheet = new_sheet(
        run, title, shown=shown, body=below + rows * (height + _HEAD) - 0.1, splits=[split], models=models
    )
    panels = []
    for index, model in enumerate(models):
        row, column = divmod(index, columns)
        bottom = below + (rows - 1 - row) * (height + _HEAD)
        ax = sheet.axes(_LEFT + column * (width + _GAP), bottom, width, height)
        _scale(ax, first=column == 0, last=index + columns >= len(models))
        panels.append(Panel(ax, model, width))
    sheet.text(_LEFT + (WIDTH - _LEFT - _RIGHT) / 2, legend + 0.16, axis_titles[0], ha="center", size=9)
    middle = below + rows * (height + _HEAD) / 2 - 0.25
    sheet.text(0.15, middle, axis_titles[1], rotation=90, va="center", size=9)
    return sheet, panels


def write_head(run: SavedRun, panel: Panel, line: str) -> None:
    """Write the model's name above its panel, and a line of numbers below the name.

    Parameters
    ----------
    run : SavedRun
    panel : Panel
    line : str
    """
    ax, title = panel.ax, shorten(model_title(run, panel.model), panel.width, _BOLD_SIZE)
    style: dict[str, Any] = {"transform": ax.transAxes, "va": "bottom"}
    above = 1.02 + 0.16 * ax.figure.dpi / ax.bbox.height
    ax.text(0, above, title, size=9, weight="bold", **style)
    ax.text(0, 1.02, shorten(line, panel.width + 0.1, 8.5), size=8.5, **style)


def write_note(panel: Panel, note: str) -> None:
    """Write in the middle of an empty panel why it is empty.

    Parameters
    ----------
    panel : Panel
    note : str
    """
    panel.ax.set_facecolor("#f4f4f4")
    style: dict[str, Any] = {"style": "italic", "ha": "center", "va": "center", "bbox": _NOTE_BOX}
    panel.ax.text(50, 50, f"n/a: {note}", size=8, color=WARNING, **style)


def _scale(ax: Axes, *, first: bool, last: bool) -> None:
    """Scale a panel in percent; only panels at the edges of the sheet have tick labels."""
    ax.set_xlim(-4, 104)
    ax.set_ylim(-4, 104)
    ax.set_xticks((0, 50, 100))
    ax.set_yticks((0, 50, 100))
    ax.tick_params(labelleft=first, labelbottom=last, length=2.5, labelsize=8)
    ax.grid()
