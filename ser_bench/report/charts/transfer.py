"""What carries over from one corpus to another: UAR by training corpora and tested corpus, a panel per learner."""

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
from ser_bench.report.charts.parts import ink_on, tints
from ser_bench.report.charts.style import FAINT, INK, WIDTH, names_width, new_sheet, shorten
from ser_bench.report.formatting import percent
from ser_bench.runs.results import SavedRun

_HEAD, _GAP, _ROW, _MOST = 0.34, 0.3, 0.3, 0.62
"""Inches: a panel's heading, the space between panels, a row, and the widest cell."""


def _draw(run: SavedRun) -> Figure:
    """Draw each learner's matrix in percent; a corpus that was also trained on has a frame."""
    models = transfer_models(run)
    matrices = {model: 100 * transfer_matrix(run, model) for model in models}
    first = matrices[models[0]]
    trained, tested = [str(name) for name in first.index], [str(name) for name in first.columns]
    left = names_width(trained, 8.5, 2.0) + 0.05
    slant = names_width(tested, 8.5, 1.1)
    cell = min(_MOST, (WIDTH - left - 0.4) / len(tested))
    across = max(1, int((WIDTH - left - 0.2 + _GAP) / (cell * len(tested) + _GAP)))
    rows = math.ceil(len(models) / across)
    across = math.ceil(len(models) / rows)
    height = _ROW * len(trained)
    splits = list(dict.fromkeys(transfer_scores(run)["split"]))
    title = f"UAR (%) by training corpora (rows) and tested corpus; chance {percent(chance_levels(run)['uar'])} %"
    width = max(6.0, left + across * (cell * len(tested) + _GAP) + 0.2)
    body = rows * (height + _HEAD) + 0.62 * slant + 0.45
    sheet = new_sheet(run, title, body=body, width=width, splits=splits)
    top = max(100 / len(run.labels), *(np.nanmax(m.to_numpy(), initial=0) for m in matrices.values()))
    for place, model in enumerate(models):
        row, column = divmod(place, across)
        bottom = body - (row + 1) * (height + _HEAD)
        ax = sheet.axes(left + column * (cell * len(tested) + _GAP), bottom, cell * len(tested), height)
        _panel(ax, matrices[model], top)
        ax.text(0, 1.04, shorten(model, cell * len(tested), 10), size=9, weight="bold", transform=ax.transAxes)
        _names(ax, trained if column == 0 else [], tested if place + across >= len(models) else [], left - 0.15)
    sheet.text(0.15, 0.1, "framed: new speakers of a corpus that it was trained on", color=FAINT, size=8)
    return sheet.figure


def _panel(ax: Axes, values: pd.DataFrame, top: float) -> None:
    colours = tints("cross")
    ax.imshow(values.to_numpy(), cmap=colours, vmin=0, vmax=top, interpolation="none", aspect="auto")
    ax.set_axis_off()
    for (row, column), value in np.ndenumerate(values.to_numpy()):
        if np.isnan(value):
            continue
        style: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": ink_on(colours, value / top)}
        ax.text(column, row, f"{value:.1f}", size=8, **style)
        if is_within_corpus(str(values.index[row]), str(values.columns[column])):
            frame = [(column - 0.47, row - 0.44), (column + 0.47, row - 0.44), (column + 0.47, row + 0.44)]
            frame += [(column - 0.47, row + 0.44), frame[0]]
            ax.plot(*zip(*frame, strict=True), color=INK, linewidth=1, solid_joinstyle="miter")


def _names(ax: Axes, trained: list[str], tested: list[str], room: float) -> None:
    """Name rows and columns; plain texts, which draw faster than an axis."""
    for row, name in enumerate(trained):
        ax.text(-0.6, row, shorten(name, room, 8.5), size=8.5, ha="right", va="center_baseline")
    if tested:
        bottom = ax.get_ylim()[0]
        for column, name in enumerate(tested):
            style: dict[str, Any] = {"rotation": 35, "ha": "right", "va": "top", "rotation_mode": "anchor"}
            ax.text(column + 0.1, bottom + 0.1, shorten(name, 1.1, 8.5), size=8.5, **style)


def _alt_text(run: SavedRun) -> str:
    model = transfer_models(run)[0]
    cells = transfer_matrix(run, model).stack().items()
    listed = ", ".join(f"{trained} to {tested} {percent(uar)} %" for (trained, tested), uar in cells)
    return f"A matrix per model, training corpora by tested corpus, new speakers only. {model}: {listed}."


CHART = Chart(
    name="transfer",
    title="UAR from corpus to corpus",
    order=40,
    draw=_draw,
    alt_text=_alt_text,
    applies_to=lambda run: bool(transfer_models(run)),
)
