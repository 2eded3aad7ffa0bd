"""Grouped bars, the drawing of the charts of accuracy and UAR: a group per model, a bar per split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.exposure import heard_last, ranked
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.literature import published_scores
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.keys import KEY_ROW, draw_keys, key_rows, split_keys
from ser_bench.report.charts.parts import TEXT_BOX, draw_chance_line, model_axis, name_colour
from ser_bench.report.charts.style import FAINT, INK, WARNING, WIDTH, new_sheet, split_colour
from ser_bench.report.charts.text import names_width
from ser_bench.report.descriptions import EXPOSED_MARK, model_title, model_titles
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_CHANCE_LABELS = {"accuracy": "always the most frequent label", "uar": "chance"}
_AXIS_LABELS = {"accuracy": "accuracy (%)", "uar": "UAR (%)"}


def grouped_bars(run: SavedRun, measure: str, finding: Callable[[SavedRun], str], shown: str) -> Figure:
    """Draw scores per model and split with intervals, the chance level and published results.

    Parameters
    ----------
    run : SavedRun
    measure : {'accuracy', 'uar'}
    finding : callable
        ``finding(run)`` returns the title.
    shown : str
        What the chart shows.

    Returns
    -------
    Figure
    """
    table, splits, published = summarise(run), list(run.info.splits), published_scores(run)
    bar = 0.24 if len(splits) == 1 else 0.165
    group = bar * len(splits) + 0.13
    models = model_titles(run, table["model"])
    left = names_width([*models, *published["system"]], 9) + 0.1
    keys = key_rows(split_keys(splits), WIDTH - left)
    published_rows = len(models) - 0.5 + 0.3 / group * (0.9 + np.arange(len(published)))
    bottom = published_rows[-1] + 0.2 / group if len(published) else len(models) - 0.5
    height = group * (bottom + 0.5)
    sheet = new_sheet(run, finding(run), shown=shown, body=height + 0.5 + 0.22 + KEY_ROW * len(keys))
    ax = sheet.axes(left, 0.5, sheet.width - left - 0.2, height)
    _draw_bars(ax, run, table, measure, bar / group)
    _draw_published(ax, published, measure, published_rows, bar / group)
    level = chance_levels(run)[measure]
    draw_chance_line(ax, 100 * level, f"{_CHANCE_LABELS[measure]} {percent(level)} %")
    model_axis(ax, models, left - 0.2)
    _add_published_labels(ax, models, published, published_rows, bottom)
    ax.set_xlabel(_AXIS_LABELS[measure] + f", with {_spread(run)}")
    ax.grid(axis="x")
    draw_keys(sheet, keys, left, 0.5 + height + 0.22)
    return sheet.figure


def bars_alt_text(run: SavedRun, measure: str, name: str) -> str:
    """Return the text alternative: all scores of the ranking split, the best three of the other splits.

    Parameters
    ----------
    run : SavedRun
    measure : {'accuracy', 'uar'}
    name : str
        Name of the measure in a sentence.

    Returns
    -------
    str
    """
    table, ranking = summarise(run).set_index("model"), ranking_split(run.info.splits)
    parts = []
    for split in sorted(run.info.splits, key=lambda split: split != ranking):
        scores = table[f"{split}_{measure}"].dropna().sort_values(ascending=False, kind="stable")
        ordered = heard_last(run, map(str, scores.index), split)
        ranking_models = ranked(run, ordered, split)
        shown = ordered if split == ranking else ranking_models[:3]
        listed = ", ".join(f"{model_title(run, model)} {percent(scores[model])} %" for model in shown)
        unmarked = f" without {EXPOSED_MARK}" if len(ranking_models) < len(ordered) else ""
        highest = f", the highest {len(shown)}{unmarked}" if len(shown) < len(ordered) else ""
        parts.append(f"{split} split{highest}: {listed or 'no model finished'}")
    return f"Bars of {name} per model and split, with {_spread(run)}. {'; '.join(parts)}."


def _spread(run: SavedRun) -> str:
    """Describe what the bars show of the variation over speakers."""
    few = {split for _, split, _ in scores_of_few(run)}
    notes = ["95 % intervals over speakers"] if set(run.info.splits) - few else []
    notes += ["a stroke per speaker"] if few else []
    return " or ".join(notes)


def _draw_bars(ax: Axes, run: SavedRun, table: pd.DataFrame, measure: str, bar: float) -> None:
    """Draw a bar with interval and value per model and split, or the reason why there is no score."""
    splits, notes = list(run.info.splits), missing_folds(run)
    level = 100 * chance_levels(run)[measure]
    values, lows, highs = (
        100 * table[[f"{split}_{measure}{end}" for split in splits]].to_numpy() for end in ("", "_low", "_high")
    )
    few = scores_of_few(run)
    for column, split in enumerate(splits):
        best = [100 * max(few.get((model, split, measure), (np.nan,))) for model in table["model"]]
        highs[:, column] = np.where(np.isnan(highs[:, column]), best, highs[:, column])
    inches = ax.bbox.width / ax.figure.dpi
    digits = 0.5 / (inches - 0.5)
    limit = max(level * 1.3, float(np.nanmax(highs, initial=0)), float(np.nanmax(values, initial=0))) * (1 + digits)
    ax.set_xlim(0, limit)
    for index, split in enumerate(splits):
        rows = np.arange(len(table)) + (index - (len(splits) - 1) / 2) * bar
        ax.barh(rows, values[:, index], height=bar * 0.9, color=split_colour(split), linewidth=0)
        ax.hlines(rows, lows[:, index], highs[:, index], color="white", linewidth=2.6)  # legible on dark bars
        ax.hlines(rows, lows[:, index], highs[:, index], color=INK, linewidth=1.0)
        for row, value, high, model in zip(rows, values[:, index], highs[:, index], table["model"], strict=True):
            if notes[model, split]:
                _write(ax, 0.004 * limit, row, f"n/a: {split} {notes[model, split]}", color=WARNING)
            else:
                each = [100 * score for score in few.get((model, split, measure), ())]
                ax.plot(each, [row] * len(each), linestyle="none", marker="|", markersize=5, color=INK)
                # A value that the chance line would cross moves behind the line.
                end = value if np.isnan(high) else high
                start = level if end < level < end + digits * limit else end
                _write(ax, start + 0.006 * limit, row, f"{value:.1f}")


def _draw_published(ax: Axes, published: pd.DataFrame, measure: str, rows: np.ndarray, bar: float) -> None:
    """Draw published results of the same folds as hollow bars below the models, each with a dotted line up."""
    if published.empty:
        return
    left, right = ax.get_xlim()
    values = 100 * published[measure].to_numpy()
    ax.set_xlim(left, max(right, 1.09 * values.max()))
    for row, value, split in zip(rows, values, published["split"], strict=True):
        colour = split_colour(split)
        ax.barh([row], [value], height=bar * 0.9, color="white", edgecolor=colour, linewidth=1.2)
        ax.vlines(value, -0.5, row, color=colour, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0.5)
        _write(ax, value + 0.006 * right, row, f"{value:.1f}")
    sources = ", ".join(dict.fromkeys(published["source"]))
    ax.annotate(
        f"published, same folds, {' and '.join(published['split'].unique())} split: {sources}",
        (0, rows[0] - 0.62 * (rows[1] - rows[0] if len(rows) > 1 else 1)),
        xytext=(3, 0),
        textcoords="offset points",
        size=7.8,
        color=FAINT,
        va="center_baseline",
        bbox=TEXT_BOX,
    )


def _add_published_labels(
    ax: Axes, models: list[str], published: pd.DataFrame, rows: np.ndarray, bottom: float
) -> None:
    """Add the published systems in grey to the axis of models."""
    labels = [label.get_text() for label in ax.get_yticklabels()] + list(published["system"])
    ax.set_yticks([*range(len(models)), *rows], labels)
    colours = [*map(name_colour, models), *[FAINT] * len(published)]
    for label, colour in zip(ax.get_yticklabels(), colours, strict=True):
        label.set_color(colour)
    ax.set_ylim(bottom, -0.5)


def _write(ax: Axes, x: float, y: float, text: str, *, color: str = INK) -> None:
    ax.text(x, y, text, size=7.8, va="center_baseline", color=color, bbox=TEXT_BOX)
