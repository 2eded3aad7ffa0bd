"""Trials of a search, not part of a report: inner UAR of each trial and outer fold."""

from __future__ import annotations

from matplotlib.figure import Figure

from ser_bench.report.charts.style import FAINT, INK, WIDTH, split_colour, styled, titled_sheet
from ser_bench.report.charts.text import shorten, text_width
from ser_bench.report.tuning import headline, marked_model, trial_summary
from ser_bench.runs.tuning import TuningResult

_ROW, _MAX_ROWS = 0.24, 40


@styled
def draw_tuning(search: TuningResult) -> Figure:
    """Draw a row per trial, the best on top: a dot per outer fold, filled where that fold chose it, and the mean.

    Parameters
    ----------
    search : TuningResult

    Returns
    -------
    Figure
    """
    table = trial_summary(search).head(_MAX_ROWS)
    names = [shorten(text, 4.2, 8) for text in table["changes"]]
    left = max(text_width(text, 8) for text in names) + 0.35
    height = _ROW * len(table)
    warnings = ["Normalised per speaker with the test speakers' own clips (transductive)"]
    sheet = titled_sheet(
        f"Trials of tuning {marked_model(search)}",
        [
            headline(search),
            "Each dot is the UAR of a trial on the inner folds of one outer fold, filled where that fold chose it.",
        ],
        warnings if search.normalize == "speaker" else [],
        body=height + 0.75,
        synthetic=search.synthetic,
    )
    ax = sheet.axes(left, 0.5, WIDTH - left - 0.2, height)
    colour = split_colour(search.split)
    for row, trial in enumerate(table["trial"]):
        part = search.trials[(search.trials["trial"] == trial) & (search.trials["status"] == "ok")]
        faces = [colour if chosen else "white" for chosen in part["chosen"]]
        ax.scatter(100 * part["uar"], [row] * len(part), s=28, c=faces, edgecolors=colour, linewidths=1, zorder=3)
        if len(part):
            ax.vlines(100 * part["uar"].mean(), row - 0.35, row + 0.35, color=INK, linewidth=1.6, zorder=4)
    ax.set_yticks(range(len(table)), names, size=8)
    ax.tick_params(axis="y", length=0)
    for label, trial in zip(ax.get_yticklabels(), table["trial"], strict=True):
        label.set_color(INK if trial == 0 else FAINT)
        label.set_fontweight("bold" if trial == 0 else "normal")
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel("UAR on inner folds of training speakers (%); the line is the mean over outer folds")
    ax.grid(axis="x")
    return sheet.figure
