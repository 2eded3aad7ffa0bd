"""UAR against cost: time of a fit, time of a prediction and size of the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import TEXT_BOX
from ser_bench.report.charts.style import FAINT, INK, WARNING, new_sheet, split_colour
from ser_bench.report.charts.text import text_width, wrap
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.formatting import byte_size, percent, seconds
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import pareto_front

_NAME_SIZE, _NAME_HEIGHT, _DOT_RADIUS = 8.5, 0.145, 0.06
_TOP_HEIGHT, _BOTTOM_HEIGHT = 4.1, 3.2
_BESIDE = 0.15
"""The largest distance of a name from its point in inches without a line that joins them."""

_COSTS = {
    "fit_seconds": ("mean time of one fit of this split, one thread (log scale)", seconds),
    "predict_seconds": ("time to predict a clip (log scale)", seconds),
    "model_bytes": ("size of the fitted model (log scale)", byte_size),
}

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in inches."""


@dataclass(frozen=True)
class _Panel:
    """Axes, the cost that they show, and their size in inches."""

    ax: Axes
    cost: str
    width: float
    height: float


def _draw(run: SavedRun) -> Figure:
    """Draw UAR over each cost: a named point per model that finished, and the Pareto front."""
    split = ranking_split(run.info.splits)
    table, notes = summarise(run), missing_folds(run)
    shown = table.dropna(subset=[f"{split}_uar", "fit_seconds"])
    shown = shown.assign(title=model_titles(run, shown["model"]))
    unfinished = [f"{model_title(run, m)} ({notes[m, split]})" for m in table["model"] if notes[m, split]]
    footnote = wrap(f"Not shown: {', '.join(unfinished)}" if unfinished else "", 8.5, 8)
    foot = 0.17 * len(footnote)
    title = f"UAR under the {split} split against cost; the line joins the highest UAR at each cost"
    sheet = new_sheet(run, title, body=_TOP_HEIGHT + _BOTTOM_HEIGHT + 1.25 + foot, splits=[split])
    half = (sheet.width - 0.65 - 0.75 - 0.2) / 2
    top, bottom = foot + 0.5 + _BOTTOM_HEIGHT + 0.6, foot + 0.5
    boxes = {
        "fit_seconds": (0.65, top, sheet.width - 0.85, _TOP_HEIGHT),
        "predict_seconds": (0.65, bottom, half, _BOTTOM_HEIGHT),
        "model_bytes": (0.65 + half + 0.75, bottom, half, _BOTTOM_HEIGHT),
    }
    for cost, box in boxes.items():
        panel = _Panel(sheet.axes(*box), cost, *box[2:])
        _draw_panel(panel, shown.dropna(subset=[cost]), split, chance_levels(run)["uar"])
    for index, line in enumerate(footnote):
        sheet.text(0.15, 0.06 + 0.17 * (len(footnote) - 1 - index), line, size=8, color=WARNING)
    return sheet.figure


def _draw_panel(panel: _Panel, shown: pd.DataFrame, split: str, chance: float) -> None:
    _scale(panel, shown, split)
    ax, level = panel.ax, 100 * chance
    ax.axhline(level, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    label = f"chance {percent(chance)} %"
    ax.text(0.995, level + 0.7, label, transform=ax.get_yaxis_transform(), ha="right", size=8)
    if len(shown):
        _draw_front(ax, shown[panel.cost].to_numpy(), 100 * shown[f"{split}_uar"].to_numpy())
        _draw_points(panel, shown, split, level)


def _scale(panel: _Panel, shown: pd.DataFrame, split: str) -> None:
    """Scale both axes so that the names of points have space; label costs by decades, with units."""
    ax, (label, write) = panel.ax, _COSTS[panel.cost]
    values = shown[panel.cost].clip(lower=1e-7)
    low, high = (values.min() / 2.5, values.max() * 4) if len(shown) else (0.01, 10)
    ax.set_xscale("log")
    ax.set_xlim(low, max(high, low * 100))
    ax.set_ylim(0, max(20.0, 100 * shown[f"{split}_uar"].max() + 8) if len(shown) else 100)
    decades = np.log10(ax.get_xlim()[1] / ax.get_xlim()[0])
    ax.xaxis.set_major_locator(LogLocator(10 ** np.ceil(decades / (panel.width / 0.62))))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _without_zeros(write(x))))
    ax.set_xlabel(label)
    ax.set_ylabel("UAR (%)")
    ax.grid()


def _without_zeros(text: str) -> str:
    """Write 10.0 s as 10 s."""
    return text.replace(".0 ", " ").replace("1e+02", "100").replace("0.10 s", "100 ms")


def _draw_front(ax: Axes, costs: np.ndarray, scores: np.ndarray) -> None:
    """Draw the Pareto front as a step: the best UAR within the budget on the x axis."""
    best = pareto_front(costs, scores)
    order = np.argsort(costs[best], kind="stable")
    x, y = costs[best][order], scores[best][order]
    x, y = np.append(x, ax.get_xlim()[1]), np.append(y, y[-1])
    ax.step(x, y, where="post", color=FAINT, linewidth=1.1, zorder=1)


