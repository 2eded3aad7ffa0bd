"""Learning curves: loss and accuracy by epoch, on training clips and on clips held out for early stopping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ser_bench.core.text import number_range
from ser_bench.report.analysis.training import best_epochs, means_by_epoch
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.style import FAINT, INK, WIDTH, Sheet, new_sheet, split_colour
from ser_bench.report.charts.text import wrap
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import curves_title
from ser_bench.report.findings.training import training_ends
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_HEIGHT, _GAP, _LEFT, _BELOW, _NOTE = 1.9, 0.3, 0.65, 1.12, 0.165
_MAX_VECTOR_POINTS = 3000
"""From this many points on, the folds' thin lines are stored as pixels, which keeps the SVG small."""

_ENDINGS = {"patience": "patience ended training", "last epoch": "training took all epochs"}
"""Why training ended, for the legend."""

_DASHED, _DOTTED = (0, (4, 2)), (0, (1, 1.2))
_LINES = (("", FAINT, _DASHED), ("clean_", INK, _DOTTED), ("val_", None, "solid"))
"""Prefix of the columns, colour (None: the split's) and dashes of augmented and clean training clips and validation."""


def _draw(run: SavedRun, model: str) -> Figure:
    """Draw a model's loss and accuracy by epoch: a column per split, a thin line per fold, the mean bold."""
    table = run.curves[run.curves["model"] == model]
    splits = [split for split in run.info.splits if (table["split"] == split).any()]
    notes = [line for text in training_ends(run, model) for line in wrap(text, WIDTH - 0.3, 8)]
    foot = _NOTE * len(notes) + 0.1 * bool(notes)
    shown, body = f"{model_title(run, model)}: loss and accuracy by epoch", foot + _BELOW + 2 * _HEIGHT + _GAP + 0.3
    sheet = new_sheet(run, curves_title(run, model), shown=shown, body=body, splits=splits, models=[model])
    for row, note in enumerate(notes, start=1):
        sheet.text(0.15, 0.08 + _NOTE * (len(notes) - row), note, size=8, color=FAINT)
    width = (sheet.width - _LEFT - 0.2 - 0.25 * (len(splits) - 1)) / len(splits)
    best = best_epochs(run, table)
    for row, measure in enumerate(("accuracy", "loss")):
        bottom = foot + _BELOW + row * (_HEIGHT + _GAP)
        axes = [sheet.axes(_LEFT + i * (width + 0.25), bottom, width, _HEIGHT) for i in range(len(splits))]
        for ax, split in zip(axes, splits, strict=True):
            _draw_panel(ax, table[table["split"] == split], measure, split_colour(split))
            _mark_best_epochs(ax, best[best["split"] == split], measure, split_colour(split))
            if measure == "loss":
                ax.set_title(split, color=split_colour(split), weight="bold", size=9, pad=4)
                ax.tick_params(labelbottom=False)
            else:
                ax.set_xlabel("epoch")
        _share_scale(axes, measure)
    _draw_legend(sheet, foot)
    return sheet.figure


def _mark_best_epochs(ax: Axes, best: pd.DataFrame, measure: str, colour: str) -> None:
    """Draw a dot at the best epoch of each fold: full where patience ended its training, else hollow."""
    scale = 100 if measure == "accuracy" else 1
    for reason in _ENDINGS:
        rows = best[best["ended"] == reason]
        _draw_dots(ax, rows["epoch"], scale * rows[f"val_{measure}"], colour, reason)


def _draw_dots(ax: Axes, x: Sequence[float], y: Sequence[float], colour: str, reason: str) -> None:
    """Draw dots, full or hollow by why training ended."""
    fill, edge = (colour, "white") if reason == "patience" else ("white", colour)
    ax.scatter(x, y, s=22, linewidths=0.8, zorder=4, facecolor=fill, edgecolor=edge)


