"""Grouped bars for the charts of accuracy and UAR: a group per model, a bar per split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.scores import BASELINES, chance_levels, missing_folds, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.parts import LEGEND_ROW, WHITE_GROUND, draw_chance, draw_legend, legend_rows, model_axis
from ser_bench.report.charts.style import ALARM, FAINT, INK, WIDTH, names_width, new_sheet, split_colour
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_CHANCE = {"accuracy": "always the commonest label", "uar": "chance"}


def grouped_bars(run: SavedRun, measure: str, title: str) -> Figure:
    """Draw ``accuracy`` or ``uar`` per model and split, with intervals, the chance level and published results."""
    table, splits, beside = summarise(run), list(run.info.splits), published_scores(run)
    thick = 0.24 if len(splits) == 1 else 0.165
    group = thick * len(splits) + 0.13
    names = list(table["model"])
    left = names_width([*names, *beside["system"]], 9) + 0.1
    legend = legend_rows(splits, WIDTH - left)
    rows = np.arange(len(names), dtype=float)
    quoted = len(names) - 0.5 + 0.3 / group * (0.9 + np.arange(len(beside)))
    bottom = (quoted[-1] + 0.2 / group if len(beside) else len(names) - 0.5) + 0.0
    height = group * (bottom + 0.5)
    sheet = new_sheet(run, title, body=height + 0.5 + 0.22 + LEGEND_ROW * len(legend))
    ax = sheet.axes(left, 0.5, sheet.width - left - 0.2, height)
    _bars(ax, run, table, measure, thick / group)
    _quote(ax, beside, measure, quoted, thick / group)
    level = chance_levels(run)[measure]
    draw_chance(ax, 100 * level, f"{_CHANCE[measure]} {percent(level)} %")
    model_axis(ax, names, left - 0.2)
    ax.set_yticks([*rows, *quoted], [t.get_text() for t in ax.get_yticklabels()] + list(beside["system"]))
    for label, quiet in zip(ax.get_yticklabels(), [n in BASELINES for n in names] + [True] * len(beside), strict=True):
        label.set_color(FAINT if quiet else INK)
    ax.set_ylim(bottom, -0.5)
    ax.set_xlabel({"accuracy": "accuracy (%)", "uar": "UAR (%)"}[measure] + ", with 95 % intervals over speakers")
    ax.grid(axis="x")
    draw_legend(sheet, legend, left, 0.5 + height + 0.22)
    return sheet.figure


def bars_in_words(run: SavedRun, measure: str, name: str) -> str:
    """Return the text alternative of :func:`grouped_bars`: scores of the ranking split, the top three of others."""
    table, ranking = summarise(run).set_index("model"), ranking_split(run.info.splits)
    parts = []
    for split in sorted(run.info.splits, key=lambda split: split != ranking):
        scores = table[f"{split}_{measure}"].dropna().sort_values(ascending=False, kind="stable")
        shown = scores if split == ranking else scores.head(3)
        listed = ", ".join(f"{model} {percent(score)} %" for model, score in shown.items())
        parts.append(f"{split} split: {listed or 'no model finished'}")
    return f"Bars of {name} per model and split, with intervals. {'; '.join(parts)}."


def _bars(ax: Axes, run: SavedRun, table: pd.DataFrame, measure: str, thick: float) -> None:
    """Draw a bar with its interval and value per model and split, or the reason where there is none."""
    splits, notes = list(run.info.splits), missing_folds(run)
    level = 100 * chance_levels(run)[measure]
    values, lows, highs = (
        100 * table[[f"{split}_{measure}{end}" for split in splits]].to_numpy() for end in ("", "_low", "_high")
    )
    inches = ax.bbox.width / ax.figure.dpi
    digits = 0.5 / (inches - 0.5)
    limit = max(level * 1.3, float(np.nanmax(highs, initial=0)), float(np.nanmax(values, initial=0))) * (1 + digits)
    ax.set_xlim(0, limit)
    for index, split in enumerate(splits):
        places = np.arange(len(table)) + (index - (len(splits) - 1) / 2) * thick
        ax.barh(places, values[:, index], height=thick * 0.9, color=split_colour(split), linewidth=0)
        ax.hlines(places, lows[:, index], highs[:, index], color=INK, linewidth=0.9)
        for place, value, high, model in zip(places, values[:, index], highs[:, index], table["model"], strict=True):
            if notes[model, split]:
                _write(ax, 0.004 * limit, place, f"n/a: {split} {notes[model, split]}", color=ALARM)
            else:
                # Digits that the dashed line would cross stand behind it.
                end = value if np.isnan(high) else high
                start = level if end < level < end + digits * limit else end
                _write(ax, start + 0.006 * limit, place, f"{value:.1f}")


def _quote(ax: Axes, beside: pd.DataFrame, measure: str, places: np.ndarray, thick: float) -> None:
    """Draw published figures of the same protocol as hollow bars below the models, each with a dotted line up."""
    if beside.empty:
        return
    left, right = ax.get_xlim()
    values = 100 * beside[measure].to_numpy()
    ax.set_xlim(left, max(right, 1.09 * values.max()))
    for place, value, split in zip(places, values, beside["split"], strict=True):
        colour = split_colour(split)
        ax.barh([place], [value], height=thick * 0.9, color="white", edgecolor=colour, linewidth=1.2)
        ax.vlines(value, -0.5, place, color=colour, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0.5)
        _write(ax, value + 0.006 * right, place, f"{value:.1f}")
    sources = ", ".join(dict.fromkeys(beside["source"]))
    ax.annotate(
        f"published, {' and '.join(beside['split'].unique())} split: {sources}",
        (0, places[0] - 0.62 * (places[1] - places[0] if len(places) > 1 else 1)),
        xytext=(3, 0),
        textcoords="offset points",
        size=7.8,
        color=FAINT,
        va="center_baseline",
        bbox=WHITE_GROUND,
    )


def _write(ax: Axes, x: float, y: float, text: str, *, color: str = INK) -> None:
    ax.text(x, y, text, size=7.8, va="center_baseline", color=color, bbox=WHITE_GROUND)
