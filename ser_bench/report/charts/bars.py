"""Accuracy and UAR as grouped bars: a group per model, a bar per split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.charts.parts import (
    LEGEND_ROW,
    WHITE_GROUND,
    draw_chance,
    draw_legend,
    legend_rows,
    model_axis,
)
from ser_bench.report.scores import chance_levels, shortfalls
from ser_bench.report.style import ALARM, INK, WIDTH, names_width, new_sheet, split_colour, styled
from ser_bench.report.summary import summarise
from ser_bench.report.words import percent
from ser_bench.results import SavedRun

_CHANCE = {"accuracy": "always the commonest label", "uar": "chance"}


@styled
def accuracy(run: SavedRun) -> Figure:
    """Draw accuracy per model and split."""
    return _grouped_bars(run, "accuracy", "Accuracy by model and split")


@styled
def uar(run: SavedRun) -> Figure:
    """Draw UAR per model and split."""
    return _grouped_bars(run, "uar", "UAR (mean recall over classes) by model and split")


def _grouped_bars(run: SavedRun, measure: str, title: str) -> Figure:
    table, splits = summarise(run), list(run.info["splits"])
    thick = 0.24 if len(splits) == 1 else 0.165
    group = thick * len(splits) + 0.13
    left = names_width(list(table["model"]), 9) + 0.1
    legend = legend_rows(splits, WIDTH - left)
    height = group * len(table)
    sheet = new_sheet(run, title, body=height + 0.5 + 0.22 + LEGEND_ROW * len(legend))
    ax = sheet.axes(left, 0.5, sheet.width - left - 0.2, height)
    _bars(ax, run, table, measure, thick / group)
    level = chance_levels(run)[measure]
    draw_chance(ax, 100 * level, f"{_CHANCE[measure]} {percent(level)} %")
    model_axis(ax, list(table["model"]), left - 0.2)
    ax.set_xlabel({"accuracy": "accuracy (%)", "uar": "UAR (%)"}[measure])
    ax.grid(axis="x")
    draw_legend(sheet, legend, left, 0.5 + height + 0.22)
    return sheet.figure


def _bars(ax: Axes, run: SavedRun, table: pd.DataFrame, measure: str, thick: float) -> None:
    """Draw a bar with its value per model and split, or the reason where there is none."""
    splits, notes = list(run.info["splits"]), shortfalls(run)
    level = 100 * chance_levels(run)[measure]
    values = 100 * table[[f"{split}_{measure}" for split in splits]].to_numpy()
    inches = ax.bbox.width / ax.figure.dpi
    digits = 0.5 / (inches - 0.5)
    limit = max(level * 1.3, float(np.nanmax(values, initial=0))) * (1 + digits)
    ax.set_xlim(0, limit)
    for index, split in enumerate(splits):
        places = np.arange(len(table)) + (index - (len(splits) - 1) / 2) * thick
        ax.barh(places, values[:, index], height=thick * 0.9, color=split_colour(split), linewidth=0)
        for place, value, model in zip(places, values[:, index], table["model"], strict=True):
            if notes[model, split]:
                _write(ax, 0.004 * limit, place, f"n/a: {split} {notes[model, split]}", color=ALARM)
            else:
                # Digits that the dashed line would cross stand behind it.
                start = level if value < level < value + digits * limit else value
                _write(ax, start + 0.006 * limit, place, f"{value:.1f}")


def _write(ax: Axes, x: float, y: float, text: str, *, color: str = INK) -> None:
    ax.text(x, y, text, size=7.8, va="center_baseline", color=color, bbox=WHITE_GROUND)