def _draw_panel(ax: Axes, table: pd.DataFrame, measure: str, colour: str) -> None:
    """Draw the folds of one split, and their mean while at least half of them still train."""
    scale = 100 if measure == "accuracy" else 1
    folds = [fold for _, fold in table.groupby(["repeat", "fold"])]
    opacity = max(0.1, min(0.4, 4 / len(folds)))
    for prefix, line_colour, dashes in _LINES:
        column = prefix + measure
        if column not in table:
            continue
        lines = [np.column_stack([fold["epoch"], scale * fold[column]]) for fold in folds]
        style: dict[str, Any] = {"colors": line_colour or colour, "linestyles": dashes}
        thin = LineCollection(lines, linewidths=0.7, alpha=opacity, **style)
        thin.set_rasterized(len(table) >= _MAX_VECTOR_POINTS)
        ax.add_collection(thin)
        mean = scale * means_by_epoch(table, column)["mean"]
        ax.plot(mean.index, mean, color=line_colour or colour, linewidth=2.2, linestyle=dashes)
    ax.set_xlim(0, float(table["epoch"].max()) + 1)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.grid()


def _share_scale(axes: list[Axes], measure: str) -> None:
    """Give the panels of a row one scale, and label only the first."""
    for ax in axes:
        ax.autoscale_view(scalex=False)
    low, high = min(ax.get_ylim()[0] for ax in axes), max(ax.get_ylim()[1] for ax in axes)
    for ax in axes:
        ax.set_ylim(max(0, low) if measure == "loss" else 0, min(high, 101) if measure == "accuracy" else high)
        ax.tick_params(labelleft=ax is axes[0])
    axes[0].set_ylabel("accuracy (%)" if measure == "accuracy" else "loss")


def _draw_legend(sheet: Sheet, bottom: float) -> None:
    """Explain the lines below the panels."""
    ax = sheet.axes(_LEFT, bottom + 0.1, sheet.width - _LEFT, 0.6)
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - _LEFT)
    ax.set_ylim(0, 3)
    entries: tuple[tuple[float, float, str, dict[str, Any]], ...] = (
        (0.0, 2.5, "training clips, augmented", {"color": FAINT, "linestyle": _DASHED, "linewidth": 2.2}),
        (3.9, 2.5, "training clips, clean", {"color": INK, "linestyle": _DOTTED, "linewidth": 2.2}),
        (0.0, 1.5, "validation: clips held out of training", {"color": INK, "linewidth": 2.2}),
        (3.9, 1.5, "thin: a fold; bold: mean while half still train", {"color": INK, "linewidth": 0.7}),
    )
    for x, y, text, style in entries:
        ax.plot([x, x + 0.3], [y, y], **style)
        ax.text(x + 0.37, y, text, size=8, va="center_baseline")
    for x, reason in ((0.0, "patience"), (3.9, "last epoch")):
        _draw_dots(ax, [x + 0.15], [0.5], INK, reason)
        ax.text(x + 0.37, 0.5, f"best epoch; {_ENDINGS[reason]}", size=8, va="center_baseline")


def _alt_text(run: SavedRun, model: str) -> str:
    table = run.curves[run.curves["model"] == model]
    folds = table.groupby(["split", "repeat", "fold"])
    epochs, best = folds["epoch"].max(), folds["val_accuracy"].max().groupby("split").mean()
    trained = number_range(epochs.min(), epochs.max())
    listed = ", ".join(f"{split} {percent(best[split])} %" for split in run.info.splits if split in best.index)
    return (
        f"Loss and accuracy by epoch, means over the clips. Folds trained {trained} epochs; "
        f"their best validation accuracy is on average {listed}. {' '.join(training_ends(run, model))}"
    ).rstrip()


def _networks(run: SavedRun) -> list[tuple[str, ...]]:
    """Return the models that train by epochs."""
    trained = set(run.curves["model"])
    return [(model,) for model in run.info.models if model in trained]


CHART = Chart(
    name="curves",
    title="Learning curves",
    order=120,
    section=None,
    draw=_draw,
    finding=curves_title,
    alt_text=_alt_text,
    variants=_networks,
)
