"""Runs side by side: a group per model, a bar per run."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.charts.parts import WHITE_GROUND, model_axis
from ser_bench.report.charts.style import INK, WIDTH, Sheet, names_width, shorten, styled, titled_sheet
from ser_bench.report.compare import ComparedRuns, compared_scores, notes
from ser_bench.report.formatting import normalisation_note

RUN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#6a3d9a")
"""A colour per run in the order they are named, after Okabe and Ito; more runs start over, hatched."""


@styled
def across(runs: ComparedRuns) -> Figure:
    """Draw UAR per model and run, with intervals."""
    table = compared_scores(runs)
    models = list(dict.fromkeys(table["model"]))
    thick = 0.165
    group = thick * len(runs.labels) + 0.13
    left = names_width(models, 9) + 0.1
    height, legend = group * len(models), 0.2 * len(runs.labels)
    alarms = [f"{k}: {said}" for k, r in zip(runs.labels, runs.runs, strict=True) if (said := normalisation_note(r))]
    sheet = titled_sheet(
        f"UAR under the {runs.split} split, run beside run",
        notes(runs)[: len(runs.labels)],
        alarms,
        body=height + 0.7 + legend,
        synthetic=runs.synthetic,
    )
    ax = sheet.axes(left, 0.5, WIDTH - left - 0.2, height)
    values = table.set_index(["model", "run"])
    limit = 100 * float(np.nanmax(table[["uar", "uar_high"]].to_numpy(), initial=0.1)) * 1.08
    ax.set_xlim(0, limit)
    for index, label in enumerate(runs.labels):
        places = np.arange(len(models)) + (index - (len(runs.labels) - 1) / 2) * thick / group
        rows = 100 * values.xs(label, level="run").reindex(models)[["uar", "uar_low", "uar_high"]].to_numpy()
        _bars(ax, places, rows, index, thick / group * 0.9, limit)
    model_axis(ax, models, left - 0.2)
    ax.set_xlabel("UAR (%), with 95 % intervals over speakers")
    ax.grid(axis="x")
    _legend(sheet, runs, left, 0.5 + height + 0.1)
    return sheet.figure


def _bars(ax: Axes, places: np.ndarray, rows: np.ndarray, index: int, thick: float, limit: float) -> None:
    ax.barh(places, rows[:, 0], height=thick, **_look(index))
    ax.hlines(places, rows[:, 1], rows[:, 2], color=INK, linewidth=0.9)
    for place, (value, _, high) in zip(places, rows, strict=True):
        if not np.isnan(value):
            end = value if np.isnan(high) else high
            style: dict[str, Any] = {"size": 7.8, "va": "center_baseline", "bbox": WHITE_GROUND}
            ax.text(end + 0.006 * limit, place, f"{value:.1f}", **style)


def _look(index: int) -> dict[str, Any]:
    hatch = "" if index < len(RUN_COLOURS) else "///"
    return {"color": RUN_COLOURS[index % len(RUN_COLOURS)], "hatch": hatch, "edgecolor": "white", "linewidth": 0}


def _legend(sheet: Sheet, runs: ComparedRuns, left: float, bottom: float) -> None:
    ax = sheet.axes(left, bottom, sheet.width - left, 0.2 * len(runs.labels))
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - left)
    ax.set_ylim(len(runs.labels), 0)
    for row, label in enumerate(runs.labels):
        ax.barh([row + 0.5], [0.2], left=[0], height=0.6, **_look(row))
        ax.text(0.27, row + 0.5, shorten(label, sheet.width - left - 0.5, 8.5), size=8.5, va="center_baseline")
