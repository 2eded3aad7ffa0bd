"""Comparison of several runs, not part of a report: a group of bars per model, a bar per run."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.compared_runs import ComparedRuns, compared_scores
from ser_bench.report.charts.parts import TEXT_BOX, model_axis
from ser_bench.report.charts.style import INK, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import names_width, shorten
from ser_bench.report.compare import compared_titles, protocols, run_notes

_RUN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#6a3d9a")
"""A colour per run in the given order, after Okabe and Ito; further runs repeat the colours with a hatch."""

_BAR, _LEGEND_ROW = 0.165, 0.2


@styled
def draw_comparison(runs: ComparedRuns) -> Figure:
    """Draw UAR per model and run, with intervals.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    Figure
    """
    table = compared_scores(runs)
    models = list(dict.fromkeys(table["model"]))
    count = len(runs.labels)
    group = _BAR * count + 0.13
    titles = compared_titles(runs, models)
    left, height = names_width(titles, 9) + 0.1, group * len(models)
    sheet = titled_sheet(
        f"UAR under the {runs.split} split, run by run",
        protocols(runs),
        run_notes(runs),
        body=height + 0.7 + _LEGEND_ROW * count,
        synthetic=runs.synthetic,
    )
    ax = sheet.axes(left, 0.5, WIDTH - left - 0.2, height)
    scores = table.set_index(["model", "run"])[["uar", "uar_low", "uar_high"]]
    limit = 100 * float(np.nanmax(table[["uar", "uar_high"]].to_numpy(), initial=0.1)) * 1.08
    ax.set_xlim(0, limit)
    for index, label in enumerate(runs.labels):
        rows = np.arange(len(models)) + (index - (count - 1) / 2) * _BAR / group
        values = 100 * scores.xs(label, level="run").reindex(models).to_numpy()
        _draw_bars(ax, rows, values, index, _BAR / group * 0.9)
    model_axis(ax, titles, left - 0.2)
    ax.set_xlabel("UAR (%), with 95 % intervals over speakers")
    ax.grid(axis="x")
    _draw_legend(sheet, runs, left, 0.5 + height + 0.1)
    return sheet.figure


def _draw_bars(ax: Axes, rows: np.ndarray, values: np.ndarray, index: int, bar: float) -> None:
    """Draw the bars of one run; ``values`` are UAR and its interval in percent, shape ``(models, 3)``."""
    ax.barh(rows, values[:, 0], height=bar, **_bar_style(index))
    ax.hlines(rows, values[:, 1], values[:, 2], color=INK, linewidth=0.9)
    for row, (value, _, high) in zip(rows, values, strict=True):
        if not np.isnan(value):
            end = value if np.isnan(high) else high
            style: dict[str, Any] = {"size": 7.8, "va": "center_baseline", "bbox": TEXT_BOX}
            ax.text(end + 0.006 * ax.get_xlim()[1], row, f"{value:.1f}", **style)


def _bar_style(index: int) -> dict[str, Any]:
    hatch = "" if index < len(_RUN_COLOURS) else "///"
    return {"color": _RUN_COLOURS[index % len(_RUN_COLOURS)], "hatch": hatch, "edgecolor": "white", "linewidth": 0}


def _draw_legend(sheet: Sheet, runs: ComparedRuns, left: float, bottom: float) -> None:
    ax = sheet.axes(left, bottom, sheet.width - left, _LEGEND_ROW * len(runs.labels))
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - left)
    ax.set_ylim(len(runs.labels), 0)
    for row, label in enumerate(runs.labels):
        ax.barh([row + 0.5], [0.2], left=[0], height=0.6, **_bar_style(row))
        ax.text(0.27, row + 0.5, shorten(label, sheet.width - left - 0.5, 8.5), size=8.5, va="center_baseline")
