"""How sure a model is against how often it is right: a reliability diagram per learner."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench import statistics
from ser_bench.report.analysis.failures import BINS, calibration_errors, model_calibration, trained_models
from ser_bench.report.analysis.scores import missing_folds, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.style import (
    ALARM,
    FAINT,
    INK,
    WIDTH,
    Sheet,
    new_sheet,
    shorten,
    split_colour,
    text_width,
)
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_LEFT, _RIGHT, _GAP, _TITLE, _BELOW = 0.6, 0.2, 0.25, 0.36, 0.78
_MOST_COLUMNS, _TALLEST = 5, 2.4
_ERROR, _BOLD = 0.72, 10.2
"""Room in inches for an error, and the size at which a bold name of 9 points is measured, being wider."""
_SHARES = (0.01, 0.1, 0.5)
_GROUND = {"facecolor": "#f4f4f4", "edgecolor": "none", "pad": 2}


def _draw(run: SavedRun) -> Figure:
    """Draw accuracy over confidence in ten bins for each learner, under the split that ranks models."""
    split = ranking_split(run.info.splits)
    models = [model for model in summarise(run)["model"] if model in trained_models(run)]
    rows = max(1, math.ceil(len(models) / _MOST_COLUMNS))
    columns = max(1, math.ceil(len(models) / rows))
    width = (WIDTH - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    height = min(width, _TALLEST)
    # Where a name does not fit beside its error, all errors move to a line of their own.
    tight = any(text_width(model, _BOLD) > width - _ERROR for model in models)
    head = _TITLE + 0.16 * tight
    title = f"Accuracy against confidence under the {split} split"
    sheet = new_sheet(run, title, body=_BELOW + rows * (height + head) - 0.1, splits=[split])
    for place, model in enumerate(models):
        row, column = divmod(place, columns)
        bottom = _BELOW + (rows - 1 - row) * (height + head)
        ax = sheet.axes(_LEFT + column * (width + _GAP), bottom, width, height)
        _axes(ax, first=column == 0, last=place + columns >= len(models))
        note = missing_folds(run)[model, split]
        if note:
            _head(ax, model, "", width, tight=tight)
            ax.set_facecolor("#f4f4f4")
            ax.text(50, 50, f"n/a: {note}", size=8, color=ALARM, style="italic", ha="center", va="center", bbox=_GROUND)
        else:
            told = model_calibration(run, model, split)
            _head(ax, model, f"ECE {100 * told.ece:.1f}", width, tight=tight)
            _reliability(ax, told, split_colour(split))
    sheet.text(_LEFT + (WIDTH - _LEFT - _RIGHT) / 2, 0.44, "confidence (%)", ha="center", size=9)
    sheet.text(0.15, _BELOW + rows * (height + head) / 2 - 0.15, "accuracy (%)", rotation=90, va="center", size=9)
    _legend(sheet, split_colour(split))
    return sheet.figure


def _axes(ax: Axes, *, first: bool, last: bool) -> None:
    """Scale a panel in percent; only those at the edges of the sheet name their ticks."""
    ax.set_xlim(-4, 104)
    ax.set_ylim(-4, 104)
    ax.set_xticks((0, 50, 100))
    ax.set_yticks((0, 50, 100))
    ax.tick_params(labelleft=first, labelbottom=last, length=2.5, labelsize=8)
    ax.grid()


def _head(ax: Axes, model: str, error: str, width: float, *, tight: bool) -> None:
    """Write the model's name above its panel, ``width`` inches wide, and its error beside it or below."""
    room, line = (width, 0.16 * ax.figure.dpi / ax.bbox.height) if tight else (width - _ERROR, 0)
    style: dict[str, Any] = {"transform": ax.transAxes, "va": "bottom"}
    ax.text(0, 1.02 + line, shorten(model, room, _BOLD), size=9, weight="bold", **style)
    ax.text(0 if tight else 1, 1.02, error, size=8.5, ha="left" if tight else "right", **style)


def _reliability(ax: Axes, told: statistics.Calibration, colour: str) -> None:
    """Draw a dot per bin that has clips, its area by their share, and how far it is from the diagonal."""
    some = told.count > 0
    confidence, accuracy = 100 * told.confidence[some], 100 * told.accuracy[some]
    shares = told.count[some] / told.count.sum()
    ax.plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    # Thin where clips are few, so that a bin of one clip does not look like the rule.
    ax.vlines(confidence, confidence, accuracy, color=colour, linewidths=0.7 + 8 * shares, alpha=0.4)
    ax.scatter(confidence, accuracy, s=_areas(shares), color=colour, edgecolors="white", linewidths=0.6, zorder=3)


def _areas(shares: np.ndarray) -> np.ndarray:
    """Return the areas of dots in square points, the smallest still to be seen."""
    return 9 + 230 * shares


def _legend(sheet: Sheet, colour: str) -> None:
    """Say below the panels what a dot's area, the diagonal and ECE are."""
    ax = sheet.axes(_LEFT, 0.08, sheet.width - _LEFT, 0.28)
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - _LEFT)
    ax.set_ylim(0, 1)
    x = 0.1
    for share in _SHARES:
        ax.scatter([x], [0.5], s=_areas(np.array([share])), color=colour, edgecolors="white", linewidths=0.6)
        text = f"{100 * share:.0f} %"
        ax.text(x + 0.13, 0.5, text, size=8, va="center_baseline")
        x += 0.33 + text_width(text, 8)
    words = f"of the clips, in {BINS} bins · below the dashed line: surer than right · ECE: mean distance, in points"
    ax.text(x - 0.12, 0.5, words, size=8, va="center_baseline", color=FAINT)


def _alt_text(run: SavedRun) -> str:
    errors = calibration_errors(run, ranking_split(run.info.splits)).dropna().sort_values(kind="stable")
    listed = ", ".join(f"{model} {percent(error)}" for model, error in errors.items())
    return (
        "Accuracy over confidence in ten bins, a panel per model; on the diagonal confidence equals accuracy. "
        f"Expected calibration error in points, the smallest first: {listed or 'no model finished'}."
    )


CHART = Chart(
    name="calibration",
    title="Calibration: accuracy against confidence",
    order=80,
    draw=_draw,
    alt_text=_alt_text,
    applies_to=lambda run: bool(trained_models(run)),
)
