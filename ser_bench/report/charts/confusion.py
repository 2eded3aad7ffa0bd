"""Confusion matrices: the predicted class of each true class, a matrix per model and split."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ser_bench.report.analysis.scores import confusion_counts, confusion_shares, missing_folds, pooled_scores
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import heading_beside, split_colormap, text_beside, text_colour_on
from ser_bench.report.charts.style import FAINT, WARNING, Sheet, new_sheet
from ser_bench.report.charts.text import names_width, shorten
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import confusion_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_ANGLE = 35
_SINE = math.sin(math.radians(_ANGLE))
_SMALL_CELL = 0.4
"""Cells narrower than this, in inches, have no space for the number of clips."""


def _draw(run: SavedRun, model: str, split: str) -> Figure:
    """Draw a model's confusion matrix, rows in percent of the true class, with predictions and recall per class."""
    note = missing_folds(run)[model, split]
    score = "no score" if note else f"{percent(pooled_scores(run).at[(model, split), 'uar'])} % UAR"
    labels = list(run.labels)
    cell = 0.46 if len(labels) <= 10 else 0.36
    left, below = names_width(labels, 8.5, 1.6) + 0.32, names_width(labels, 8.5, 1.0) * _SINE + 0.42
    side = cell * len(labels)
    width = max(left + side + 1.42, 4.6)
    shown = f"{model_title(run, model)}, {split} split: {score}"
    sheet = new_sheet(
        run,
        confusion_title(run, model, split),
        shown=shown,
        body=side + below + 0.22,
        width=width,
        splits=[split],
        models=[model],
    )
    ax = sheet.axes(left, below, side, side)
    _name_classes(ax, labels, left - 0.4)
    _name_axes(sheet, left, below, side, small=cell < _SMALL_CELL)
    if note:
        ax.add_patch(Rectangle((-0.5, -0.5), len(labels), len(labels), color="#f4f4f4"))
        style: dict[str, Any] = {"color": WARNING, "ha": "center", "va": "center"}
        ax.text(0.5, 0.5, f"no matrix: {note}", transform=ax.transAxes, **style)
        return sheet.figure
    counts, shares = confusion_counts(run, model, split), confusion_shares(run, model, split)
    colours = split_colormap(split)
    ax.imshow(shares, cmap=colours, vmin=0, vmax=1, interpolation="none", aspect="auto")
    _write_cells(ax, shares, counts, colours, small=cell < _SMALL_CELL)
    _write_recalls(ax, shares, counts.sum(axis=1))
    return sheet.figure


def _name_classes(ax: Axes, labels: list[str], width: float) -> None:
    """Name rows and columns in the run's order of labels, with plain texts, which draw faster than an axis."""
    ax.set_axis_off()
    ax.set_xlim(-0.5, len(labels) - 0.5)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    for index, label in enumerate(labels):
        ax.text(-0.62, index, shorten(label, width, 8.5), size=8.5, ha="right", va="center_baseline")
        style: dict[str, Any] = {"size": 8.5, "rotation": _ANGLE, "ha": "right", "rotation_mode": "anchor"}
        ax.text(index + 0.1, len(labels) - 0.25, shorten(label, 1.0, 8.5), **style)


def _name_axes(sheet: Sheet, left: float, below: float, side: float, *, small: bool) -> None:
    caption = "predicted (% of the true class)" if small else "predicted (% of the true class; below it their number)"
    sheet.text(left + side / 2, 0.1, caption, color=FAINT, ha="center", size=8.5)
    sheet.text(0.15, below + side / 2, "true", color=FAINT, rotation=90, va="center", size=8.5)


def _write_cells(ax: Axes, shares: np.ndarray, counts: np.ndarray, colours: Colormap, *, small: bool) -> None:
    """Write the percentage and, where there is space, the clips of each cell that is not zero."""
    for row, column in np.argwhere(counts):
        share = shares[row, column]
        style: dict[str, Any] = {"ha": "center", "color": text_colour_on(colours, share)}
        text = f"{100 * share:.0f}" if share >= 0.005 else "<1"
        weight = "bold" if row == column else "normal"
        if small:
            ax.text(column, row, text, size=7, va="center", weight=weight, **style)
            continue
        ax.text(column, row + 0.04, text, size=8.5, va="bottom", weight=weight, **style)
        ax.text(column, row + 0.12, f"{counts[row, column]:,}", size=6.2, va="top", **style)


def _write_recalls(ax: Axes, shares: np.ndarray, predictions: np.ndarray) -> None:
    """Write recall and number of predictions of each class right of its row; every repeat predicts a clip again."""
    for row, (share, count) in enumerate(zip(np.diag(shares), predictions, strict=True)):
        recall = f"{100 * share:.1f} %" if count else "n/a"
        text_beside(ax, recall, row, 42, size=8.5, weight="bold", ha="right")
        text_beside(ax, f"{count:,}", row, 96, size=7.5, color=FAINT, ha="right")
    heading_beside(ax, "recall", 42, ha="right")
    heading_beside(ax, "predictions", 96, ha="right")


def _alt_text(run: SavedRun, model: str, split: str) -> str:
    if note := missing_folds(run)[model, split]:
        return f"No matrix: {note}."
    counts = confusion_counts(run, model, split)
    recalls = zip(run.labels, np.diag(counts), counts.sum(axis=1), strict=True)
    listed = ", ".join(f"{label} {percent(correct / clips)} %" for label, correct, clips in recalls if clips)
    return f"Predictions by true class (rows) and predicted class (columns). Recall: {listed}."


CHART = Chart(
    name="confusion",
    title="Confusion matrix",
    section=None,  # the page shows the matrices as tables
    order=110,
    draw=_draw,
    finding=confusion_title,
    alt_text=_alt_text,
    variants=lambda run: [(model, split) for model in run.info.models for split in run.info.splits],
)
