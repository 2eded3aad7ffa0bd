"""Which class was taken for which: a matrix per model and split."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ser_bench.report.analysis.scores import confusion_counts, missing_folds, pooled_scores
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import head_beside, ink_on, tints, write_beside
from ser_bench.report.charts.style import ALARM, FAINT, names_width, new_sheet, shorten
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_TURN = 35
_SINE = math.sin(math.radians(_TURN))


def _draw(run: SavedRun, model: str, split: str) -> Figure:
    """Draw a model's confusion matrix, rows in percent of the true class, with clips and recall per class."""
    short = missing_folds(run)[model, split]
    score = "no score" if short else f"{percent(pooled_scores(run).at[(model, split), 'uar'])} % UAR"
    labels = list(run.labels)
    cell = 0.46 if len(labels) <= 10 else 0.36
    left, below = names_width(labels, 8.5, 1.6) + 0.32, names_width(labels, 8.5, 1.0) * _SINE + 0.42
    side = cell * len(labels)
    width = max(left + side + 1.05, 4.6)
    sheet = new_sheet(run, f"{model}, {split} split: {score}", body=side + below + 0.22, width=width, splits=[split])
    ax = sheet.axes(left, below, side, side)
    _axes(ax, labels, left - 0.4)
    caption = "predicted (% of the true class; below it clips)" if cell > 0.4 else "predicted (% of the true class)"
    sheet.text(left + side / 2, 0.1, caption, color=FAINT, ha="center", size=8.5)
    sheet.text(0.15, below + side / 2, "true", color=FAINT, rotation=90, va="center", size=8.5)
    if short:
        ax.add_patch(Rectangle((-0.5, -0.5), len(labels), len(labels), color="#f4f4f4"))
        style: dict[str, Any] = {"color": ALARM, "ha": "center", "va": "center"}
        ax.text(0.5, 0.5, f"no matrix: {short}", transform=ax.transAxes, **style)
        return sheet.figure
    counts = confusion_counts(run, model, split)
    spoken = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, spoken, out=np.zeros(counts.shape), where=spoken > 0)
    colours = tints(split)
    ax.imshow(shares, cmap=colours, vmin=0, vmax=1, interpolation="none", aspect="auto")
    _cells(ax, shares, counts, colours, small=cell < 0.4)
    _recalls(ax, shares, spoken[:, 0])
    return sheet.figure


def _axes(ax: Axes, labels: list[str], room: float) -> None:
    """Name rows and columns in the run's order of labels; plain texts, which draw faster than an axis."""
    ax.set_axis_off()
    ax.set_xlim(-0.5, len(labels) - 0.5)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    for place, label in enumerate(labels):
        ax.text(-0.62, place, shorten(label, room, 8.5), size=8.5, ha="right", va="center_baseline")
        style: dict[str, Any] = {"size": 8.5, "rotation": _TURN, "ha": "right", "rotation_mode": "anchor"}
        ax.text(place + 0.1, len(labels) - 0.25, shorten(label, 1.0, 8.5), **style)


def _cells(ax: Axes, shares: np.ndarray, counts: np.ndarray, colours: Colormap, *, small: bool) -> None:
    """Write each cell's percentage and, where there is room, its clips below; nothing where nothing was."""
    for row, column in np.argwhere(counts):
        share = shares[row, column]
        style: dict[str, Any] = {"ha": "center", "color": ink_on(colours, share)}
        shown = f"{100 * share:.0f}" if share >= 0.005 else "<1"
        weight = "bold" if row == column else "normal"
        if small:
            ax.text(column, row, shown, size=7, va="center", weight=weight, **style)
            continue
        ax.text(column, row + 0.04, shown, size=8.5, va="bottom", weight=weight, **style)
        ax.text(column, row + 0.12, f"{counts[row, column]:,}", size=6.2, va="top", **style)


def _recalls(ax: Axes, shares: np.ndarray, spoken: np.ndarray) -> None:
    """Write recall and clips of each class right of its row."""
    for row, (share, clips) in enumerate(zip(np.diag(shares), spoken, strict=True)):
        recall = f"{100 * share:.1f} %" if clips else "n/a"
        write_beside(ax, recall, row, 42, size=8.5, weight="bold", ha="right")
        write_beside(ax, f"{clips:,}", row, 70, size=7.5, color=FAINT, ha="right")
    head_beside(ax, "recall", 42, ha="right")
    head_beside(ax, "clips", 70, ha="right")


def _alt_text(run: SavedRun, model: str, split: str) -> str:
    if note := missing_folds(run)[model, split]:
        return f"No matrix: {note}."
    counts = confusion_counts(run, model, split)
    recalls = zip(run.labels, np.diag(counts), counts.sum(axis=1), strict=True)
    listed = ", ".join(f"{label} {percent(hits / clips)} %" for label, hits, clips in recalls if clips)
    return f"Clips by true class (rows) and predicted class (columns). Recall: {listed}."


CHART = Chart(
    name="confusion",
    title="Confusion matrix",
    section=None,  # the page shows the matrices as tables
    order=110,
    draw=_draw,
    alt_text=_alt_text,
    variants=lambda run: [(model, split) for model in run.info.models for split in run.info.splits],
)
