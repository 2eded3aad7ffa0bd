"""UAR per speaker: a heat map of models by speakers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import missing_folds, scores_by_speaker
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
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
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_ROW = 0.27
_MIN_CELL = 0.24
"""Width in inches from which cells have space for digits."""


def _draw(run: SavedRun) -> Figure:
    """Draw UAR per model (rows) and speaker (columns, hardest first) under the split that ranks models."""
    split = ranking_split(run.info.splits)
    table = scores_by_speaker(run, split).reindex(list(summarise(run)["model"]))
    table = table[table.mean().sort_values(kind="stable").index]
    models = model_titles(run, table.index)
    names = [shorten_front(str(name), 0.9, 8) for name in table.columns] or ["no speaker was tested"]
    left = names_width(models, 9) + 0.1
    height, width = _ROW * len(table), WIDTH - left - 0.85
    cell = width / len(names)
    horizontal = max(text_width(name, 8) for name in names) + 0.06 <= cell
    below = 0.55 if horizontal else 0.4 + names_width(names, 8, 0.9)
    title = f"UAR (%) per speaker under the {split} split, the hardest speaker first"
    sheet = new_sheet(run, title, body=height + below + 0.28, splits=[split])
    ax = sheet.axes(left, below, width, height)
    values = 100 * table.to_numpy().reshape(len(table), len(table.columns))
    top = max(10.0, 10 * math.ceil(np.nanmax(values, initial=0) / 10))
    image = None
    if values.size:
        style: dict[str, Any] = {"cmap": split_colormap(split), "interpolation": "none", "aspect": "auto"}
        image = ax.imshow(values, vmin=0, vmax=top, **style)
    model_axis(ax, models, left - 0.2)
    _name_speakers(ax, names, cell, horizontal=horizontal)
    _write_ranges(ax, run, table, split)
    if cell >= _MIN_CELL:
        _write_cells(ax, values, top, split)
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


def _write_cells(ax: Axes, values: np.ndarray, top: float, split: str) -> None:
    colours = split_colormap(split)
    for row, column in np.argwhere(np.isfinite(values)):
        value = values[row, column]
        colour = text_colour_on(colours, value / top)
        ax.text(column, row, f"{value:.0f}", size=7.5, ha="center", va="center_baseline", color=colour)


def _write_ranges(ax: Axes, run: SavedRun, table: pd.DataFrame, split: str) -> None:
    """Write the scores of each model's hardest and easiest speaker right of its row, or why there are none."""
    notes = missing_folds(run)
    for row, (model, scores) in enumerate(table.iterrows()):
        note = notes[model, split]
        if note:
            note_across(ax, f"n/a: {note}", row)
        else:
            text_beside(ax, f"{100 * scores.min():.0f}-{100 * scores.max():.0f}", row, 6, size=8)
    heading_beside(ax, "min-max", 6, ha="left")


def _draw_colour_bar(sheet: Sheet, image: AxesImage, corner: tuple[float, float]) -> None:
    """Draw the scale of the colours where cells are too narrow for digits."""
    bar = sheet.figure.colorbar(image, cax=sheet.axes(*corner, 1.6, 0.1), orientation="horizontal")
    bar.ax.tick_params(labelsize=7.5, length=0, top=True, labeltop=True, bottom=False, labelbottom=False, pad=1)
    bar.outline.set_visible(False)


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    table = scores_by_speaker(run, split)
    means = table.loc[[model not in BASELINES for model in table.index]].mean().dropna().sort_values(kind="stable")
    if means.empty:
        return "No model finished."
    first, last = means.index[0], means.index[-1]
    return (
        f"A cell of UAR per model and speaker under the {split} split. Mean over models without baselines: the hardest "
        f"speaker is {first} with {percent(means[first])} %, the easiest {last} with {percent(means[last])} %."
    )


CHART = Chart(
    name="speakers",
    title="UAR per speaker",
    order=70,
    draw=_draw,
    alt_text=_alt_text,
    applies_to=lambda run: bool(run.info.corpus.speakers),
)
