"""Accuracy against confidence before and after calibration, a reliability diagram per model."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench import statistics
from ser_bench.report.analysis.calibration import (
    NOT_CALIBRATED,
    calibration_of,
    calibration_status,
    measured_models,
    model_reliability,
)
from ser_bench.report.analysis.exposure import heard_last
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.panels import LEFT, Panel, model_panels, write_head, write_note
from ser_bench.report.charts.style import FAINT, INK, Sheet, split_colour
from ser_bench.report.charts.text import text_width
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import calibration_errors_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import BINS

_BEFORE: dict[str, Any] = {"color": FAINT, "markerfacecolor": "white", "markeredgewidth": 1.0}


def _draw(run: SavedRun) -> Figure:
    """Draw accuracy over confidence in bins for each model, under the split that ranks models."""
    split = ranking_split(run.info.splits)
    models = ranked_models(run)
    axes = ("confidence (%)", "accuracy (%)")
    shown = f"Accuracy against confidence under the {split} split"
    sheet, panels = model_panels(
        run, calibration_errors_title(run), models, shown=shown, split=split, axis_titles=axes, legend=0.5
    )
    for panel in panels:
        _draw_panel(run, panel, split)
    _draw_legend(sheet, split_colour(split), calibrated=bool(measured_models(run, split)))
    return sheet.figure


def _draw_panel(run: SavedRun, panel: Panel, split: str) -> None:
    """Draw a model's reliability diagram, or the reason why there is none."""
    before = model_reliability(run, panel.model, split, before=True)
    after = model_reliability(run, panel.model, split)
    if before is None:
        write_head(run, panel, "")
        write_note(panel, calibration_status(run)[panel.model, split])
        return
    write_head(run, panel, f"ECE {calibration_errors(run, panel.model, split)}")
    panel.ax.plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    draw_bins(panel.ax, before, **_BEFORE)
    if after is not None:
        draw_bins(panel.ax, after, color=split_colour(split))


def calibration_errors(run: SavedRun, model: str, split: str) -> str:
    """Write the calibration error of a model before and after calibration.

    Parameters
    ----------
    run : SavedRun
    model, split : str
        A model whose confidence is measured.

    Returns
    -------
    str
        Such as ``21.4 → 2.7``, in points.
    """
    row = calibration_of(run, split).loc[model]
    if calibration_status(run)[model, split].startswith(NOT_CALIBRATED):
        return f"{percent(row['ece_before'])}, not calibrated"
    return f"{percent(row['ece_before'])} → {percent(row['ece'])}"


def draw_bins(ax: Axes, bins: statistics.Reliability, **style: Any) -> None:
    """Draw a dot per bin that has clips, joined by a line.

    Parameters
    ----------
    ax : Axes
    bins : Reliability
    **style
        Properties of the line.
    """
    used = bins.count > 0
    line = {"marker": "o", "markersize": 4, "linewidth": 1.2, **style}
    ax.plot(100 * bins.confidence[used], 100 * bins.accuracy[used], **line)


def _draw_legend(sheet: Sheet, colour: str, *, calibrated: bool) -> None:
    """Explain below the panels the lines, the bins and ECE."""
    ax = sheet.axes(LEFT, 0.08, sheet.width - LEFT, 0.42)
    ax.set_axis_off()
    ax.set_xlim(0, sheet.width - LEFT)
    ax.set_ylim(0, 2)
    entries: list[tuple[str, dict[str, Any]]] = [("before calibration", _BEFORE)]
    entries += [("after calibration", {"color": colour})] * calibrated
    x = 0.06
    for text, style in entries:
        ax.plot([x, x + 0.15, x + 0.3], [1.5] * 3, marker="o", markersize=4, linewidth=1.2, **style)
        ax.text(x + 0.4, 1.5, text, size=8, va="center_baseline")
        x += 0.65 + text_width(text, 8)
    ax.text(x, 1.5, f"{BINS} bins of equally many clips", size=8, va="center_baseline", color=FAINT)
    text = "below the dashed line: overconfident · ECE: mean distance from it, in points"
    ax.text(0.06, 0.5, text, size=8, va="center_baseline", color=FAINT)


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    table = calibration_of(run, split)
    after = table["ece"].dropna().sort_values(kind="stable")
    texts = [
        f"{model_title(run, str(model))} {percent(table['ece_before'][model])} before and {percent(error)} after"
        for model, error in after.loc[heard_last(run, map(str, after.index), split)].items()
    ]
    others = [model for model in measured_models(run, split, calibrated=False) if model not in after.index]
    texts += [f"{model_title(run, m)} {percent(table['ece_before'][m])}, not calibrated" for m in others]
    return (
        f"Accuracy over confidence in {BINS} bins, a panel per model, before and after calibration; on the diagonal "
        f"confidence equals accuracy. Expected calibration error in points: {'; '.join(texts) or 'no model finished'}."
    )


CHART = Chart(
    name="calibration_models",
    title="Calibration of each model",
    section=None,
    order=81,
    draw=_draw,
    finding=calibration_errors_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(trained_models(run)),
)
