"""Calibration: accuracy against confidence of the best models on one panel, and the numbers of all models beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.calibration import (
    calibration_of,
    calibration_status,
    measured_models,
    model_reliability,
)
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.calibration_models import calibration_errors, draw_bins
from ser_bench.report.charts.keys import KEY_ROW, Key, draw_keys, key_rows
from ser_bench.report.charts.style import FAINT, INK, WARNING, WIDTH, Sheet, new_sheet
from ser_bench.report.charts.text import shorten
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.titles import calibration_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import BINS

_MOST_MODELS = 3
_LOOKS = (("#0072b2", "o"), ("#d55e00", "s"), ("#009e73", "^"))
"""Colour and marker of each model on the panel; the marker also tells them apart."""

_PANEL, _LEFT, _BELOW, _ROW = 4.1, 0.65, 0.5, 0.24
_TABLE, _NOTE, _ECE, _AUROC = 5.0, 6.65, 7.9, 8.8
"""Inches from the left edge of the sheet: names, notes, and the right ends of calibration errors and of AUROC."""

_NOTES = (
    "ECE: mean distance from the dashed line in points, before → after calibration",
    "AUROC: how often a right answer is more confident than a wrong one, in %; 50 is chance",
)


def _draw(run: SavedRun) -> Figure:
    """Draw the panel of the best models, and a row of numbers per model."""
    split = ranking_split(run.info.splits)
    models = _ranked(run)
    shown = _on_panel(run, models)
    height = max(_PANEL, _ROW * (len(models) + 1))
    keys = key_rows(_keys(run, shown), WIDTH - 0.3)
    foot = 0.17 * len(_NOTES) + KEY_ROW * len(keys) + 0.1
    about = f"Accuracy against confidence under the {split} split"
    body = foot + _BELOW + height + 0.15
    sheet = new_sheet(run, calibration_title(run), shown=about, body=body, splits=[split], models=models)
    bottom = foot + _BELOW + height - _PANEL
    _draw_panel(run, sheet.axes(_LEFT, bottom, _PANEL, _PANEL), shown)
    _write_table(run, sheet, models, shown, foot + _BELOW + height)
    draw_keys(sheet, keys, 0.15, foot - KEY_ROW * len(keys))
    for row, note in enumerate(reversed(_NOTES)):
        sheet.text(0.15, 0.08 + 0.17 * row, note, size=8, color=FAINT)
    return sheet.figure


def _ranked(run: SavedRun) -> list[str]:
    """Return the models without the baselines, the best first."""
    return ranked_models(run)


def _on_panel(run: SavedRun, models: list[str]) -> list[str]:
    """Return the best models whose confidence is measured."""
    measured = measured_models(run, ranking_split(run.info.splits), calibrated=False)
    return [model for model in models if model in measured][:_MOST_MODELS]


def _draw_panel(run: SavedRun, ax: Axes, models: list[str]) -> None:
    """Draw the models' reliability before and after calibration on equal scales."""
    split = ranking_split(run.info.splits)
    pairs = [[model_reliability(run, model, split, before=before) for before in (True, False)] for model in models]
    values = [np.ravel([bins.confidence, bins.accuracy]) for pair in pairs for bins in pair if bins is not None]
    low = 100 * float(np.nanmin(np.concatenate(values))) if values else 0.0
    low = 10 * math.floor(low / 10) - 2
    ax.set_xlim(low, 102)
    ax.set_ylim(low, 102)
    ax.set_xticks(range(20 * math.ceil(low / 20), 101, 20))
    ax.set_yticks(range(20 * math.ceil(low / 20), 101, 20))
    ax.set_xlabel("confidence (%)")
    ax.set_ylabel("accuracy (%)")
    ax.grid()
    ax.plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    style: dict[str, Any] = {"transform": ax.transAxes, "size": 8, "color": FAINT, "style": "italic"}
    ax.text(0.03, 0.97, "right more often than it says", va="top", **style)
    ax.text(0.97, 0.03, "right less often than it says", ha="right", **style)
    for (before, after), (colour, marker) in zip(pairs, _LOOKS, strict=False):
        look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 5}
        if before is not None:
            draw_bins(ax, before, markerfacecolor="white", linewidth=0.9, linestyle=(0, (2, 1.5)), **look)
        if after is not None:
            draw_bins(ax, after, linewidth=1.6, **look)


