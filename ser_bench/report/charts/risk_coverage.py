"""Accuracy among the most confident clips, over the share of clips that are left out: a panel per model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ser_bench.report.analysis.calibration import accuracy_by_share, calibration_of, calibration_status, measured_models
from ser_bench.report.analysis.exposure import heard_last
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.panels import LEFT, Panel, model_panels, write_head, write_note
from ser_bench.report.charts.style import FAINT, INK, RULE, Sheet, split_colour
from ser_bench.report.charts.text import text_width
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import selection_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_SHARES = tuple(share / 50 for share in range(50, 4, -1))
"""From all clips to a tenth of them; fewer say little."""

_DASHED = (0, (4, 3))


def _draw(run: SavedRun) -> Figure:
    """Draw each model's accuracy over the share of clips left out, under the split that ranks models."""
    split = ranking_split(run.info.splits)
    models = ranked_models(run)
    axes = ("clips left out (%), the least confident first", "accuracy of the rest (%)")
    shown = f"Accuracy without the least confident clips under the {split} split"
    sheet, panels = model_panels(
        run, selection_title(run), models, shown=shown, split=split, axis_titles=axes, legend=0.3
    )
    curves = 100 * accuracy_by_share(run, split, _SHARES)
    for panel in panels:
        _draw_panel(run, panel, split, curves)
    _draw_legend(sheet, split_colour(split))
    return sheet.figure


def _draw_panel(run: SavedRun, panel: Panel, split: str, curves: pd.DataFrame) -> None:
    """Draw a model's curve before those of the others, or the reason why there is none."""
    model, ax, left_out = panel.model, panel.ax, 100 * (1 - np.array(_SHARES))
    if model not in measured_models(run, split, calibrated=False):
        write_head(run, panel, "")
        write_note(panel, calibration_status(run)[model, split])
        return
    row = calibration_of(run, split).loc[model]
    write_head(run, panel, f"AUROC {percent(row['auroc'])}")
    for _, curve in curves.drop(model).iterrows():
        ax.plot(left_out, curve, color=RULE, linewidth=0.8)
    ax.axhline(curves.loc[model].iloc[0], color=INK, linewidth=1, linestyle=_DASHED)
    ax.plot(left_out, curves.loc[model], color=split_colour(split), linewidth=2)


def _draw_legend(sheet: Sheet, colour: str) -> None:
    """Explain the lines below the panels."""
    ax = sheet.axes(LEFT, 0.08, sheet.width - LEFT, 0.24)
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - LEFT)
    ax.set_ylim(0, 1)
    entries: tuple[tuple[str, dict[str, Any]], ...] = (
        ("the model", {"color": colour, "linewidth": 2}),
        ("other models", {"color": RULE, "linewidth": 1.5}),
        ("all clips", {"color": INK, "linewidth": 1, "linestyle": _DASHED}),
    )
    x = 0.0
    for text, style in entries:
        ax.plot([x, x + 0.3], [0.5, 0.5], **style)
        ax.text(x + 0.38, 0.5, text, size=8, va="center_baseline")
        x += 0.6 + text_width(text, 8)
    text = "AUROC: how often a right answer is more confident than a wrong one, in %"
    ax.text(x, 0.5, text, size=8, va="center_baseline", color=FAINT)


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    table = accuracy_by_share(run, split, (1.0, 0.5)).dropna().sort_values(0.5, ascending=False, kind="stable")
    rows = table.loc[heard_last(run, map(str, table.index), split)].iterrows()
    texts = [f"{model_title(run, str(m))} {percent(row[1.0])} and {percent(row[0.5])} %" for m, row in rows]
    return (
        "Accuracy over the share of clips left out, the least confident first, a panel per model. Accuracy on all "
        f"clips and on the more confident half: {'; '.join(texts) or 'no model finished'}."
    )


CHART = Chart(
    name="risk_coverage",
    title="Accuracy when the least confident clips are left out",
    section=None,
    order=82,
    draw=_draw,
    finding=selection_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(trained_models(run)),
)
