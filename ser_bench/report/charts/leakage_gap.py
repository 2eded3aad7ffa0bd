"""The gap of each model: UAR under a random minus UAR under a speaker-independent split, and its parts."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.core.text import listed
from ser_bench.report.analysis.exposure import heard_last
from ser_bench.report.analysis.gaps import classes_left_out, gap_scores, gaps_of
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import GapSplits, gap_splits
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.keys import KEY_ROW, Key, draw_keys, key_rows, split_keys
from ser_bench.report.charts.parts import (
    TEXT_BOX,
    draw_chance_line,
    heading_beside,
    model_axis,
    number_beside,
    text_beside,
)
from ser_bench.report.charts.style import WARNING, new_sheet, split_colour
from ser_bench.report.charts.text import names_width
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.gaps import voice_title
from ser_bench.report.findings.titles import gap_title
from ser_bench.report.formatting import percent, points, points_interval
from ser_bench.runs.results import SavedRun

_ROW = 0.3
_COLUMN = 1.42
"""Width in inches of a gap with its interval."""

_FIRST = 48
"""Distance in points from the axes to the right end of the first gap."""

_PART_STYLE: dict[str, dict[str, Any]] = {
    "voice": {"color": "#5fa8d3", "linewidth": 8},
    "takes": {"color": "#e69f00", "linewidth": 3.5},
}
"""Colour and thickness of a part; the thickness also tells them apart, and shows both where they overlap."""


def _draw(run: SavedRun) -> Figure:
    """Draw the UARs of each model, joined by bars, and their differences in points."""
    pair = gap_splits(run)
    if pair is None:
        raise ValueError(f"no two splits have equal terms for a gap: {', '.join(run.info.splits)}")
    table = summarise(run).set_index("model", drop=False)
    table = table.assign(**gap_scores(run, pair).add_suffix("_uar"))
    models, splits = list(table["model"]), list(pair.names)
    titles = model_titles(run, models)
    left = names_width(titles, 9) + 0.1
    right = 0.55 + _COLUMN * (3 if pair.takes else 1)
    height = _ROW * len(table)
    shown = f"Gap of each model: UAR under {pair.random} minus UAR under {pair.independent}"
    if left_out := classes_left_out(run, pair):
        shown += f", without {listed(left_out)}"
    keys = [*key_rows(split_keys(splits), 8.9 - left), *([_part_keys(pair, voice_title(run))] if pair.takes else [])]
    sheet = new_sheet(run, gap_title(run), shown=shown, body=height + 0.75 + KEY_ROW * len(keys), splits=splits)
    ax = sheet.axes(left, 0.5, sheet.width - left - right, height)
    _draw_bars(ax, table, pair)
    _draw_scores(ax, table, splits)
    level = chance_levels(run)["uar"]
    draw_chance_line(ax, 100 * level, f"chance {percent(level)} %")
    model_axis(ax, titles, left - 0.2)
    ax.set_xlabel("UAR (%)")
    ax.grid(axis="x")
    _write_gaps(ax, run, models, pair)
    draw_keys(sheet, keys, left, 0.5 + height + 0.22)
    return sheet.figure


def _draw_bars(ax: Axes, table: pd.DataFrame, pair: GapSplits) -> None:
    """Draw a bar per model between the scores of two splits, or a bar per part of the gap."""
    uar = {split: 100 * table[f"{split}_uar"].to_numpy() for split in pair.names}
    rows = range(len(table))
    whole = np.isnan(uar[pair.takes]) if pair.takes else np.full(len(table), True)
    low, high = (np.where(whole, uar[split], np.nan) for split in (pair.independent, pair.random))
    ax.hlines(rows, low, high, color=split_colour(pair.random), linewidth=5, alpha=0.35)
    if pair.takes:
        ax.hlines(rows, uar[pair.independent], uar[pair.takes], **_PART_STYLE["voice"])
        ax.hlines(rows, uar[pair.takes], uar[pair.random], **_PART_STYLE["takes"])


def _draw_scores(ax: Axes, table: pd.DataFrame, splits: list[str]) -> None:
    """Draw a dot per model and split, and write the lowest and the highest score."""
    values = 100 * table[[f"{split}_uar" for split in splits]].to_numpy()
    for column, split in enumerate(splits):
        dot: dict[str, Any] = {"color": split_colour(split), "markersize": 7, "markeredgecolor": "white"}
        ax.plot(values[:, column], range(len(table)), "o", **dot)
    limit = max(40.0, float(np.nanmax(values, initial=0)) + 8)
    ax.set_xlim(0, limit)
    style: dict[str, Any] = {"va": "center_baseline", "size": 7.8, "bbox": TEXT_BOX}
    space = 0.085 * limit * ax.figure.dpi / ax.bbox.width
    for row, scores in enumerate(values):
        known = scores[~np.isnan(scores)]
        if not np.isnan(scores[0]):
            ax.text(known.min() - space, row, f"{known.min():.1f}", ha="right", **style)
        if len(known):
            ax.text(known.max() + space, row, f"{known.max():.1f}", ha="left", **style)


def _write_gaps(ax: Axes, run: SavedRun, models: list[str], pair: GapSplits) -> None:
    """Write the gap and its parts in columns right of the chart, or the missing folds."""
    notes, gaps = missing_folds(run), gaps_of(run, pair)
    heads = {"total": "gap, points"} | ({"takes": "repeated takes", "voice": "known voice"} if pair.takes else {})
    offsets = {part: _FIRST + 72 * _COLUMN * column for column, part in enumerate(heads)}
    for part, head in heads.items():
        heading_beside(ax, head, offsets[part] - 34, ha="left")
    for row, model in enumerate(models):
        missing = [f"{split} {notes[model, split]}" for split in pair.names if notes[model, split]]
        # Without a total, the parts are left to the tables, because the note needs their place.
        shown = ["total"] if missing else list(heads)
        for part in shown if not np.isnan(gaps.at[model, "total"]) else []:
            value, low, high = gaps.loc[model, [part, f"{part}_low", f"{part}_high"]]
            interval = points_interval(low, high)
            number_beside(ax, points(value), interval, row, offsets[part], bold=part == "total")
        if missing:
            style: dict[str, Any] = {"size": 7.5, "color": WARNING, "style": "italic", "bbox": TEXT_BOX}
            end = _FIRST + 72 * _COLUMN * len(heads) - 46
            text_beside(ax, f"n/a: {', '.join(missing)}", row, end, ha="right", **style)


def _part_keys(pair: GapSplits, voice: str) -> list[Key]:
    """Return the keys of the bars of both parts."""
    texts = {
        "voice": f"{voice}: {pair.takes} minus {pair.independent}",
        "takes": f"repeated takes: {pair.random} minus {pair.takes}",
    }
    return [Key(text, partial(_draw_part, part), 0.2) for part, text in texts.items()]


def _draw_part(part: str, ax: Axes, x: float, y: float) -> None:
    ax.hlines([y], [x], [x + 0.2], **_PART_STYLE[part])


def _alt_text(run: SavedRun) -> str:
    pair = gap_splits(run)
    gaps = gaps_of(run, pair).dropna(subset=["total"]) if pair else pd.DataFrame()
    if pair is None or gaps.empty:
        return "No model finished both splits."
    uar = gap_scores(run, pair)
    values_of_models = []
    ordered = gaps.sort_values("total", ascending=False, kind="stable").index
    for model, row in gaps.loc[heard_last(run, map(str, ordered), pair.independent)].iterrows():
        low, high = (percent(uar.at[model, split]) for split in (pair.independent, pair.random))
        values = [points(row["total"])]
        if not row[["takes", "voice"]].isna().any():
            values += [f"{name} {points(row[part])}" for name, part in (("takes", "takes"), ("voice", "voice"))]
        values_of_models.append(f"{model_title(run, str(model))} {low} to {high} % ({', '.join(values)})")
    parts = ""
    if pair.takes:
        voice = f"voice ({voice_title(run)}) is {pair.takes} minus {pair.independent}"
        parts = f"; takes is {pair.random} minus {pair.takes}, {voice}"
    heading = f"UAR under {pair.independent}, then under {pair.random}, and the gap in points{parts}"
    return f"{heading}: {', '.join(values_of_models)}."


CHART = Chart(
    name="leakage_gap",
    title="Gap between a random and a speaker-independent split",
    order=30,
    section=None,
    draw=_draw,
    finding=gap_title,
    alt_text=_alt_text,
    applies_to=lambda run: gap_splits(run) is not None,
)
