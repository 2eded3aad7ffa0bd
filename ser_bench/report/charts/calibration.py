"""Calibration: accuracy against confidence, a reliability diagram per model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench import statistics
from ser_bench.report.analysis.failures import calibration_errors, model_calibration
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.style import FAINT, INK, WARNING, WIDTH, Sheet, new_sheet, split_colour
from ser_bench.report.charts.text import shorten, text_width
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import BINS

_LEFT, _RIGHT, _GAP, _TITLE, _BELOW = 0.6, 0.2, 0.25, 0.36, 0.78
_MAX_COLUMNS, _MAX_HEIGHT = 5, 2.4
_ERROR_WIDTH = 0.72
"""Space in inches for a calibration error."""
_BOLD_SIZE = 10.2
"""Size at which a bold name of 9 points is measured: bold text is wider."""
_LEGEND_SHARES = (0.01, 0.1, 0.5)
_NOTE_BOX = {"facecolor": "#f4f4f4", "edgecolor": "none", "pad": 2}


def _draw(run: SavedRun) -> Figure:
    """Draw accuracy over confidence in ten bins for each model, under the split that ranks models."""
    split = ranking_split(run.info.splits)
    models = [model for model in summarise(run)["model"] if model in trained_models(run)]
    rows = max(1, math.ceil(len(models) / _MAX_COLUMNS))
    columns = max(1, math.ceil(len(models) / rows))
    width = (WIDTH - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    height = min(width, _MAX_HEIGHT)
    # Where a name does not fit beside its error, all errors move to a line of their own.
    two_lines = any(text_width(title, _BOLD_SIZE) > width - _ERROR_WIDTH for title in model_titles(run, models))
    head = _TITLE + 0.16 * two_lines
    title = f"Accuracy against confidence under the {split} split"
    sheet = new_sheet(run, title, body=_BELOW + rows * (height + head) - 0.1, splits=[split], models=models)
    for index, model in enumerate(models):
        row, column = divmod(index, columns)
        bottom = _BELOW + (rows - 1 - row) * (height + head)
        ax = sheet.axes(_LEFT + column * (width + _GAP), bottom, width, height)
        _scale_panel(ax, first=column == 0, last=index + columns >= len(models))
        _draw_panel(ax, run, model, split, width, two_lines=two_lines)
    sheet.text(_LEFT + (WIDTH - _LEFT - _RIGHT) / 2, 0.44, "confidence (%)", ha="center", size=9)
    sheet.text(0.15, _BELOW + rows * (height + head) / 2 - 0.15, "accuracy (%)", rotation=90, va="center", size=9)
    _draw_legend(sheet, split_colour(split))
    return sheet.figure


def _scale_panel(ax: Axes, *, first: bool, last: bool) -> None:
    """Scale a panel in percent; only panels at the edges of the sheet have tick labels."""
    ax.set_xlim(-4, 104)
    ax.set_ylim(-4, 104)
    ax.set_xticks((0, 50, 100))
    ax.set_yticks((0, 50, 100))
    ax.tick_params(labelleft=first, labelbottom=last, length=2.5, labelsize=8)
    ax.grid()


def _draw_panel(ax: Axes, run: SavedRun, model: str, split: str, width: float, *, two_lines: bool) -> None:
    """Draw a model's reliability diagram, or the reason why there is none."""
    note = missing_folds(run)[model, split]
    if note:
        _write_head(ax, model_title(run, model), "", width, two_lines=two_lines)
        ax.set_facecolor("#f4f4f4")
        style: dict[str, Any] = {"style": "italic", "ha": "center", "va": "center", "bbox": _NOTE_BOX}
        ax.text(50, 50, f"n/a: {note}", size=8, color=WARNING, **style)
        return
    calibration = model_calibration(run, model, split)
    _write_head(ax, model_title(run, model), f"ECE {100 * calibration.ece:.1f}", width, two_lines=two_lines)
    _draw_bins(ax, calibration, split_colour(split))


def _write_head(ax: Axes, title: str, error: str, width: float, *, two_lines: bool) -> None:
    """Write the model's name above its panel, ``width`` inches wide, and its error beside or below the name."""
    name_width, line = (width, 0.16 * ax.figure.dpi / ax.bbox.height) if two_lines else (width - _ERROR_WIDTH, 0)
    style: dict[str, Any] = {"transform": ax.transAxes, "va": "bottom"}
    ax.text(0, 1.02 + line, shorten(title, name_width, _BOLD_SIZE), size=9, weight="bold", **style)
    ax.text(0 if two_lines else 1, 1.02, error, size=8.5, ha="left" if two_lines else "right", **style)


def _draw_bins(ax: Axes, calibration: statistics.Reliability, colour: str) -> None:
    """Draw a dot per bin that has clips, its area by their share, and its distance from the diagonal."""
    used = calibration.count > 0
    confidence, accuracy = 100 * calibration.confidence[used], 100 * calibration.accuracy[used]
    shares = calibration.count[used] / calibration.count.sum()
    ax.plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    # Lines of bins with few clips are thin, so that a bin of one clip does not dominate.
    ax.vlines(confidence, confidence, accuracy, color=colour, linewidths=0.7 + 8 * shares, alpha=0.4)
    ax.scatter(confidence, accuracy, s=_dot_areas(shares), color=colour, edgecolors="white", linewidths=0.6, zorder=3)


def _dot_areas(shares: np.ndarray) -> np.ndarray:
    """Return the areas of dots in square points; the smallest is still visible."""
    return 9 + 230 * shares


def _draw_legend(sheet: Sheet, colour: str) -> None:
    """Explain below the panels the area of a dot, the diagonal and ECE."""
    ax = sheet.axes(_LEFT, 0.08, sheet.width - _LEFT, 0.28)
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - _LEFT)
    ax.set_ylim(0, 1)
    x = 0.1
    for share in _LEGEND_SHARES:
        ax.scatter([x], [0.5], s=_dot_areas(np.array([share])), color=colour, edgecolors="white", linewidths=0.6)
        text = f"{100 * share:.0f} %"
        ax.text(x + 0.13, 0.5, text, size=8, va="center_baseline")
        x += 0.33 + text_width(text, 8)
    text = f"of the clips, in {BINS} bins · below the dashed line: overconfident · ECE: mean distance, in points"
    ax.text(x - 0.12, 0.5, text, size=8, va="center_baseline", color=FAINT)


def _alt_text(run: SavedRun) -> str:
    errors = calibration_errors(run, ranking_split(run.info.splits)).dropna().sort_values(kind="stable")
    listed = ", ".join(f"{model_title(run, model)} {percent(error)}" for model, error in errors.items())
    return (
        f"Accuracy over confidence in {BINS} bins, a panel per model; on the diagonal confidence equals accuracy. "
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
