"""What a model costs against what it is worth: UAR over fit time, prediction time and size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ser_bench.report.analysis.scores import BASELINES, chance_levels, missing_folds, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import WHITE_GROUND
from ser_bench.report.charts.style import ALARM, FAINT, INK, new_sheet, split_colour, text_width, wrap
from ser_bench.report.formatting import byte_size, percent, seconds
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import pareto_front

_LABEL, _LINE, _DOT = 8.5, 0.145, 0.06
_TALL, _LOW = 4.1, 3.2
_COSTS = {
    "fit_seconds": ("mean time of one fit, one thread (log scale)", seconds),
    "predict_seconds": ("time to predict a clip (log scale)", seconds),
    "model_bytes": ("size of the fitted model (log scale)", byte_size),
}


@dataclass(frozen=True)
class _Panel:
    """Axes with the cost they show and their size in inches."""

    ax: Axes
    cost: str
    width: float
    height: float


def _draw(run: SavedRun) -> Figure:
    """Draw UAR over each cost, a named point per model that finished, and a line through those no other beats."""
    split = ranking_split(run.info.splits)
    table, notes = summarise(run), missing_folds(run)
    shown = table.dropna(subset=[f"{split}_uar", "fit_seconds"])
    left_out = [f"{m} ({notes[m, split]})" for m in table["model"] if notes[m, split]]
    missing = wrap(f"Not shown: {', '.join(left_out)}" if left_out else "", 8.5, 8)
    foot = 0.17 * len(missing)
    title = f"UAR under the {split} split against cost; the line joins models that none beats on both"
    sheet = new_sheet(run, title, body=_TALL + _LOW + 1.25 + foot, splits=[split])
    half = (sheet.width - 0.65 - 0.75 - 0.2) / 2
    upper = foot + 0.5 + _LOW + 0.6
    panels = (
        _Panel(sheet.axes(0.65, upper, sheet.width - 0.85, _TALL), "fit_seconds", sheet.width - 0.85, _TALL),
        _Panel(sheet.axes(0.65, foot + 0.5, half, _LOW), "predict_seconds", half, _LOW),
        _Panel(sheet.axes(0.65 + half + 0.75, foot + 0.5, half, _LOW), "model_bytes", half, _LOW),
    )
    for panel in panels:
        _draw_panel(panel, shown.dropna(subset=[panel.cost]), split, chance_levels(run)["uar"])
    for index, line in enumerate(missing):
        sheet.text(0.15, 0.06 + 0.17 * (len(missing) - 1 - index), line, size=8, color=ALARM)
    return sheet.figure


def _draw_panel(panel: _Panel, shown: pd.DataFrame, split: str, chance: float) -> None:
    _axes(panel, shown, split)
    ax, level = panel.ax, 100 * chance
    ax.axhline(level, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    words = f"chance {percent(chance)} %"
    ax.text(0.995, level + 0.7, words, transform=ax.get_yaxis_transform(), ha="right", size=8)
    if len(shown):
        _front(ax, shown[panel.cost].to_numpy(), 100 * shown[f"{split}_uar"].to_numpy())
        _points(panel, shown, split, level)


def _axes(panel: _Panel, shown: pd.DataFrame, split: str) -> None:
    """Scale both axes so that points keep room for their names; costs in words, by decades."""
    ax, (words, write) = panel.ax, _COSTS[panel.cost]
    values = shown[panel.cost].clip(lower=1e-7)
    low, high = (values.min() / 2.5, values.max() * 4) if len(shown) else (0.01, 10)
    ax.set_xscale("log")
    ax.set_xlim(low, max(high, low * 100))
    ax.set_ylim(0, max(20.0, 100 * shown[f"{split}_uar"].max() + 8) if len(shown) else 100)
    decades = np.log10(ax.get_xlim()[1] / ax.get_xlim()[0])
    ax.xaxis.set_major_locator(LogLocator(10 ** np.ceil(decades / (panel.width / 0.62))))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _brief(write(x))))
    ax.set_xlabel(words)
    ax.set_ylabel("UAR (%)")
    ax.grid()


def _brief(text: str) -> str:
    """Write 10.0 s as 10 s."""
    return text.replace(".0 ", " ").replace("1e+02", "100").replace("0.10 s", "100 ms")


def _front(ax: Axes, costs: np.ndarray, worth: np.ndarray) -> None:
    """Draw the Pareto front as a step: for a budget on the x axis, the best UAR to be had."""
    best = pareto_front(costs, worth)
    order = np.argsort(costs[best], kind="stable")
    x, y = costs[best][order], worth[best][order]
    x, y = np.append(x, ax.get_xlim()[1]), np.append(y, y[-1])
    ax.step(x, y, where="post", color=FAINT, linewidth=1.1, zorder=1)


def _points(panel: _Panel, shown: pd.DataFrame, split: str, level: float) -> None:
    """Draw the points and write each name at the first free place around its own."""
    ax = panel.ax
    to_inches = ax.transData + ax.figure.dpi_scale_trans.inverted()
    origin = to_inches.inverted().transform
    colours = [FAINT if model in BASELINES else split_colour(split) for model in shown["model"]]
    data = list(zip(shown[panel.cost].clip(lower=1e-7), 100 * shown[f"{split}_uar"], strict=True))
    ax.scatter(
        [x for x, _ in data],
        [y for _, y in data],
        s=42,
        c=colours,
        edgecolors="white",
        linewidths=0.8,
        zorder=3,
    )
    spots = [tuple(map(float, to_inches.transform(point))) for point in data]
    taken = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in spots]
    left, floor = (float(v) for v in to_inches.transform((ax.get_xlim()[0], 0)))
    edge, line = left + panel.width, float(to_inches.transform((1, level))[1])
    taken += [(left, line - 0.01, edge, line + 0.01), (edge - 1.1, line, edge, line + 0.2)]  # the chance line
    for name, spot, colour in zip(shown["model"], spots, colours, strict=True):
        box = _free_box(name, spot, taken, (left, floor, edge, floor + panel.height))
        taken.append(box)
        if max(abs(box[0] - spot[0]), abs(box[1] - spot[1]), abs(box[2] - spot[0])) > 0.35 + box[2] - box[0]:
            end = origin(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
            ax.plot(*zip(origin(spot), end, strict=True), color=FAINT, linewidth=0.6, zorder=1)
        x, y = origin((box[0], box[1] + 0.03))
        ax.text(x, y, name, size=_LABEL, color=INK if colour != FAINT else FAINT, bbox=WHITE_GROUND, zorder=2)


Box = tuple[float, float, float, float]


def _free_box(name: str, spot: tuple[float, ...], taken: list[Box], frame: Box) -> Box:
    """Return the first candidate inside the frame that overlaps nothing, else the nearest one."""
    width = text_width(name, _LABEL)
    candidates = list(_candidates(spot, width))
    for box in candidates:
        inside = box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
        if inside and not any(_overlap(box, other) for other in taken):
            return box
    return candidates[0]


def _candidates(spot: tuple[float, ...], width: float) -> Iterator[Box]:
    """Yield places for a name: right, left, above, below, then the same further away."""
    x, y = spot
    for ring in range(8):
        far = 0.1 + 0.11 * ring
        half = _LINE / 2
        corners = [(x + 0.1, y - half), (x - 0.1 - width, y - half)] if ring == 0 else []
        for up in (y + far - 0.02, y - far - _LINE + 0.02):
            corners += [(x - width / 2, up), (x + 0.06, up), (x - 0.06 - width, up)]
        for left, bottom in corners:
            yield left, bottom, left + width, bottom + _LINE


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    table = summarise(run).dropna(subset=[f"{split}_uar", "fit_seconds"])
    if table.empty:
        return "No model finished."
    best = table[pareto_front(table["fit_seconds"].to_numpy(), table[f"{split}_uar"].to_numpy())]
    rows = zip(best["model"], best["fit_seconds"], best[f"{split}_uar"], strict=True)
    listed = [f"{model} ({seconds(cost)}, {percent(uar)} %)" for model, cost, uar in rows]
    return (
        "UAR against the time of a fit, the time to predict a clip and the size of the model. "
        f"No other model is both better and faster to fit than {', '.join(listed)}."
    )


CHART = Chart(name="cost", title="UAR against cost", order=60, draw=_draw, alt_text=_alt_text)
