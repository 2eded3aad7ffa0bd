"""The critical-difference diagram: mean ranks over speakers, and bars over models that cannot be told apart."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.comparisons import Comparison, comparison, incomplete_models
from ser_bench.report.analysis.scores import BASELINES, ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.style import (
    ALARM,
    FAINT,
    INK,
    WIDTH,
    new_sheet,
    shorten,
    split_colour,
    text_width,
    wrap,
)
from ser_bench.report.findings import verdict
from ser_bench.report.formatting import p_value
from ser_bench.runs.results import SavedRun

_LINE, _BAR, _ROW = 0.165, 0.14, 0.26
_METHOD = (
    "Wilcoxon's signed-rank test over speakers for every pair, Holm's correction, p = 0.05; a bar joins models that "
    "do not differ significantly (after Demšar, 2006; Benavoli et al., 2016)"
)


def _draw(run: SavedRun) -> Figure:
    """Draw each model's mean rank over speakers; 1 is the best, on the left."""
    split = ranking_split(run.info.splits)
    title = f"Which differences between models are significant: mean rank of UAR over speakers, {split} split"
    compared = comparison(run)
    room = WIDTH - 0.3
    friedman = "" if compared is None else f"Friedman's test: p {_equals(compared.friedman.p)} · "
    below = wrap(verdict(run), room, 9, bold=True), wrap(friedman + _METHOD, room, 8)
    missing = wrap(_left_out(run, split), room, 8)
    foot = 0.12 + 0.18 * len(below[0]) + _LINE * (len(below[1]) + len(missing))
    height = 0.0 if compared is None else _height(compared)
    sheet = new_sheet(run, title, body=foot + height + 0.1, splits=[split])
    if compared is not None:
        _diagram(sheet.axes(0.15, foot + 0.05, sheet.width - 0.3, height), compared, sheet.width - 0.3)
    y = foot - 0.05
    for lines, style in zip(
        (below[0], below[1], missing),
        ({"size": 9, "weight": "bold"}, {"size": 8, "color": FAINT}, {"size": 8, "color": ALARM}),
        strict=True,
    ):
        for line in lines:
            sheet.text(0.15, y, line, va="top", **style)
            y -= 0.18 if style["size"] == 9 else _LINE
    return sheet.figure


def _equals(p: float) -> str:
    said = p_value(p)
    return said if said.startswith("<") else f"= {said}"


def _left_out(run: SavedRun, split: str) -> str:
    missing = incomplete_models(run, split)
    return f"Not compared: {', '.join(missing)}" if missing else ""


def _height(compared: Comparison) -> float:
    return 0.45 + _BAR * len(compared.cliques) + _ROW * -(-len(compared.models) // 2) + 0.1


def _diagram(ax: Axes, compared: Comparison, width: float) -> None:
    """Draw the axis of ranks on top, bars below it, then the names, half of them on either side; in inches."""
    height, count = _height(compared), len(compared.models)
    ranks = text_width(f"  {count}.00", 9)
    names = min(max(text_width(model, 9) for model in compared.models) + 0.05, 2.0) + ranks
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    ax.set_axis_off()
    top = height - 0.35
    at = np.interp(compared.mean_ranks, [1, count], [names + 0.35, width - names - 0.35])
    ends = names + 0.35, width - names - 0.35
    ax.hlines(top, *ends, color=INK, linewidth=1)
    for rank in range(1, count + 1):
        x = np.interp(rank, [1, count], ends)
        ax.vlines(x, top, top + 0.06, color=INK, linewidth=1)
        ax.text(x, top + 0.09, str(rank), size=8, ha="center", color=FAINT)
    place = dict(zip(compared.models, at, strict=True))
    for index, clique in enumerate(compared.cliques):
        y = top - 0.12 - _BAR * index
        ax.hlines(y, place[clique[0]] - 0.05, place[clique[-1]] + 0.05, color=split_colour(compared.split), linewidth=4)
    first = top - 0.12 - _BAR * len(compared.cliques) - 0.12
    half = -(-count // 2)
    for index, (model, rank, x) in enumerate(zip(compared.models, compared.mean_ranks, at, strict=True)):
        left = index < half
        y = first - _ROW * (index if left else count - 1 - index)
        edge = names if left else width - names
        colour = FAINT if model in BASELINES else INK
        ax.plot([x, x, edge], [top, y, y], color=colour, linewidth=0.8, solid_joinstyle="miter", zorder=1)
        label = shorten(model, names - ranks, 9)
        text = f"{label}  {rank:.2f}" if left else f"{rank:.2f}  {label}"
        side = "right" if left else "left"
        ax.text(edge + (-0.05 if left else 0.05), y, text, size=9, ha=side, va="center_baseline", color=colour)


def _alt_text(run: SavedRun) -> str:
    compared = comparison(run)
    if compared is None:
        return verdict(run)
    ranks = zip(compared.models, compared.mean_ranks, strict=True)
    return f"{verdict(run)} Mean ranks over speakers: {', '.join(f'{model} {rank:.1f}' for model, rank in ranks)}."


CHART = Chart(
    name="significance",
    title="Which differences between models are significant",
    order=50,
    draw=_draw,
    alt_text=_alt_text,
)
