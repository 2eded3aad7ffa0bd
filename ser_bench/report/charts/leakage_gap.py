"""Optimism of the random split: UAR on known speakers minus UAR on new speakers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.scores import chance_levels, gap_splits, missing_folds
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import (
    TEXT_BOX,
    draw_chance_line,
    draw_legend,
    heading_beside,
    model_axis,
    text_beside,
)
from ser_bench.report.charts.style import FAINT, WARNING, new_sheet, split_colour
from ser_bench.report.charts.text import names_width
from ser_bench.report.formatting import percent, points, points_interval
from ser_bench.runs.results import SavedRun

_ROW, _RIGHT = 0.3, 1.95


def _draw(run: SavedRun) -> Figure:
    """Draw both UARs of each model and their difference in points."""
    splits = gap_splits(run)
    if splits is None:
        raise ValueError(f"no two splits have equal terms for a gap: {', '.join(run.info.splits)}")
    pair = (splits.random, splits.independent)
    table = summarise(run)
    models = list(table["model"])
    left = names_width(models, 9) + 0.1
    height = _ROW * len(table)
    title = f"Optimism of the {pair[0]} split: UAR on known minus new speakers"
    sheet = new_sheet(run, title, body=height + 0.5 + 0.45, splits=[pair[1], pair[0]])
    ax = sheet.axes(left, 0.5, sheet.width - left - _RIGHT, height)
    _draw_scores(ax, table, pair)
    level = chance_levels(run)["uar"]
    draw_chance_line(ax, 100 * level, f"chance {percent(level)} %")
    model_axis(ax, models, left - 0.2)
    ax.set_xlabel("UAR (%)")
    ax.grid(axis="x")
    _write_differences(ax, run, table, pair)
    draw_legend(sheet, [[pair[1], pair[0]]], left, 0.5 + height + 0.22)
    return sheet.figure


def _draw_scores(ax: Axes, table: pd.DataFrame, pair: tuple[str, str]) -> None:
    """Draw a row per model: a dot per split, joined by a bar in the colour of the random split."""
    values = 100 * table[[f"{split}_uar" for split in pair]].to_numpy()
    rows = range(len(table))
    ax.hlines(rows, values.min(axis=1), values.max(axis=1), color=split_colour(pair[0]), linewidth=5, alpha=0.35)
    for column, split in enumerate(pair):
        ax.plot(values[:, column], rows, "o", markersize=7, color=split_colour(split), markeredgecolor="white")
    limit = max(40.0, float(np.nanmax(values, initial=0)) + 8)
    ax.set_xlim(0, limit)
    style: dict[str, Any] = {"va": "center_baseline", "size": 7.8, "bbox": TEXT_BOX}
    space = 0.085 * limit * ax.figure.dpi / ax.bbox.width
    for row, scores in enumerate(values):
        low, high = scores.min(), np.nanmax(scores, initial=-1)
        if not np.isnan(low):
            ax.text(low - space, row, f"{low:.1f}", ha="right", **style)
        if high >= 0:
            ax.text(high + space, row, f"{high:.1f}", ha="left", **style)


def _write_differences(ax: Axes, run: SavedRun, table: pd.DataFrame, pair: tuple[str, str]) -> None:
    """Write the differences in a column right of the chart, or the missing folds."""
    notes = missing_folds(run)
    rows = zip(*(table[name] for name in ("model", "uar_gap", "uar_gap_low", "uar_gap_high")), strict=True)
    for row, (model, gap, low, high) in enumerate(rows):
        missing = [f"{split} {notes[model, split]}" for split in pair if notes[model, split]]
        if missing:
            text = f"n/a: {', '.join(missing)}"
            text_beside(ax, text, row, 72, size=7.5, color=WARNING, ha="right", style="italic", bbox=TEXT_BOX)
        else:
            text_beside(ax, points(gap), row, 48, size=9.5, weight="bold", ha="right")
            text_beside(ax, points_interval(low, high), row, 56, size=8, color=FAINT)
    heading_beside(ax, "points", 48, ha="right")
    heading_beside(ax, "95 % interval", 56, ha="left")


def _alt_text(run: SavedRun) -> str:
    table, splits = summarise(run).dropna(subset=["uar_gap"]), gap_splits(run)
    if splits is None or table.empty:
        return "No model finished both splits."
    pair = (splits.random, splits.independent)
    gaps = table.sort_values("uar_gap", ascending=False, kind="stable")
    rows = zip(gaps["model"], gaps[f"{pair[1]}_uar"], gaps[f"{pair[0]}_uar"], gaps["uar_gap"], strict=True)
    listed = [f"{model} {percent(new)} to {percent(known)} % ({points(gap)})" for model, new, known, gap in rows]
    return f"UAR under {pair[1]}, then under {pair[0]}, and the difference in points: {', '.join(listed)}."


CHART = Chart(
    name="leakage_gap",
    title="Optimism of the random split: UAR on known minus new speakers",
    order=30,
    draw=_draw,
    alt_text=_alt_text,
    applies_to=lambda run: gap_splits(run) is not None,
)