def _draw_points(panel: _Panel, shown: pd.DataFrame, split: str, level: float) -> None:
    """Draw the points and write each name at the first free position around its point."""
    ax = panel.ax
    to_inches = ax.transData + ax.figure.dpi_scale_trans.inverted()
    colours = [FAINT if model in BASELINES else split_colour(split) for model in shown["model"]]
    data = list(zip(shown[panel.cost].clip(lower=1e-7), 100 * shown[f"{split}_uar"], strict=True))
    style: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.8, "zorder": 3}
    ax.scatter([x for x, _ in data], [y for _, y in data], s=42, c=colours, **style)
    points = [tuple(map(float, to_inches.transform(point))) for point in data]
    left, floor = (float(v) for v in to_inches.transform((ax.get_xlim()[0], 0)))
    right, line = left + panel.width, float(to_inches.transform((1, level))[1])
    occupied = [(x - _DOT_RADIUS, y - _DOT_RADIUS, x + _DOT_RADIUS, y + _DOT_RADIUS) for x, y in points]
    occupied += [(left, line - 0.01, right, line + 0.01), (right - 1.1, line, right, line + 0.2)]  # the chance line
    for name, point, colour in zip(shown["title"], points, colours, strict=True):
        neighbours = [neighbour for neighbour in points if neighbour != point]
        box = _free_box(name, (point, neighbours), occupied, (left, floor, right, floor + panel.height))
        occupied.append(box)
        _write_name(ax, name, point, box, INK if colour != FAINT else FAINT)


def _write_name(ax: Axes, name: str, point: tuple[float, ...], box: Box, colour: str) -> None:
    """Write a name into its box, joined to its point by a line where they are far apart."""
    to_data = (ax.transData + ax.figure.dpi_scale_trans.inverted()).inverted().transform
    if _distance(box, point) > _BESIDE:
        centre = to_data(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
        ax.plot(*zip(to_data(point), centre, strict=True), color=FAINT, linewidth=0.6, zorder=1)
    x, y = to_data((box[0], box[1] + 0.03))
    ax.text(x, y, name, size=_NAME_SIZE, color=colour, bbox=TEXT_BOX, zorder=2)


def _free_box(
    name: str, points: tuple[Sequence[float], Sequence[Sequence[float]]], occupied: list[Box], frame: Box
) -> Box:
    """Return the first free position inside the frame that is closer to its point than to the others, else a free one.

    ``points`` are the point of the name and the others. Without a free position, the name is right of its point.
    """
    point, neighbours = points
    positions = list(_positions(point, text_width(name, _NAME_SIZE)))
    free = [box for box in positions if _inside(box, frame) and not any(_overlap(box, taken) for taken in occupied)]
    closer = [box for box in free if all(_distance(box, point) < _distance(box, neighbour) for neighbour in neighbours)]
    return next(iter([*closer, *free, *positions]))


def _distance(box: Box, point: Sequence[float]) -> float:
    """Return the distance between a box and a point in inches."""
    across = max(box[0] - point[0], 0.0, point[0] - box[2])
    return float(np.hypot(across, max(box[1] - point[1], 0.0, point[1] - box[3])))


def _inside(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def _positions(point: Sequence[float], width: float) -> Iterator[Box]:
    """Yield positions for a name: right, left, above and below its point, then the same further away."""
    x, y = point
    for ring in range(8):
        distance = 0.1 + 0.11 * ring
        half = _NAME_HEIGHT / 2
        corners = [(x + 0.1, y - half), (x - 0.1 - width, y - half)] if ring == 0 else []
        for bottom in (y + distance - 0.02, y - distance - _NAME_HEIGHT + 0.02):
            corners += [(x - width / 2, bottom), (x + 0.06, bottom), (x - 0.06 - width, bottom)]
        for left, bottom in corners:
            yield left, bottom, left + width, bottom + _NAME_HEIGHT


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    table = summarise(run).dropna(subset=[f"{split}_uar", "fit_seconds"])
    if table.empty:
        return "No model finished."
    best = table[pareto_front(table["fit_seconds"].to_numpy(), table[f"{split}_uar"].to_numpy())]
    rows = zip(model_titles(run, best["model"]), best["fit_seconds"], best[f"{split}_uar"], strict=True)
    listed = [f"{model} ({seconds(cost)}, {percent(uar)} %)" for model, cost, uar in rows]
    return (
        "UAR against the time of a fit, the time to predict a clip and the size of the model. "
        f"No other model has both a higher UAR and a faster fit than {', '.join(listed)}."
    )


CHART = Chart(name="cost", title="UAR against cost", order=60, draw=_draw, alt_text=_alt_text)