def _keys(run: SavedRun, models: list[str]) -> list[Key]:
    """Return samples of the lines before and after calibration."""
    calibrated = set(models) & set(measured_models(run, ranking_split(run.info.splits)))

    def sample(ax: Axes, x: float, y: float, **style: Any) -> None:
        ax.plot([x, x + 0.2, x + 0.4], [y] * 3, color=FAINT, marker="o", markersize=5, **style)

    def before(ax: Axes, x: float, y: float) -> None:
        sample(ax, x, y, markerfacecolor="white", linewidth=0.9, linestyle=(0, (2, 1.5)))

    keys = [Key("before calibration", before, 0.4)]
    keys += [Key("after calibration", lambda ax, x, y: sample(ax, x, y, linewidth=1.6), 0.4)] * bool(calibrated)
    return [*keys, Key(f"a mark: one of {BINS} bins of equally many clips", lambda ax, x, y: None, 0.0)]


def _write_table(run: SavedRun, sheet: Sheet, models: list[str], shown: list[str], top: float) -> None:
    """Write calibration error and AUROC of each model, with the mark of those on the panel."""
    split = ranking_split(run.info.splits)
    auroc, status = calibration_of(run, split)["auroc"], calibration_status(run)
    measured = measured_models(run, split, calibrated=False)
    for x, text in ((_ECE, "ECE, points"), (_AUROC, "AUROC, %")):
        sheet.text(x, top - 0.12, text, size=8, color=FAINT, ha="right")
    ax = sheet.axes(_TABLE, top - _ROW * (len(models) + 1), 0.4, _ROW * len(models) or _ROW)
    ax.set_axis_off()
    ax.set_xlim(-0.06, 0.34)
    ax.set_ylim(len(models) - 0.5, -0.5)
    for row, model in enumerate(models):
        y = top - _ROW * (row + 1) - _ROW / 2
        if model in shown:
            colour, marker = _LOOKS[shown.index(model)]
            ax.plot([0.0, 0.15, 0.3], [row] * 3, color=colour, marker=marker, markersize=5, linewidth=1.6)
        style: dict[str, Any] = {"size": 9, "va": "center_baseline"}
        weight = "bold" if model in shown else "normal"
        name = shorten(model_title(run, model), (_NOTE - _TABLE - 0.5) * (9 / 10.2), 9)
        sheet.text(_TABLE + 0.46, y, name, weight=weight, **style)
        if model not in measured:
            note = shorten(f"n/a: {status[model, split]}", WIDTH - _NOTE - 0.1, 8)
            sheet.text(_NOTE, y, note, size=8, color=WARNING, style="italic", va="center_baseline")
            continue
        sheet.text(_ECE, y, calibration_errors(run, model, split), ha="right", **style)
        sheet.text(_AUROC, y, percent(auroc[model]), ha="right", **style)


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    models, auroc = _ranked(run), calibration_of(run, split)["auroc"]
    shown = ", ".join(model_titles(run, _on_panel(run, models)))
    rows = [
        f"{model_title(run, model)} {calibration_errors(run, model, split)}, AUROC {percent(auroc[model])} %"
        for model in models
        if model in measured_models(run, split, calibrated=False)
    ]
    head = f"Accuracy over confidence in {BINS} bins, before and after calibration"
    return (
        f"{head}{f', of {shown}' if shown else ''}; on the diagonal confidence equals accuracy. "
        f"Expected calibration error in points, before and after: {'; '.join(rows) or 'no model finished'}."
    )


CHART = Chart(
    name="calibration",
    title="Calibration: accuracy against confidence",
    section=None,
    order=80,
    draw=_draw,
    finding=calibration_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(trained_models(run)),
)
