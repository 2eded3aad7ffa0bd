"""Permutation importance: the UAR lost when a group of features is shuffled among the test clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.core.text import shortened_list
from ser_bench.report.analysis.failures import feature_importance, importance_blocks
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.scores import missing_folds, pooled_scores
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.importance_parts import parts_of, write_heads
from ser_bench.report.charts.parts import (
    heading_beside,
    model_axis,
    note_across,
    split_colormap,
    text_beside,
    text_colour_on,
)
from ser_bench.report.charts.style import FAINT, WARNING, WIDTH, new_sheet
from ser_bench.report.charts.text import names_width, wrap
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.titles import importance_title
from ser_bench.report.formatting import percent, points
from ser_bench.runs.results import SavedRun

_ROW, _SPACE, _RIGHT = 0.27, 0.14, 0.7
_MIN_CELL, _MAX_CELL, _MOST = 0.76, 1.8, 8
"""Limits of the width of a column, and the number of columns that always stand side by side."""

_MOST_LISTED = 20
"""The most groups that the text alternative lists."""

_MIN_FULL_COLOUR = 0.05
"""The smallest loss that gets the full colour, so that noise does not look like importance."""


def _draw(run: SavedRun) -> Figure:
    """Draw a block of models by feature groups for each set of groups that models share, the best model first."""
    split = ranking_split(run.info.splits)
    blocks = importance_blocks(run, split)
    left = names_width([title for table in blocks for title in model_titles(run, table.index)], 9) + 0.1
    width = WIDTH - left - _RIGHT
    most = min(max(_MOST, int(width / _MIN_CELL)), max(len(table.columns) for table in blocks))
    cell = min(_MAX_CELL, width / most)
    parts = [part for table in blocks for part in parts_of(run, table, most, cell)]
    notes = _notes(run, split, blocks)
    below = 0.12 + 0.16 * len(notes)
    body = below + sum(part.above + _ROW * len(part.table) + _SPACE for part in parts)
    shown = f"UAR points lost when a group of features is shuffled, {split} split"
    sheet = new_sheet(run, importance_title(run), shown=shown, body=body, splits=[split])
    top = max([_MIN_FULL_COLOUR, *(float(np.nanmax(table.to_numpy(), initial=0)) for table in blocks)])
    edge = body
    for part in parts:
        height = _ROW * len(part.table)
        edge -= part.above + height
        ax = sheet.axes(left, edge, cell * len(part.table.columns), height)
        _draw_block(ax, part.table, top, split)
        model_axis(ax, model_titles(run, part.table.index), left - 0.2)
        write_heads(sheet, part, (left, edge + height), cell)
        _write_scores(ax, run, part.table, split)
        edge -= _SPACE
    for index, (line, colour) in enumerate(reversed(notes)):
        sheet.text(0.15, 0.08 + 0.16 * index, line, size=8, color=colour)
    return sheet.figure


def _draw_block(ax: Axes, table: pd.DataFrame, top: float, split: str) -> None:
    """Colour the cells by the loss, white for zero or less, and write it in points."""
    colours, values = split_colormap(split), table.to_numpy()
    ax.imshow(values, cmap=colours, vmin=0, vmax=top, interpolation="none", aspect="auto")
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    # Grey lines separate the rows where cells are white.
    ax.hlines(np.arange(len(table) + 1) - 0.5, -0.5, len(table.columns) - 0.5, color="#eeeeee", linewidth=0.7)
    for row, column in np.argwhere(np.isfinite(values)):
        value = values[row, column]
        style: dict[str, Any] = {"ha": "center", "va": "center_baseline"}
        text = f"{round(100 * value, 1) + 0.0:.1f}"
        ax.text(column, row, text, size=8, color=text_colour_on(colours, min(max(value / top, 0), 1)), **style)


def _write_scores(ax: Axes, run: SavedRun, table: pd.DataFrame, split: str) -> None:
    """Write each model's UAR right of its row, or across the row why there is none."""
    notes, scores = missing_folds(run), pooled_scores(run)["uar"]
    for row, model in enumerate(table.index):
        if notes[model, split]:
            note_across(ax, f"n/a: {notes[model, split]}", row)
        else:
            text_beside(ax, percent(scores[model, split]), row, 34, size=8, ha="right", color=FAINT)
    heading_beside(ax, "UAR %", 40, ha="right")


def _notes(run: SavedRun, split: str, blocks: Sequence[pd.DataFrame]) -> list[tuple[str, str]]:
    """Return the lines below the blocks with their colours: how to read the blocks, and which models are missing."""
    folds = f"Mean over the folds{_of_first_repeat(run)}."
    lines = [(f"{folds} A group that other groups can replace costs little when shuffled alone.", FAINT)]
    notes = missing_folds(run)
    shown = {model for table in blocks for model in table.index}
    missing = [model for model in trained_models(run) if model not in shown]
    listed = ", ".join(f"{model_title(run, model)} ({notes[model, split] or 'no groups'})" for model in missing)
    text = f"Not shown: {listed}" if missing else ""
    return lines + [(line, WARNING) for line in wrap(text, WIDTH - 0.5, 8)]


def _of_first_repeat(run: SavedRun) -> str:
    """Say that only the first of several repeats was measured."""
    return " of the first repeat" if run.fits["repeat"].nunique() > 1 else ""


def _alt_text(run: SavedRun) -> str:
    losses = feature_importance(run, ranking_split(run.info.splits)).mean().dropna()
    ordered = losses.sort_values(ascending=False, kind="stable").items()
    listed = shortened_list((f"{group} {points(-loss)}" for group, loss in ordered), _MOST_LISTED)
    return (
        "Change of each model's UAR, in points, when a group of features is shuffled. "
        f"Mean over the models that use the group and over the folds{_of_first_repeat(run)}: {listed}."
    )


CHART = Chart(
    name="importance",
    title="Permutation importance of feature groups",
    order=90,
    section=None,
    draw=_draw,
    finding=importance_title,
    alt_text=_alt_text,
    applies_to=lambda run: not feature_importance(run, ranking_split(run.info.splits)).empty,
)
