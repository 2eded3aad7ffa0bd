"""UAR against a cost: the time of a fit, and for networks the number of weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_bench.core.text import listed
from ser_bench.report.analysis.exposure import ranked
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import chance_levels
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.training import network_training
from ser_bench.report.descriptions import model_titles
from ser_bench.report.formatting import percent, percent_interval, seconds, weight_count
from ser_bench.report.page.plots.axes import linear_axis, log_axis, short_seconds
from ser_bench.report.page.plots.marks import Dots, Line, Mark
from ser_bench.report.page.plots.names import Name
from ser_bench.report.page.plots.picture import Plot
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import pareto_front

_LEAST = 1e-6
"""Lower costs are drawn here, since a logarithmic axis has no 0."""


@dataclass(frozen=True)
class _Cost:
    """A cost: its place in the title of the picture, the title of its axis, and how its numbers are written."""

    noun: str
    axis: str
    tick: Callable[[float], str]
    write: Callable[[float], str]


_COSTS = {
    "fit_seconds": _Cost("training time", "mean time of a fit, log scale", short_seconds, seconds),
    "n_weights": _Cost(
        "weights", "trainable weights, log scale", weight_count, lambda count: f"{weight_count(count)} weights"
    ),
}


@dataclass(frozen=True)
class _Point:
    """A model: its cost, its UAR with its interval in percent, and its place.

    ``best`` says whether no other model is cheaper and better, ``heard`` whether the model takes no rank.
    """

    model: str
    title: str
    cost: float
    uar: float
    low: float
    high: float
    best: bool
    heard: bool


def cost_plot(run: SavedRun) -> Plot | None:
    """Prepare UAR against the time of a fit, a dot per model that finished.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Plot or None
        None if no model finished. The stepped line is the highest UAR at each cost. It ends at the slowest model.
    """
    return _plot(run, _finished(run), "fit_seconds", "Models")


def architecture_plots(run: SavedRun) -> list[Plot]:
    """Prepare UAR of the networks against their weights, and against the time of a fit.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of Plot
        Empty for fewer than two networks that finished.
    """
    weights = network_training(run).set_index(["split", "model"])["n_weights"]
    split, table = ranking_split(run.info.splits), _finished(run)
    table = table.assign(n_weights=[weights.get((split, model), np.nan) for model in table["model"]])
    networks = table.dropna(subset=["n_weights"])
    if len(networks) < 2:
        return []
    plots = [_plot(run, networks, cost, "Networks") for cost in ("n_weights", "fit_seconds")]
    return [plot for plot in plots if plot]


def _finished(run: SavedRun) -> pd.DataFrame:
    """Return the summary of the models that finished, baselines left out."""
    table = summarise(run).dropna(subset=[f"{ranking_split(run.info.splits)}_uar", "fit_seconds"])
    return table[~table["model"].isin(BASELINES)]


def _points(run: SavedRun, table: pd.DataFrame, cost: str) -> list[_Point]:
    """Return the points of a picture, the highest UAR first."""
    split = ranking_split(run.info.splits)
    scores = 100 * table[[f"{split}_uar", f"{split}_uar_low", f"{split}_uar_high"]].to_numpy("float64")
    costs = np.maximum(table[cost].to_numpy("float64"), _LEAST)
    ranking = ranked(run, table["model"], split)
    best = pareto_front(np.where(table["model"].isin(ranking), costs, np.nan), scores[:, 0])
    rows = zip(table["model"], model_titles(run, table["model"]), costs, scores, best, strict=True)
    return [
        _Point(model, title, float(at), float(uar), float(low), float(high), bool(front), model not in ranking)
        for model, title, at, (uar, low, high), front in rows
    ]


def _plot(run: SavedRun, table: pd.DataFrame, cost: str, subject: str) -> Plot | None:
    points, kind = _points(run, table, cost), _COSTS[cost]
    if not points:
        return None
    split, chance = ranking_split(run.info.splits), 100 * chance_levels(run)["uar"]
    ends = [value for point in points for value in (point.uar, point.low, point.high)]
    x = log_axis(kind.axis, [point.cost for point in points], kind.tick)
    y = linear_axis(f"UAR, {split} split (%)", ends, lowest=0, highest=100)
    marks: list[Mark] = [*_front(points), *(_dot(point, kind) for point in points)]
    if y.low <= chance:
        marks.insert(0, Line(((x.low, chance), (x.high, chance)), "chance", tip=f"chance: {percent(chance / 100)} %"))
    return Plot(
        name=f"{subject.lower()}-{cost.replace('_', '-')}",
        title=f"{subject}: UAR against {kind.noun}",
        words=_words(points, kind),
        x=x,
        y=y,
        marks=tuple(marks),
        names=tuple(Name(((point.cost, point.uar),), point.title, "", point.model) for point in points),
    )


def _dot(point: _Point, kind: _Cost) -> Dots:
    """Return the dot of a model, hollow where another model is cheaper and better, grey where it takes no rank."""
    interval = percent_interval(point.low / 100, point.high / 100)
    score = f"{percent(point.uar / 100)} % {interval}".rstrip()
    tip = f"{point.title}: {score}, {kind.write(point.cost)}"
    looks = "no-rank" if point.heard else "c1" if point.best else "c1 hollow"
    ends = ((point.low, point.high),)
    return Dots(((point.cost, point.uar),), looks, point.model, tips=(tip,), intervals=ends)


def _front(points: list[_Point]) -> list[Line]:
    """Return the highest UAR at each cost, from the cheapest to the most expensive model; empty without a rank."""
    best = sorted((point.cost, point.uar) for point in points if point.best)
    last = max(point.cost for point in points)
    return [Line((*best, (last, best[-1][1])), "front", step=True)] if best else []


def _words(points: list[_Point], kind: _Cost) -> str:
    """Describe a picture: the models that no other one beats in both."""
    best = sorted((point for point in points if point.best), key=lambda point: point.cost)
    names = [f"{point.title} ({kind.write(point.cost)}, {percent(point.uar / 100)} %)" for point in best]
    if not names:
        return "A dot per model; none takes a rank."
    heard = [point.title for point in points if point.heard]
    others = f" Left out there, since they take no rank: {listed(heard)}." if heard else ""
    return f"A dot per model. No other model has both a higher UAR and a lower cost than {listed(names)}.{others}"
