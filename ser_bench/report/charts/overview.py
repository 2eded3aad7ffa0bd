"""The result of a run on one chart: UAR on new speakers with its interval, and what a random split adds to it."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.gaps import classes_left_out, gaps_of
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import gap_splits
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.keys import KEY_ROW, draw_keys, key_rows
from ser_bench.report.charts.overview_content import Overview, overview_of
from ser_bench.report.charts.overview_rows import draw_bracket, draw_models, draw_published, keys_of
from ser_bench.report.charts.parts import (
    draw_chance_line,
    heading_beside,
    model_axis,
    name_colour,
    number_beside,
    text_beside,
)
from ser_bench.report.charts.style import FAINT, WARNING, WIDTH, new_sheet
from ser_bench.report.charts.text import names_width, shorten, text_width
from ser_bench.report.descriptions import model_title, model_titles, split_label
from ser_bench.report.findings.gaps import voice_title
from ser_bench.report.findings.titles import scores_title
from ser_bench.report.findings.verdict import verdict
from ser_bench.report.formatting import percent, percent_interval, points, points_interval
from ser_bench.runs.results import SavedRun

_ROW, _BRACKET, _BELOW, _ABOVE = 0.29, 0.22, 0.5, 0.28
_UAR_END, _GAP_END = 0.48, 0.55
"""Inches from the left end of a column of numbers to the right end of its values."""

_BOLD = 10.2
"""Size at which a name is measured: bold text of 9 points is wider."""


def _draw(run: SavedRun) -> Figure:
    """Draw a row per model: speakers, interval, score and gap on one axis, and the numbers beside it."""
    view = overview_of(run)
    titles = model_titles(run, view.models)
    labels = [*titles, *(f"published, {split}" for split in view.published_splits)]
    names, columns = names_width(labels, _BOLD, 2.0), _columns(view)
    left, height = names + 0.1 + _BRACKET * bool(view.bracketed), _ROW * len(labels)
    keys = key_rows(keys_of(view, _meanings(view)), WIDTH - 0.3)
    body = _BELOW + height + _ABOVE + KEY_ROW * len(keys)
    sheet = new_sheet(run, scores_title(run), shown=_shown(view), body=body, splits=_splits(view))
    ax = sheet.axes(left, _BELOW, WIDTH - left - 0.1 - sum(columns.values()), height)
    ax.set_xlim(*view.limits)
    draw_models(ax, view)
    draw_published(ax, view)
    level = chance_levels(run)["uar"]
    draw_chance_line(ax, 100 * level, f"chance {percent(level)} %")
    model_axis(ax, labels, (names - 0.1) * 9 / _BOLD)
    _mark_names(ax, view)
    ax.set_xlabel("UAR (%)")
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)
    _write_numbers(ax, view, columns)
    draw_keys(sheet, keys, 0.15, _BELOW + height + _ABOVE)
    return sheet.figure


def _shown(view: Overview) -> str:
    """Return what the chart shows."""
    if view.pair is None:
        return f"UAR under the {view.split} split"
    return f"UAR under the {view.split} split, and the gap to the {view.pair.random} split"


def _splits(view: Overview) -> list[str]:
    """Return the splits that the chart shows, for its protocol."""
    pair = view.pair.names if view.pair else ()
    return [name for name in view.run.info.splits if name in {view.split, *pair, *view.published_splits}]


def _meanings(view: Overview) -> dict[str, str]:
    """Return what each mark of the chart means."""
    titles = model_titles(view.run, view.models)
    texts = {"score": split_label(view.split) + (", 95 % interval over speakers" if view.has_intervals else "")}
    if view.speakers.size:
        shown = f"{view.speakers.shape[1]} quantiles of {view.speaker_count} speakers" if view.has_quantiles else ""
        texts["speakers"] = shown or f"each of {plural(view.speaker_count, 'speaker')}"
    if view.pair:
        apart = view.pair.independent != view.split
        texts |= {"start": split_label(view.pair.independent)} if apart else {}
        texts |= {"random": split_label(view.pair.random)} | _parts(view)
    if view.bracketed:
        texts["bracket"] = f"bold: not significantly different from {titles[view.models.index(view.bracketed[0])]}"
    if view.published_splits:
        sources = listed(list(dict.fromkeys(view.published["source"])))
        best = "" if math.isnan(view.best_under(view.published_splits[0])) else f"; dot: {titles[0]} there"
        texts["published"] = f"published on the {listed(view.published_splits)} folds, {sources}{best}"
    return texts


def _parts(view: Overview) -> dict[str, str]:
    """Return what the segments of the gap mean."""
    pair = view.pair
    left_out = classes_left_out(view.run, pair) if pair else []
    without = f", without {listed(left_out)}" if left_out else ""
    if pair is None or pair.takes is None:
        return {"total": f"gap{without}"}
    parts = {"voice": f"{voice_title(view.run)}, up to {pair.takes}{without}", "takes": "repeated takes"}
    return parts | ({"total": "gap, parts unknown"} if view.has_whole_gaps else {})


def _columns(view: Overview) -> dict[str, float]:
    """Return the widths in inches of the columns of numbers by heading."""
    interval = text_width("[99.9, 99.9]", 7.6) + 0.2 if view.has_intervals else 0.1
    columns = {"UAR, %": _UAR_END + interval}
    if view.pair:
        gaps = gaps_of(view.run, view.pair)
        interval = text_width("[+99.9, +99.9]", 7.6) + 0.2 if gaps["total_low"].notna().any() else 0.1
        columns["gap, points"] = max(_GAP_END + interval, text_width("gap, points", 8) + 0.3)
    return columns


def _mark_names(ax: Axes, view: Overview) -> None:
    """Write what takes no rank in grey, and bracket the models that may be as good as the best one."""
    for label, model in zip(ax.get_yticklabels(), [*view.models, *[""] * len(view.published_splits)], strict=True):
        label.set_color(name_colour(model_title(view.run, model)) if model else FAINT)
        label.set_fontweight("bold" if model in view.bracketed else "normal")
    if view.bracketed:
        ax.tick_params(axis="y", pad=3.5 + 72 * _BRACKET)
        rows = [float(view.models.index(model)) for model in view.bracketed]
        inch = ax.figure.dpi / ax.bbox.width
        style = {"transform": ax.get_yaxis_transform(), "clip_on": False}
        draw_bracket(ax, rows, -0.07 * inch, 0.11 * inch, **style)


def _write_numbers(ax: Axes, view: Overview, columns: dict[str, float]) -> None:
    """Write UAR and gap with their intervals right of each row, or the missing folds of the random split."""
    starts = dict(zip(columns, 72 * np.cumsum([0.0, *columns.values()]), strict=False))
    for heading, end in zip(columns, (_UAR_END, _GAP_END), strict=False):
        heading_beside(ax, heading, starts[heading] + 72 * end - 24, ha="left")
    for row, (value, low, high) in enumerate(view.scores / 100):
        if not math.isnan(value):
            number_beside(ax, percent(value), percent_interval(low, high), row, 72 * _UAR_END, bold=True)
    if view.pair:
        _write_gaps(ax, view, starts["gap, points"], columns["gap, points"])
    for row, split in enumerate(view.published_splits, start=len(view.models)):
        text_beside(ax, _published_range(view, split), row, 72 * _UAR_END - 24, size=8, color=FAINT)


def _published_range(view: Overview, split: str) -> str:
    """Write the lowest and the highest published score under a split."""
    values = view.published.loc[view.published["split"] == split, "uar"]
    low, high = percent(values.min()), percent(values.max())
    return low if len(values) == 1 else f"{low} to {high}"


def _write_gaps(ax: Axes, view: Overview, start: float, width: float) -> None:
    """Write the gap of each model that has one, else the missing folds."""
    if view.pair is None:
        return
    notes, gaps = missing_folds(view.run), gaps_of(view.run, view.pair)
    for row, model in enumerate(view.models):
        value, low, high = gaps.loc[model, ["total", "total_low", "total_high"]]
        missing = [name for name in (view.pair.random, view.pair.independent) if notes[model, name]]
        if not math.isnan(value):
            number_beside(ax, points(value), points_interval(low, high), row, start + 72 * _GAP_END)
        elif missing and not notes[model, view.split]:
            note = shorten(f"n/a: {missing[0]} {notes[model, missing[0]]}", width - 0.1, 7.5)
            text_beside(ax, note, row, start + 72 * 0.12, size=7.5, color=WARNING, style="italic")


def _alt_text(run: SavedRun) -> str:
    view, pair = overview_of(run), gap_splits(run)
    gaps = gaps_of(run, pair)["total"] if pair else {}
    rows = []
    for model, (value, low, high) in zip(view.models, view.scores / 100, strict=True):
        if not math.isnan(value):
            gap = gaps.get(model, math.nan)
            gap_text = "" if math.isnan(gap) else f", gap {points(gap)}"
            score = f"{percent(value)} % {percent_interval(low, high)}".rstrip()
            rows.append(f"{model_title(run, model)} {score}{gap_text}")
    heading = f"UAR of each model under the {view.split} split"
    if pair:
        heading += f", and the gap to the {pair.random} split in points"
    return f"{heading}: {'; '.join(rows) or 'no model finished'}. {verdict(run)}"


CHART = Chart(
    name="overview",
    title="UAR on new speakers and the gap to a random split",
    section=None,  # the page draws its own
    order=5,
    draw=_draw,
    finding=scores_title,
    alt_text=_alt_text,
)
