"""Comparison of several runs, not part of a report: their differences in UAR, or their UARs where none is paired."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.compared_runs import (
    ComparedRuns,
    compared_scores,
    differences,
    own_settings,
    unpaired_runs,
)
from ser_bench.report.charts.keys import KEY_ROW, Key, draw_keys
from ser_bench.report.charts.parts import heading_beside, model_axis, text_beside
from ser_bench.report.charts.style import FAINT, INK, RULE, WARNING, WIDTH, styled, titled_sheet
from ser_bench.report.charts.text import names_width
from ser_bench.report.compare import compared_titles, comparison_title, protocols, run_notes
from ser_bench.report.formatting import p_statement, percent, percent_interval, points, points_interval
from ser_bench.statistics import ALPHA

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#6a3d9a")
"""A colour per run in the given order, after Okabe and Ito."""

_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""A marker per run; together with the colours, 56 runs look different."""

_LANE, _GAP, _BELOW, _ABOVE = 0.19, 0.13, 0.62, 0.25
_SCORES, _DIFFERENCES = 1.75, 2.2
"""Widths in inches of the columns of UARs and of differences."""

_BEFORE = 0.3
"""Space in inches between the UARs and the axes, for the mark of the run."""


@dataclass(frozen=True, eq=False)
class _Lanes:
    """The rows of the chart: a lane per model and run; ``table`` has the index (model, run)."""

    runs: ComparedRuns
    models: list[str]
    table: pd.DataFrame
    paired: bool

    @property
    def height(self) -> float:
        """Height of a model's lanes in inches."""
        return _LANE * len(self.runs.labels) + _GAP

    def y(self, row: int, index: int) -> float:
        """Return the position of a run's lane; the lanes of a model are 1 high with their gap."""
        return row + (index - (len(self.runs.labels) - 1) / 2) * _LANE / self.height


def _lanes(runs: ComparedRuns) -> _Lanes:
    scores, changes = compared_scores(runs), differences(runs)
    models = list(dict.fromkeys(scores["model"]))
    table = scores.merge(changes, on=["model", "run"], how="left").set_index(["model", "run"])
    lanes = pd.MultiIndex.from_product([models, runs.labels])
    return _Lanes(runs, models, table.reindex(lanes), not changes.empty)


@styled
def draw_comparison(runs: ComparedRuns) -> Figure:
    """Draw the difference in UAR to the first run per model and further run, with intervals.

    Parameters
    ----------
    runs : ComparedRuns

    Returns
    -------
    Figure
        Runs that test other clips have no differences; if that is every run, the chart shows UARs with intervals.
    """
    lanes = _lanes(runs)
    titles = compared_titles(runs, lanes.models)
    left, height = names_width(titles, 9) + 0.1, lanes.height * len(lanes.models)
    unpaired = [f"{label} is not paired with {runs.labels[0]}: {why}" for label, why in unpaired_runs(runs).items()]
    keys = _keys(lanes)
    sheet = titled_sheet(
        comparison_title(runs),
        [*[f"UAR under the {runs.split} split"] * lanes.paired, *protocols(runs), *unpaired],
        run_notes(runs),
        body=_BELOW + height + _ABOVE + KEY_ROW * len(keys),
        synthetic=runs.synthetic,
    )
    right = 0.15 + (_DIFFERENCES if lanes.paired else 0)
    ax = sheet.axes(left + _SCORES, _BELOW, WIDTH - left - _SCORES - right, height)
    ax.set_xlim(*_limits(lanes))
    model_axis(ax, titles, left - 0.2)
    ax.tick_params(axis="y", pad=3.5 + 72 * _SCORES)
    for row, model in enumerate(lanes.models):
        for index, label in enumerate(runs.labels):
            _draw_lane(ax, lanes, lanes.table.loc[(model, label)], row, index)
    _label_axis(ax, lanes)
    draw_keys(sheet, keys, 0.15, _BELOW + height + _ABOVE)
    return sheet.figure


def _limits(lanes: _Lanes) -> tuple[float, float]:
    """Return the ends of the axis: of differences around 0, or of UARs."""
    names = ["difference", "low", "high"] if lanes.paired else ["uar", "uar_low", "uar_high"]
    values = 100 * lanes.table[names].to_numpy("float64")
    values = values[np.isfinite(values)]
    if not lanes.paired:
        return (0.0, 100.0) if not len(values) else (max(0.0, float(values.min()) - 3), float(values.max()) + 3)
    most = max(1.0, float(np.abs(values).max(initial=0)))
    return min(float(values.min()), -0.15 * most) - 0.08 * most, max(float(values.max()), 0.15 * most) + 0.08 * most


