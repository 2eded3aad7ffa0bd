"""UAR against the level of each kind of condition, such as noise by its SNR: a panel per kind, a line per model."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.core.text import listed
from ser_bench.report.analysis.conditions.leaders import leading_models
from ser_bench.report.analysis.conditions.levels import LevelledKind, levelled_kinds
from ser_bench.report.analysis.conditions.scores import condition_matrix
from ser_bench.report.analysis.conditions.tested import heard_families
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.scores import chance_levels
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import text_beside
from ser_bench.report.charts.style import FAINT, INK, RULE, WIDTH, Sheet, new_sheet
from ser_bench.report.charts.text import names_width, shorten, text_width
from ser_bench.report.descriptions import HEARD_MARK, HEARD_NOTE, model_title, model_titles
from ser_bench.report.findings.titles import levels_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_COLUMNS, _HEIGHT, _MAX_WIDTH, _LEFT, _GAP, _HEAD, _BELOW = 3, 1.35, 3.0, 0.55, 0.3, 0.62, 0.62
_LINE = 0.13
"""Height of a name right of its line in inches."""

_LOOKS: tuple[dict[str, Any], ...] = (
    {"color": "#0072b2", "marker": "o", "linestyle": "solid"},
    {"color": "#b35900", "marker": "s", "linestyle": (0, (5, 2))},
    {"color": "#00755a", "marker": "D", "linestyle": (0, (1, 1.2))},
)
"""Colours, shapes and dashes of the named models, so that colour alone identifies none."""


def _draw(run: SavedRun) -> Figure:
    """Draw UAR on clean clips and at each level, the hardest at the right, under the split that ranks the models."""
    split, kinds, leaders = ranking_split(run.info.splits), levelled_kinds(run), leading_models(run, len(_LOOKS))
    table = 100 * condition_matrix(run, split).reindex(ranked_models(run))
    margin = names_width([f"{title} {HEARD_MARK}" for title in model_titles(run, leaders)], 8, 1.1)
    columns = min(_COLUMNS, len(kinds))
    rows = math.ceil(len(kinds) / columns)
    width = min((WIDTH - _LEFT - columns * margin - (columns - 1) * _GAP - 0.05) / columns, _MAX_WIDTH)
    body = _BELOW + rows * (_HEIGHT + _HEAD) - 0.3
    shown = f"UAR (%) against the level of each condition, {split} split; harder conditions at the right"
    sheet = new_sheet(run, levels_title(run), shown=shown, body=body, splits=[split], models=list(table.index))
    chance = 100 * chance_levels(run)["uar"]
    limits = _limits(table, kinds, chance)
    for index, kind in enumerate(kinds):
        row, column = divmod(index, columns)
        bottom = _BELOW + (rows - 1 - row) * (_HEIGHT + _HEAD)
        ax = sheet.axes(_LEFT + column * (width + margin + _GAP), bottom, width, _HEIGHT)
        _scale(ax, kind, limits, width, first=column == 0)
        ax.axhline(chance, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        _draw_lines(ax, table[list(kind.places)], leaders)
        _name_lines(ax, run, kind, table[kind.places[-1]].reindex(leaders), margin)
    _draw_key(sheet, run, kinds, leaders)
    return sheet.figure


def _limits(table: pd.DataFrame, kinds: Sequence[LevelledKind], chance: float) -> tuple[int, int]:
    """Return the ends of the scale that all panels share."""
    shown = table[[position for kind in kinds for position in kind.places]].to_numpy("float64").ravel()
    known = [chance, *(value for value in shown if not math.isnan(value))]
    return 10 * math.floor(min(known) / 10), max(10 * math.ceil(max(known) / 10), 20)


def _scale(ax: Axes, kind: LevelledKind, limits: tuple[int, int], width: float, *, first: bool) -> None:
    """Scale a panel: equal steps from clean to the hardest level."""
    ax.set_xlim(-0.25, len(kind.levels) + 0.25)
    ax.set_ylim(*limits)
    step = max(1, math.ceil(0.32 * (len(kind.levels) + 1) / width))
    places = [0, *range(len(kind.levels), 0, -step)]
    ax.set_xticks(places, [kind.ticks[position] for position in places], size=8)
    ax.tick_params(labelleft=first, length=0, labelsize=8)
    ax.set_yticks(range(20 * math.ceil(limits[0] / 20), int(limits[1]) + 1, 20))
    ax.grid(axis="y")
    title = f"{kind.name}: {kind.unit}" if kind.unit else kind.name
    ax.set_title(shorten(title, width + 0.6, 9.6), loc="left", size=9, weight="bold", pad=5)


def _draw_lines(ax: Axes, table: pd.DataFrame, leaders: Sequence[str]) -> None:
    """Draw a line per model: the leaders with looks of their own, the others in grey."""
    places = list(range(table.shape[1]))
    others = table.drop(index=list(leaders)).assign(gap=math.nan)  # one path of several lines keeps the SVG small
    ax.plot([*places, math.nan] * len(others), others.to_numpy().ravel(), color=RULE, linewidth=0.9)
    for look, model in reversed(list(zip(_LOOKS, leaders, strict=False))):
        ax.plot(places, table.loc[model], linewidth=1.8, markersize=4, **look)


def _name_lines(ax: Axes, run: SavedRun, kind: LevelledKind, ends: pd.Series, margin: float) -> None:
    """Name the leaders right of the ends of their lines, moved apart; a dot marks a family heard in training."""
    known = ends.dropna()
    low, high = ax.get_ylim()
    heights = _apart([float(end) for end in known], _LINE * (high - low) / _HEIGHT, low, high)
    for (model, _), height in zip(known.items(), heights, strict=True):
        look = _LOOKS[list(ends.index).index(model)]
        heard = f" {HEARD_MARK}" if kind.family in heard_families(run, str(model)) else ""
        name = shorten(model_title(run, str(model)), margin - 0.08 - text_width(heard, 8), 8) + heard
        text_beside(ax, name, height, 3, size=8, color=look["color"])


def _apart(values: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Return heights as close to the values as possible, at least a distance apart, and inside the limits."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    heights = list(values)
    for _ in range(50):
        for lower, upper in itertools.pairwise(order):
            if (missing := distance - (heights[upper] - heights[lower])) > 1e-6:
                heights[lower] -= missing / 2
                heights[upper] += missing / 2
        heights = [min(max(height, low), high) for height in heights]
    return heights


def _draw_key(sheet: Sheet, run: SavedRun, kinds: Sequence[LevelledKind], leaders: Sequence[str]) -> None:
    """Explain grey lines and dots below the panels."""
    parts = ["Levels are drawn at equal distances.", f"Dashed: chance ({percent(chance_levels(run)['uar'])} %)."]
    if len(ranked_models(run)) > len(leaders):
        parts.append("Grey: the other models.")
    if any(kind.family in heard_families(run, model) for model in leaders for kind in kinds):
        parts.append(f"{HEARD_NOTE}.")
    sheet.text(0.15, 0.1, " ".join(parts), size=8, color=FAINT)


def _alt_text(run: SavedRun) -> str:
    split, leaders = ranking_split(run.info.splits), leading_models(run, len(_LOOKS))
    table = condition_matrix(run, split).loc[leaders[0]]
    ends = [
        f"{kind.name} {percent(table[kind.conditions[0]])} to {percent(table[kind.conditions[-1]])} %"
        for kind in levelled_kinds(run)
    ]
    return (
        f"UAR against the level of each condition, a panel per kind. {model_title(run, leaders[0])}, which has "
        f"{percent(table.iloc[0])} % on clean clips, from the mildest to the hardest level: {listed(ends)}."
    )


CHART = Chart(
    name="conditions_levels",
    title="UAR against the level of conditions",
    section=None,  # the page draws its own pictures
    order=77,
    draw=_draw,
    finding=levels_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(levelled_kinds(run) and leading_models(run, len(_LOOKS))),
)
