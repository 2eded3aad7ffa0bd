"""UAR of the networks against their trainable weights and against the time of a fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.training import network_training
from ser_bench.report.charts.base import Chart
from ser_bench.report.charts.parts import point_colour
from ser_bench.report.charts.points import NamedPoint, Panel, draw_chance_level, draw_named_points, scale_costs
from ser_bench.report.charts.style import WARNING, new_sheet
from ser_bench.report.charts.text import wrap
from ser_bench.report.descriptions import model_title, model_titles
from ser_bench.report.findings.titles import architectures_title
from ser_bench.report.formatting import percent, seconds, weight_count
from ser_bench.runs.results import SavedRun

_HEIGHT, _LEFT, _BETWEEN, _BELOW = 4.2, 0.65, 0.3, 0.55
_COSTS = {
    "n_weights": ("trainable weights (log scale)", weight_count),
    "fit_seconds": ("mean time of one fit, one thread (log scale)", seconds),
}


def _networks(run: SavedRun) -> pd.DataFrame:
    """Return the summary of the networks under the ranking split, with their weights."""
    training = network_training(run).set_index(["split", "model"])["n_weights"]
    split = ranking_split(run.info.splits)
    table = summarise(run)
    weights = [training.get((split, model), np.nan) for model in table["model"]]
    return table.assign(n_weights=weights).dropna(subset=["n_weights"])


def _draw(run: SavedRun) -> Figure:
    """Draw a named point with its interval per network that finished."""
    split = ranking_split(run.info.splits)
    networks, notes = _networks(run), missing_folds(run)
    shown = networks.dropna(subset=[f"{split}_uar", "fit_seconds"])
    unfinished = [f"{model_title(run, m)} ({notes[m, split]})" for m in networks["model"] if notes[m, split]]
    footnote = wrap(f"Not shown: {', '.join(unfinished)}" if unfinished else "", 8.5, 8)
    foot = 0.17 * len(footnote)
    caption = f"Networks: UAR under the {split} split against weights and time"
    models = list(networks["model"])
    sheet = new_sheet(
        run, architectures_title(run), shown=caption, body=_HEIGHT + _BELOW + 0.2 + foot, splits=[split], models=models
    )
    label = "UAR (%)" + (", 95 % intervals over speakers" if shown[f"{split}_uar_low"].notna().any() else "")
    width = (sheet.width - _LEFT - _BETWEEN - 0.2) / 2
    for index, cost in enumerate(_COSTS):
        box = (_LEFT + index * (width + _BETWEEN), _BELOW + foot, width, _HEIGHT)
        panel = Panel(sheet.axes(*box), width, _HEIGHT)
        _draw_panel(run, panel, cost, shown, split)
        panel.ax.tick_params(labelleft=index == 0)
        panel.ax.set_ylabel("" if index else label)
    for index, line in enumerate(footnote):
        sheet.text(0.15, 0.06 + 0.17 * (len(footnote) - 1 - index), line, size=8, color=WARNING)
    return sheet.figure


def _draw_panel(run: SavedRun, panel: Panel, cost: str, shown: pd.DataFrame, split: str) -> None:
    label, write = _COSTS[cost]
    scores = 100 * shown[[f"{split}_uar", f"{split}_uar_low", f"{split}_uar_high"]].to_numpy("float64")
    chance = chance_levels(run)["uar"]
    low, high = (float(np.nanmin(scores)), float(np.nanmax(scores))) if len(scores) else (0.0, 100.0)
    margin = max(4.0, 0.12 * (high - low))
    panel.ax.set_ylim(max(0.0, low - margin), min(100.0, high + margin) if high < 100 else 102.0)
    scale_costs(panel, shown[cost].to_list(), label, write)
    shows_chance = panel.ax.get_ylim()[0] < 100 * chance
    if shows_chance:
        draw_chance_level(panel.ax, chance)
    rows = zip(model_titles(run, shown["model"]), shown[cost], scores, strict=True)
    points = [NamedPoint(title, x, values[0], point_colour(title, split), *values[1:]) for title, x, values in rows]
    draw_named_points(panel, points, chance if shows_chance else float("nan"))


def _alt_text(run: SavedRun) -> str:
    split = ranking_split(run.info.splits)
    shown = _networks(run).dropna(subset=[f"{split}_uar", "fit_seconds"]).sort_values("n_weights", kind="stable")
    if shown.empty:
        return "No network finished."
    rows = zip(
        model_titles(run, shown["model"]), shown["n_weights"], shown["fit_seconds"], shown[f"{split}_uar"], strict=True
    )
    listed = [f"{title} ({weight_count(count)}, {seconds(time)}, {percent(uar)} %)" for title, count, time, uar in rows]
    return (
        f"UAR of the networks under the {split} split against their trainable weights and the time of a fit. "
        f"From the fewest weights to the most: {', '.join(listed)}."
    )


def _applies_to(run: SavedRun) -> bool:
    return len(_networks(run)) > 1


CHART = Chart(
    name="architectures",
    title="Networks: UAR against weights and time",
    order=65,
    section=None,
    draw=_draw,
    finding=architectures_title,
    alt_text=_alt_text,
    applies_to=_applies_to,
)