def _draw_lane(ax: Axes, lanes: _Lanes, values: pd.Series, row: int, index: int) -> None:
    """Write the UAR of a model in a run, and draw its difference to the first run, or its UAR."""
    y = lanes.y(row, index)
    score = f"{percent(values['uar'])} {percent_interval(values['uar_low'], values['uar_high'])}".rstrip()
    style = {"size": 8, "color": WARNING if math.isnan(values["uar"]) else INK}
    width = ax.bbox.width / ax.figure.dpi
    text_beside(ax, score, y, -72 * (width + _BEFORE), ha="right", **style)
    look = _mark(lanes, index)
    position: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "clip_on": False, "linestyle": "none"}
    ax.plot([-_BEFORE / 2 / width], [y], **position, **{**look, "markersize": 0.75 * look["markersize"]})
    drawn = values[["difference", "low", "high"] if lanes.paired else ["uar", "uar_low", "uar_high"]]
    value, low, high = (100 * float(number) for number in drawn)
    if math.isnan(value):
        return
    filled = bool(not lanes.paired or values["p"] <= ALPHA)
    ax.plot([low, high], [y, y], color=_COLOURS[index % len(_COLOURS)], linewidth=1.6, solid_capstyle="butt")
    ax.plot([value], [y], linestyle="none", **_mark(lanes, index, filled=filled))
    if lanes.paired:
        text = f"{points_interval(values['low'], values['high'])}  {p_statement(values['p'])}".strip()
        text_beside(ax, points(values["difference"]), y, 40, size=8, ha="right", weight="bold" if filled else "normal")
        text_beside(ax, text, y, 46, size=7.6, color=FAINT)


def _mark(lanes: _Lanes, index: int, *, filled: bool = True) -> dict[str, Any]:
    """Return the look of a run's marks: a stroke for the run that the others are compared with."""
    if lanes.paired and index == 0:
        return {"marker": "|", "markersize": 11, "color": INK}
    colour, shape = _COLOURS[index % len(_COLOURS)], _MARKERS[index % len(_MARKERS)]
    face = colour if filled else "white"
    return {"marker": shape, "markersize": 6, "markeredgecolor": colour, "markerfacecolor": face, "zorder": 3}


def _label_axis(ax: Axes, lanes: _Lanes) -> None:
    """Write what the axis and the columns are, and separate the models."""
    heading_beside(ax, "UAR (%)", -72 * (ax.bbox.width / ax.figure.dpi + _BEFORE), ha="right")
    ax.hlines(np.arange(1, len(lanes.models)) - 0.5, *ax.get_xlim(), color=RULE, linewidth=0.7)
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    known = lanes.table["low" if lanes.paired else "uar_low"].notna().any()
    intervals = ", with 95 % intervals over speakers" if known else ""
    if not lanes.paired:
        ax.set_xlabel(f"UAR (%){intervals}")
        return
    ax.axvline(0, color=INK, linewidth=1)
    ax.set_xlabel(f"difference in UAR to {lanes.runs.labels[0]} in points{intervals}")
    heading_beside(ax, "difference in points", 12, ha="left")


def _keys(lanes: _Lanes) -> list[list[Key]]:
    """Return a row per run, its mark, its label and what it has of its own, and a row on significance."""
    settings, rows = own_settings(lanes.runs), []
    for index, label in enumerate(lanes.runs.labels):
        text = ": ".join(filter(None, [label, settings[label]]))
        text += " (the others are compared with it)" if lanes.paired and index == 0 else ""
        rows.append([Key(text, partial(_sample, [_mark(lanes, index)]), 0.16)])
    if lanes.paired:
        marks = [_mark(lanes, 1, filled=False), _mark(lanes, 1)]
        text = f"hollow: not significant; filled: p ≤ {ALPHA} (Wilcoxon's test over speakers, Holm's correction)"
        rows.append([Key(text, partial(_sample, marks), 0.34)])
    return rows


def _sample(looks: list[dict[str, Any]], ax: Axes, x: float, y: float) -> None:
    """Draw marks in the legend."""
    for index, look in enumerate(looks):
        ax.plot([x + 0.08 + 0.17 * index], [y], linestyle="none", **look)
