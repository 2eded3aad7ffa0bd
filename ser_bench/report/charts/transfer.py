"""UAR from corpus to corpus: training corpora by tested corpus, a matrix per model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.scores import chance_levels
from ser_bench.report.analysis.transfer import is_within_corpus, transfer_matrix, transfer_models, transfer_scores
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import split_colormap, text_colour_on
from ser_bench.report.charts.style import FAINT, INK, WIDTH, new_sheet
from ser_bench.report.charts.text import names_width, shorten
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import transfer_title
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_HEAD, _GAP, _ROW, _MAX_CELL = 0.34, 0.3, 0.3, 0.62
"""Inches: the heading of a panel, the space between panels, a row, and the widest cell."""

_FIXED = {INK: "#1e1e1e", "black": "black", "white": "#fefefe"}
"""Colours on cells that the dark theme of the page, which changes greys, leaves as they are."""


def _draw(run: SavedRun) -> Figure:
    """Draw each model's matrix in percent; scores within a corpus have a frame."""
    models = transfer_models(run)
    matrices = {model: 100 * transfer_matrix(run, model) for model in models}
    first = matrices[models[0]]
    trained, tested = [str(name) for name in first.index], [str(name) for name in first.columns]
    left, slanted = names_width(trained, 8.5, 2.0) + 0.05, names_width(tested, 8.5, 1.1)
    panel = len(tested) * min(_MAX_CELL, (WIDTH - left - 0.4) / len(tested))
    rows = math.ceil(len(models) / max(1, int((WIDTH - left - 0.2 + _GAP) / (panel + _GAP))))
    columns = math.ceil(len(models) / rows)
    height = _ROW * len(trained)
    shown = f"UAR (%) by training corpora (rows) and tested corpus; chance {percent(chance_levels(run)['uar'])} %"
    width = max(6.0, left + columns * (panel + _GAP) + 0.2)
    body = rows * (height + _HEAD) + 0.62 * slanted + 0.45
    splits = list(dict.fromkeys(transfer_scores(run)["split"]))
    sheet = new_sheet(run, transfer_title(run), shown=shown, body=body, width=width, splits=splits, models=models)
    top = max(100 / len(run.labels), *(np.nanmax(m.to_numpy(), initial=0) for m in matrices.values()))
    for index, model in enumerate(models):
        row, column = divmod(index, columns)
        ax = sheet.axes(left + column * (panel + _GAP), body - (row + 1) * (height + _HEAD), panel, height)
        _draw_matrix(ax, matrices[model], top)
        ax.text(0, 1.04, shorten(model_title(run, model), panel, 10), size=9, weight="bold", transform=ax.transAxes)
        lowest = index + columns >= len(models)
        _write_names(ax, trained if column == 0 else [], tested if lowest else [], left - 0.15)
    sheet.text(0.15, 0.1, "framed: new speakers of a corpus that the model was trained on", color=FAINT, size=8)
    return sheet.figure


def _draw_matrix(ax: Axes, table: pd.DataFrame, top: float) -> None:
    colours, values = split_colormap("cross"), table.to_numpy()
    ax.imshow(values, cmap=colours, vmin=0, vmax=top, interpolation="none", aspect="auto")
    ax.set_axis_off()
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        colour = _FIXED[text_colour_on(colours, value / top)]
        ax.text(column, row, f"{value:.1f}", size=8, ha="center", va="center_baseline", color=colour)
        if is_within_corpus(str(table.index[row]), str(table.columns[column])):
            x = [column - 0.47, column + 0.47, column + 0.47, column - 0.47, column - 0.47]
            y = [row - 0.44, row - 0.44, row + 0.44, row + 0.44, row - 0.44]
            ax.plot(x, y, color=_FIXED[INK], linewidth=1, solid_joinstyle="miter")


def _write_names(ax: Axes, trained: list[str], tested: list[str], width: float) -> None:
    """Name rows and columns with plain texts, which draw faster than an axis."""
    for row, name in enumerate(trained):
        ax.text(-0.6, row, shorten(name, width, 8.5), size=8.5, ha="right", va="center_baseline")
    bottom = ax.get_ylim()[0]
    style: dict[str, Any] = {"rotation": 35, "ha": "right", "va": "top", "rotation_mode": "anchor"}
    for column, name in enumerate(tested):
        ax.text(column + 0.1, bottom + 0.1, shorten(name, 1.1, 8.5), size=8.5, **style)


def _alt_text(run: SavedRun) -> str:
    model = transfer_models(run)[0]
    title = model_title(run, model)
    cells = transfer_matrix(run, model).stack().items()
    listed = ", ".join(f"{trained} to {tested} {percent(uar)} %" for (trained, tested), uar in cells)
    return f"A matrix per model, training corpora by tested corpus, new speakers only. {title}: {listed}."


CHART = Chart(
    name="transfer",
    title="UAR from corpus to corpus",
    order=40,
    section="across",
    draw=_draw,
    finding=transfer_title,
    alt_text=_alt_text,
    applies_to=lambda run: bool(transfer_models(run)),
)
