"""UAR against cost: time of a fit, time of a prediction and size of the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.report.analysis.exposure import heard_models, ranked
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import point_colour
from ser_bench.report.charts.points import NamedPoint, Panel, draw_chance_level, draw_named_points, scale_costs
from ser_bench.report.charts.style import FAINT, WARNING, new_sheet
from ser_bench.report.charts.text import wrap
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.titles import cost_title
from ser_bench.report.formatting import byte_size, percent, seconds
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import pareto_front

_TOP_HEIGHT, _BOTTOM_HEIGHT = 4.1, 3.2
_COSTS = {
    "fit_seconds": ("mean time of one fit of this split, one thread (log scale)", seconds),
    "predict_seconds": ("time to predict a clip (log scale)", seconds),
    "model_bytes": ("size of the fitted model (log scale)", byte_size),
}


def _draw(run: SavedRun) -> Figure:
    """Draw UAR over each cost: a named point per model that finished, and the Pareto front."""
    split = ranking_split(run.info.splits)
    table, notes = summarise(run), missing_folds(run)
    shown = table.dropna(subset=[f"{split}_uar", "fit_seconds"])
    shown = shown.assign(title=model_titles(run, shown["model"]), ranked=_takes_rank(run, shown))
    unfinished = [f"{model_title(run, m)} ({notes[m, split]})" for m in table["model"] if notes[m, split]]
    footnote = wrap(f"Not shown: {', '.join(unfinished)}" if unfinished else "", 8.5, 8)
    foot = 0.17 * len(footnote)
    caption = f"UAR under the {split} split against cost; the line joins the highest UAR at each cost"
    sheet = new_sheet(
        run, cost_title(run), shown=caption, body=_TOP_HEIGHT + _BOTTOM_HEIGHT + 1.25 + foot, splits=[split]
    )
    half = (sheet.width - 0.65 - 0.75 - 0.2) / 2
    top, bottom = foot + 0.5 + _BOTTOM_HEIGHT + 0.6, foot + 0.5
    boxes = {
        "fit_seconds": (0.65, top, sheet.width - 0.85, _TOP_HEIGHT),
        "predict_seconds": (0.65, bottom, half, _BOTTOM_HEIGHT),
        "model_bytes": (0.65 + half + 0.75, bottom, half, _BOTTOM_HEIGHT),
    }
    for cost, box in boxes.items():
        panel = Panel(sheet.axes(*box), *box[2:])
        _draw_panel(panel, cost, shown.dropna(subset=[cost]), split, chance_levels(run)["uar"])
    for index, line in enumerate(footnote):
        sheet.text(0.15, 0.06 + 0.17 * (len(footnote) - 1 - index), line, size=8, color=WARNING)
    return sheet.figure


def _draw_panel(panel: Panel, cost: str, shown: pd.DataFrame, split: str, chance: float) -> None:
    """Draw the points of one cost; names have space above the highest score."""
    label, write = _COSTS[cost]
    panel.ax.set_ylim(0, max(20.0, 100 * shown[f"{split}_uar"].max() + 8) if len(shown) else 100)
    panel.ax.set_ylabel("UAR (%)")
    scale_costs(panel, shown[cost].to_list(), label, write)
    draw_chance_level(panel.ax, chance)
    if len(shown):
        best = shown[shown["ranked"]]
        front = _front(panel.ax, best[cost].to_numpy(), 100 * best[f"{split}_uar"].to_numpy())
        panel.ax.plot([x for x, _ in front], [y for _, y in front], color=FAINT, linewidth=1.1, zorder=1)
        rows = zip(shown["title"], shown[cost], 100 * shown[f"{split}_uar"], strict=True)
        points = [NamedPoint(title, x, y, point_colour(title, split)) for title, x, y in rows]
        draw_named_points(panel, points, chance, front)


def _takes_rank(run: SavedRun, table: pd.DataFrame) -> list[bool]:
    """Return which rows of a table are models that take a rank, so that they may be part of the front."""
    ranking = ranked(run, table["model"])
    return [model in ranking for model in table["model"]]


def _front(ax: Axes, costs: np.ndarray, scores: np.ndarray) -> list[tuple[float, float]]:
    """Return the corners of the Pareto front, a step line: the best UAR within the budget on the x axis."""
    best = pareto_front(costs, scores)
    order = np.argsort(costs[best], kind="stable")
    x, y = np.append(costs[best][order], ax.get_xlim()[1]), scores[best][order]
    return list(zip(np.repeat(x, 2)[1:-1], np.repeat(y, 2), strict=True))


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    table = summarise(run).dropna(subset=[f"{split}_uar", "fit_seconds"])
    if table.empty:
        return "No model finished."
    heard = ", ".join(model_titles(run, [m for m in table["model"] if m in heard_models(run, split)]))
    table = table[_takes_rank(run, table)]
    best = table[pareto_front(table["fit_seconds"].to_numpy(), table[f"{split}_uar"].to_numpy())]
    rows = zip(model_titles(run, best["model"]), best["fit_seconds"], best[f"{split}_uar"], strict=True)
    listed = [f"{model} ({seconds(cost)}, {percent(uar)} %)" for model, cost, uar in rows]
    return (
        "UAR against the time of a fit, the time to predict a clip and the size of the model. "
        f"No other model has both a higher UAR and a faster fit than {', '.join(listed)}."
        f"{f' Left out here, since they take no rank: {heard}.' if heard else ''}"
    )


CHART = Chart(
    name="cost", title="UAR against cost", order=60, section=None, draw=_draw, finding=cost_title, alt_text=_alt_text
)
