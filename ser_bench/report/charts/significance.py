"""Which differences between models are significant: critical-difference diagram of mean ranks over speakers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.comparisons import Comparison, comparison
from ser_bench.report.analysis.exposure import heard_models
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.style import FAINT, INK, WARNING, WIDTH, new_sheet, split_colour
from ser_bench.report.charts.text import shorten, text_width, wrap
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.titles import significance_title
from ser_bench.report.findings.verdict import verdict
from ser_bench.report.formatting import p_statement
from ser_bench.runs.results import SavedRun

_LINE, _BAR, _ROW, _AXIS = 0.165, 0.14, 0.26, 0.35
_MAX_NAME_WIDTH = 2.0
_TESTS = (
    "Wilcoxon's signed-rank test over speakers for every pair, Holm's correction, p = 0.05; a bar joins models whose "
    "differences are not significant, which does not mean equal (after Demšar, 2006; Benavoli et al., 2016) · "
    "baselines are left out"
)


def _draw(run: SavedRun) -> Figure:
    """Draw each model's mean rank over speakers; 1 is the best, on the left."""
    split = ranking_split(run.info.splits)
    shown = f"Which differences between models are significant: mean rank of UAR over speakers, {split} split"
    compared = comparison(run)
    width = WIDTH - 0.3
    paragraphs: tuple[tuple[list[str], float, dict[str, Any]], ...] = (
        (wrap(verdict(run), width, 9, bold=True), 0.18, {"size": 9, "weight": "bold"}),
        (wrap(_friedman(compared) + _TESTS, width, 8), _LINE, {"size": 8, "color": FAINT}),
        (wrap(_not_compared(run, split), width, 8), _LINE, {"size": 8, "color": WARNING}),
    )
    foot = 0.12 + sum(line_height * len(lines) for lines, line_height, _ in paragraphs)
    height = 0.0 if compared is None else _height(compared)
    sheet = new_sheet(run, significance_title(run), shown=shown, body=foot + height + 0.1, splits=[split])
    if compared is not None:
        titles = model_titles(run, compared.models)
        _draw_diagram(sheet.axes(0.15, foot + 0.05, width, height), compared, titles, width)
    y = foot - 0.05
    for lines, line_height, style in paragraphs:
        for line in lines:
            sheet.text(0.15, y, line, va="top", **style)
            y -= line_height
    return sheet.figure


def _friedman(compared: Comparison | None) -> str:
    if compared is None or compared.friedman is None:
        return ""
    return f"Friedman's test by permutation: {p_statement(compared.friedman.p)} · "


def _not_compared(run: SavedRun, split: str) -> str:
    notes, heard = missing_folds(run), heard_models(run, split)
    reasons = {m: notes[m, split] or ("no rank" if m in heard else "") for m in run.info.models}
    missing = [f"{model_title(run, model)} ({reason})" for model, reason in reasons.items() if reason]
    return f"Not compared: {', '.join(missing)}" if missing else ""


def _height(compared: Comparison) -> float:
    return _AXIS + 0.1 + _BAR * len(compared.cliques) + _ROW * -(-len(compared.models) // 2) + 0.1


def _draw_diagram(ax: Axes, compared: Comparison, titles: Sequence[str], width: float) -> None:
    """Draw in inches the axis of ranks, below it the bars, then the names, half of them on either side."""
    height, count = _height(compared), len(compared.models)
    rank_width = text_width(f"  {count}.00", 9)
    longest = max(text_width(title, 9) for title in titles)
    label_width = min(longest + 0.05, _MAX_NAME_WIDTH) + rank_width
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    ax.set_axis_off()
    top, ends = height - _AXIS, (label_width + 0.35, width - label_width - 0.35)
    _draw_axis(ax, count, top, ends)
    positions = np.interp(compared.mean_ranks, [1, count], ends)
    by_model = dict(zip(compared.models, positions, strict=True))
    for index, clique in enumerate(compared.cliques):
        y = top - 0.12 - _BAR * index
        first, last = by_model[clique[0]] - 0.05, by_model[clique[-1]] + 0.05
        ax.hlines(y, first, last, color=split_colour(compared.split), linewidth=4)
    first_row = top - 0.12 - _BAR * len(compared.cliques) - 0.12
    half = -(-count // 2)
    for index, (model, rank) in enumerate(zip(compared.models, compared.mean_ranks, strict=True)):
        left = index < half
        y = first_row - _ROW * (index if left else count - 1 - index)
        edge = label_width if left else width - label_width
        x = by_model[model]
        ax.plot([x, x, edge], [top, y, y], color=INK, linewidth=0.8, solid_joinstyle="miter", zorder=1)
        name = shorten(titles[index], label_width - rank_width, 9)
        text = f"{name}  {rank:.2f}" if left else f"{rank:.2f}  {name}"
        style: dict[str, Any] = {"ha": "right" if left else "left", "va": "center_baseline", "color": INK}
        ax.text(edge + (-0.05 if left else 0.05), y, text, size=9, **style)


def _draw_axis(ax: Axes, count: int, top: float, ends: tuple[float, float]) -> None:
    """Draw the axis of ranks from 1 to the number of models."""
    ax.hlines(top, *ends, color=INK, linewidth=1)
    for rank in range(1, count + 1):
        x = np.interp(rank, [1, count], ends)
        ax.vlines(x, top, top + 0.06, color=INK, linewidth=1)
        ax.text(x, top + 0.09, str(rank), size=8, ha="center", color=FAINT)


def _alt_text(run: SavedRun) -> str:
    compared = comparison(run)
    if compared is None:
        return verdict(run)
    ranks = zip(model_titles(run, compared.models), compared.mean_ranks, strict=True)
    listed = ", ".join(f"{model} {rank:.1f}" for model, rank in ranks)
    heard = ", ".join(model_titles(run, heard_models(run, compared.split)))
    without_rank = f" Not compared, since they take no rank: {heard}." if heard else ""
    return f"{verdict(run)} Mean ranks over speakers: {listed}.{without_rank}"


CHART = Chart(
    name="significance",
    title="Which differences between models are significant",
    order=50,
    section=None,
    draw=_draw,
    finding=significance_title,
    alt_text=_alt_text,
)
