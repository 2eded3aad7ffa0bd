"""A heat map of models by speakers, with the lowest and highest value of each model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ser_bench.report.charts.parts import (
    heading_beside,
    model_axis,
    note_across,
    split_colormap,
    text_beside,
    text_colour_on,
)
from ser_bench.report.charts.style import FAINT, WIDTH, Sheet, new_sheet
from ser_bench.report.charts.text import names_width, shorten_front, text_width
from ser_bench.report.descriptions import model_titles
from ser_bench.runs.results import SavedRun

_ROW = 0.27
_MIN_CELL = 0.24
"""Width in inches from which cells have space for digits."""


def draw_heat_map(
    run: SavedRun, title: str, table: pd.DataFrame, notes: pd.Series, split: str, *, shown: str, lowest: float = 0.0
) -> Figure:
    """Draw a number per model (rows) and speaker (columns).

    Parameters
    ----------
    run : SavedRun
    title : str
        What the chart finds.
    table : DataFrame of float64, shape (models, speakers)
        Fractions in the order of rows and columns.
    notes : Series of str, index model
        Why a row is empty; empty for the others.
    split : str
        The split of the numbers.
    shown : str
        What the chart shows.
    lowest : float
        The fraction that is white; lower ones too.

    Returns
    -------
    Figure
    """
    models = model_titles(run, table.index)
    names = [shorten_front(str(name), 0.9, 8) for name in table.columns] or ["no speaker was tested"]
    left = names_width(models, 9) + 0.1
    height, width = _ROW * len(table), WIDTH - left - 0.85
    cell = width / len(names)
    horizontal = max(text_width(name, 8) for name in names) + 0.06 <= cell
    below = 0.55 if horizontal else 0.4 + names_width(names, 8, 0.9)
    sheet = new_sheet(run, title, shown=shown, body=height + below + 0.28, splits=[split], models=list(table.index))
    ax = sheet.axes(left, below, width, height)
    values = 100 * table.to_numpy().reshape(len(table), len(table.columns))
    limits = 100 * lowest, max(100 * lowest + 10, 10 * math.ceil(np.nanmax(values, initial=0) / 10))
    image = None
    if values.size:
        style: dict[str, Any] = {"cmap": split_colormap(split), "interpolation": "none", "aspect": "auto"}
        image = ax.imshow(values, vmin=limits[0], vmax=limits[1], **style)
    model_axis(ax, models, left - 0.2)
    _name_speakers(ax, names, cell, horizontal=horizontal)
    _write_ranges(ax, table, notes)
    if cell >= _MIN_CELL:
        _write_cells(ax, values, limits, split)
    elif image is not None:
        _draw_colour_bar(sheet, image, (left, 0.12))
    return sheet.figure


def _name_speakers(ax: Axes, names: list[str], cell: float, *, horizontal: bool) -> None:
    """Name as many columns, each ``cell`` inches wide, as fit."""
    step = 1 if horizontal else math.ceil(0.13 / cell)
    columns = range(0, len(names), step)
    ax.set_xticks(columns, [names[column] for column in columns], size=8, rotation=0 if horizontal else 90)
    ax.tick_params(axis="x", length=0 if step == 1 else 3)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("speaker", color=FAINT)


def _write_cells(ax: Axes, values: np.ndarray, limits: tuple[float, float], split: str) -> None:
    colours = split_colormap(split)
    for row, column in np.argwhere(np.isfinite(values)):
        value = values[row, column]
        colour = text_colour_on(colours, (value - limits[0]) / (limits[1] - limits[0]))
        ax.text(column, row, f"{value:.0f}", size=7.5, ha="center", va="center_baseline", color=colour)


def _write_ranges(ax: Axes, table: pd.DataFrame, notes: pd.Series) -> None:
    """Write the lowest and highest number of each model right of its row, or why there are none."""
    for row, (model, scores) in enumerate(table.iterrows()):
        if notes[model]:
            note_across(ax, f"n/a: {notes[model]}", row)
        else:
            text_beside(ax, f"{100 * scores.min():.0f} to {100 * scores.max():.0f}", row, 6, size=8)
    heading_beside(ax, "range", 6, ha="left")


def _draw_colour_bar(sheet: Sheet, image: AxesImage, corner: tuple[float, float]) -> None:
    """Draw the scale of the colours where cells are too narrow for digits."""
    bar = sheet.figure.colorbar(image, cax=sheet.axes(*corner, 1.6, 0.1), orientation="horizontal")
    bar.ax.tick_params(labelsize=7.5, length=0, top=True, labeltop=True, bottom=False, labelbottom=False, pad=1)
    bar.outline.set_visible(False)
