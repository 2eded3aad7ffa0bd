"""Groups of clips that share an attribute, such as the gender of the speaker: pictures and tables."""

from __future__ import annotations

import math

import pandas as pd

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.groups import (
    comparable_attributes,
    compared_corpora,
    group_gaps,
    group_scores,
    shared_classes,
)
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.titles import groups_title
from ser_bench.report.formatting import percent, points, points_interval
from ser_bench.report.page.strips import Scale, StripRow, Strips, dots, line, marks, shape
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_MOST_MISSING = 2
"""The most classes that a caption names as left out; of more, it names those that count."""

_NAMES = {"text": "sentence"}
"""What the page calls an attribute, where its column has another name."""


def group_strips(run: SavedRun, split: str) -> list[Strips]:
    """Return a picture per attribute: UAR of each group, joined by the gap.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    list of Strips
    """
    return [_strips(run, split, attribute) for attribute in comparable_attributes(run, split)]


def _strips(run: SavedRun, split: str, attribute: str) -> Strips:
    scores, gaps = _scores(run, split, attribute), group_gaps(run, split)
    gaps = gaps[gaps["attribute"] == attribute].set_index("model")
    scores = scores.loc[_models(run)]
    scale, shapes = Scale.of(scores.to_numpy().ravel()), shape(list(map(str, scores.columns)))
    rows = []
    for model in _models(run):
        values, gap = scores.loc[model], gaps.loc[model]
        tested = not math.isnan(gap["low"]) or gap["gap"] == 0
        significant = ("yes" if gap["low"] > 0 else "no") if tested else "n/a"
        pictures = marks(
            ("gap", line(scale, values.min(), values.max())),
            *((f"group {style}", dots(scale, [values[group]])) for group, style in shapes.items()),
        )
        cell = number(gap["gap"], points(gap["gap"]).lstrip("+"))
        by_group = ", ".join(f"{group} {percent(value)} %" for group, value in values.items())
        interval = points_interval(gap["low"], gap["high"])
        words = f"{model_title(run, model)}: {by_group}; gap {cell.text} points {interval}".rstrip()
        rows.append(StripRow(Cell(model_title(run, model)), pictures, (cell, Cell(significant)), model, "", words))
    legend = tuple((f"group {style}", group) for group, style in shapes.items())
    return Strips(
        f"groups-{attribute}",
        f"{groups_title(run, attribute)}. {_caption(run, split, attribute)}",
        "UAR, %",
        scale,
        (Column("gap", under="points"), Column("signif.")),
        tuple(rows),
        legend,
        compact=True,
    )


def group_tables(run: SavedRun, split: str) -> list[Table]:
    """Return a table per attribute: UAR of each group, and the gap with its interval.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    list of Table
    """
    return [_table(run, split, attribute) for attribute in comparable_attributes(run, split)]


def _table(run: SavedRun, split: str, attribute: str) -> Table:
    """Return UAR per model and group of one attribute, over the classes of every group."""
    table, gaps = group_scores(run, split), group_gaps(run, split)
    gaps = gaps[gaps["attribute"] == attribute].set_index("model")
    clips = table[table["attribute"] == attribute].drop_duplicates("group").set_index("group")["clips"]
    scores = _scores(run, split, attribute)
    columns = (
        Column("model", numeric=False),
        *(Column(str(group), under=f"UAR %, {plural(int(clips[group]), 'clip')}") for group in scores.columns),
        Column("gap", under="points, highest minus lowest"),
        Column("lowest", numeric=False),
    )
    rows = []
    for model in _models(run):
        cells = [number(scores.at[model, group], percent(scores.at[model, group])) for group in scores.columns]
        gap = gaps.at[model, "gap"]
        shown = number(gap, points(gap).lstrip("+"), points_interval(gaps.at[model, "low"], gaps.at[model, "high"]))
        cells += [shown, Cell(str(gaps.at[model, "worst"]))]
        rows.append(Row((Cell(model_title(run, model)), *cells), model=model))
    unknown = int((run.clips[attribute] == "").sum())
    without = f"; {plural(unknown, 'clip')} of unknown {_name(attribute)} left out" if unknown else ""
    return Table(f"{_caption(run, split, attribute)} under the {split} split{without}", columns, tuple(rows))


def _caption(run: SavedRun, split: str, attribute: str) -> str:
    """Return what is shown: the attribute, the corpora and the classes."""
    within = f" within {listed(corpora)}" if any(corpora := compared_corpora(run, split, attribute)) else ""
    shared = shared_classes(run, split, attribute)
    missing = [label for label in run.labels if label not in shared]
    over = f", over the classes of every group: {', '.join(shared)}" if missing else ""
    if 0 < len(missing) <= _MOST_MISSING:
        over = f", without {listed(missing)}, which not every group has"
    return f"UAR by {_name(attribute)}{within}{over}"


def _name(attribute: str) -> str:
    return _NAMES.get(attribute, attribute)


def _scores(run: SavedRun, split: str, attribute: str) -> pd.DataFrame:
    """Return UAR over the shared classes per model and group."""
    table = group_scores(run, split)
    return table[table["attribute"] == attribute].pivot(index="model", columns="group", values="uar_shared")


def _models(run: SavedRun) -> list[str]:
    return ranked_models(run)
