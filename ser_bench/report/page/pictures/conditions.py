"""UAR against the level of a condition, such as the SNR of noise: a small picture per kind, a line per model."""

from __future__ import annotations

import math

import pandas as pd

from ser_bench.report.analysis.conditions.leaders import leading_models
from ser_bench.report.analysis.conditions.levels import LevelledKind, levelled_kinds
from ser_bench.report.analysis.conditions.scores import condition_matrix, scores_under
from ser_bench.report.analysis.conditions.tested import heard_families
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.scores import chance_levels
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import HEARD_MARK, model_title
from ser_bench.report.formatting import percent, percent_interval, points, points_interval
from ser_bench.report.page.pictures.series import MOST_SERIES, series
from ser_bench.report.page.plots.axes import Axis, category_axis, linear_axis
from ser_bench.report.page.plots.marks import Dots, Line, Mark
from ser_bench.report.page.plots.names import Name
from ser_bench.report.page.plots.picture import Plot
from ser_bench.runs.results import SavedRun


def level_plots(run: SavedRun) -> dict[LevelledKind, Plot]:
    """Prepare UAR on clean clips and at each level, the hardest at the right.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of LevelledKind to Plot
        In the order of the run, on one scale; empty without a kind that has several levels or a model with a score.
    """
    if not leading_models(run, MOST_SERIES):
        return {}
    split, kinds = ranking_split(run.info.splits), levelled_kinds(run)
    table = 100 * condition_matrix(run, split).reindex(ranked_models(run))
    chance = 100 * chance_levels(run)["uar"]
    shown = table[sorted({name for kind in kinds for name in kind.places})].to_numpy("float64").ravel()
    y = linear_axis("UAR (%)", [chance, *map(float, shown)], lowest=0, highest=100)
    return {kind: _plot(run, kind, table, y, chance) for kind in kinds}


def _plot(run: SavedRun, kind: LevelledKind, table: pd.DataFrame, y: Axis, chance: float) -> Plot:
    """Prepare the picture of a kind of condition."""
    leaders = leading_models(run, MOST_SERIES)
    x = category_axis(kind.unit, kind.ticks, after=1.4)
    marks: list[Mark] = [Line(((x.low, chance), (x.high, chance)), "chance")]
    for model, values in table.drop(index=leaders).iterrows():
        marks.append(Line(_points(values, kind), "other", str(model), clear=False))
    names, words = list[Name](), list[str]()
    for index, model in reversed(list(enumerate(leaders))):
        look, places = series(index), _points(table.loc[model], kind)
        title, heard = model_title(run, model), kind.family in heard_families(run, model)
        marks.append(Line(places, look.kind, model))
        marks.append(Dots(places, look.colour, model, look.shape, _tips(run, kind, model), radius=3.2))
        names.insert(0, Name(places[:0:-1], f"{title} {HEARD_MARK}" if heard else title, look.colour, model))
        ends = " to ".join(percent(value / 100) for _, value in (places[0], places[-1]))
        words.insert(0, f"{title} {ends} %{' (heard in training)' if heard else ''}")
    return Plot(
        name=f"levels-{kind.name}",
        title=f"UAR under {kind.name}",
        words=f"UAR from clean clips to the hardest level, {kind.ticks[-1]} {kind.unit}: {', '.join(words)}.",
        x=x,
        y=y,
        marks=tuple(marks),
        names=tuple(names),
    )


def _points(values: pd.Series, kind: LevelledKind) -> tuple[tuple[float, float], ...]:
    """Return the places of the scores that are known."""
    pairs = ((float(position), float(values[name])) for position, name in enumerate(kind.places))
    return tuple(pair for pair in pairs if not math.isnan(pair[1]))


def _tips(run: SavedRun, kind: LevelledKind, model: str) -> tuple[str, ...]:
    """Return a text for each point: the score and the loss, with intervals."""
    rows = scores_under(run, ranking_split(run.info.splits)).loc[model]
    texts = []
    for index, name in enumerate(kind.places):
        row = rows.loc[name]
        if math.isnan(row["uar"]):
            continue
        score = f"{percent(row['uar'])} % {percent_interval(row['uar_low'], row['uar_high'])}".rstrip()
        loss = f", loss {points(row['loss'])} points {points_interval(row['loss_low'], row['loss_high'])}".rstrip()
        texts.append(f"{model_title(run, model)}, {name}: {score}{loss.replace('+', '') if index else ''}")
    return tuple(texts)
