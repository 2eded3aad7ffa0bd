"""What models use: the UAR that they lose when a group of features is shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.failures import importance_blocks
from ser_bench.report.analysis.feature_sets import group_in_set, sets_of_groups
from ser_bench.report.analysis.models import models_with_copies, trained_models
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title
from ser_bench.report.formatting import points
from ser_bench.report.page.strips import Scale, StripRow, Strips, bars, dots, marks
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_MOST_COLUMNS = 10
"""The most columns of a table that needs no scrolling."""

_OPEN = 2
"""The most pictures that are not folded."""


@dataclass(frozen=True)
class Features:
    """The section on features.

    Parameters
    ----------
    pictures, further : tuple of Strips
        A row per group of features, a picture per set of groups; the page folds the further ones.
    tables : tuple of Table
        The loss of every model.
    notes : tuple of str
        How to read the pictures, and which models are missing.
    """

    pictures: tuple[Strips, ...]
    further: tuple[Strips, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def feature_report(run: SavedRun) -> Features | None:
    """Return which groups of features models use, under the split that ranks models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Features or None
        None for a run without importance.
    """
    split = ranking_split(run.info.splits)
    blocks = _blocks(run, split)
    if not blocks:
        return None
    scale = Scale.of([0.0, *(value for table in blocks for value in table.to_numpy().ravel())])
    pictures = [_strips(run, table, scale, index) for index, table in enumerate(blocks)]
    tables = tuple(_table(run, table) for table in blocks)
    return Features(tuple(pictures[:_OPEN]), tuple(pictures[_OPEN:]), tables, tuple(_notes(run, split, blocks)))


def _blocks(run: SavedRun, split: str) -> list[pd.DataFrame]:
    """Return losses by model and group: a table per set of groups, which also holds models with a part of them."""
    blocks: list[pd.DataFrame] = []
    for table in importance_blocks(run, split):
        part = table.dropna(how="all")
        if part.empty:
            continue
        for index, block in enumerate(blocks):
            first, second = set(block.columns), set(part.columns)
            if first <= second or second <= first:
                columns = block.columns if second <= first else part.columns
                blocks[index] = pd.concat([block, part]).reindex(columns=columns)
                break
        else:
            blocks.append(part)
    ordered = [block[block.mean().sort_values(ascending=False, kind="stable").index] for block in blocks]
    return [_by_set(block, _sets(run, block)) for block in ordered]


def _sets(run: SavedRun, block: pd.DataFrame) -> dict[str, str]:
    """Return the feature set of each group of a block; empty where the names of groups say enough."""
    sets: dict[str, str] = {}
    for model, losses in block.iterrows():
        sets |= sets_of_groups(run, str(model), [str(group) for group in losses.dropna().index])
    return sets


def _by_set(block: pd.DataFrame, sets: Mapping[str, str]) -> pd.DataFrame:
    """Return a block with the groups of each set together, the set of the most important group first."""
    order = list(dict.fromkeys(sets.get(str(group), "") for group in block.columns))
    return block[sorted(block.columns, key=lambda group: order.index(sets.get(str(group), "")))]


def _group_cell(group: str, sets: Mapping[str, str]) -> Cell:
    """Return the heading of a group, with its set where the name of the group does not say it."""
    name = sets.get(group, "")
    return Cell(group_in_set(group, name), note="" if name == group else name)


def _strips(run: SavedRun, table: pd.DataFrame, scale: Scale, index: int) -> Strips:
    """Return the picture of a set of groups: a bar per model, the best model as a dot, and the mean of models."""
    best, sets = model_title(run, str(table.index[0])), _sets(run, table)
    rows = []
    for group, losses in table.items():
        values, value = losses.dropna(), losses.iloc[0]
        pictures = marks(
            ("zero", bars(scale, [0.0], 0, 28)),
            ("speakers", bars(scale, values) if len(table) > 1 else ""),
            ("median", bars(scale, [values.mean()], 5, 23) if len(table) > 1 else ""),
            ("dot", dots(scale, [value])),
        )
        cells = [number(value, _lost(value))] + [number(values.mean(), _lost(values.mean()))] * (len(table) > 1)
        words = f"{group}: {best} {_lost(value)} points"
        words += f", mean of {plural(len(values), 'model')} {_lost(values.mean())} points" if len(table) > 1 else ""
        rows.append(StripRow(_group_cell(str(group), sets), pictures, tuple(cells), "", "", words))
    legend = [("dot", best)]
    columns = [Column(best, under="points")]
    if len(table) > 1:
        legend += [("speakers", "one model"), ("median", f"mean of the {len(table)} models")]
        columns.append(Column("mean", under="points"))
    return Strips(
        f"importance-{index}",
        f"{_names(run, table)}: UAR lost by shuffling a group",
        "loss, points",
        scale,
        tuple(columns),
        tuple(rows),
        tuple(legend),
        first="features",
        compact=True,
    )


def _names(run: SavedRun, table: pd.DataFrame) -> str:
    titles = [model_title(run, str(model)) for model in table.index]
    return listed(titles if len(titles) <= 4 else [*titles[:2], f"{len(titles) - 2} more models"])


def _table(run: SavedRun, table: pd.DataFrame) -> Table:
    """Return the losses of every model, a column per group; of few models and many groups, a row per group."""
    groups = [_group_cell(str(group), _sets(run, table)) for group in table.columns]
    if len(groups) >= _MOST_COLUMNS > len(table):
        return _row_per_group(run, table, groups)
    heads = (Column(cell.text, under=f"points, {cell.note}" if cell.note else "points") for cell in groups)
    columns = (Column("model", numeric=False), *heads)
    rows = [
        Row(
            (Cell(model_title(run, str(model))), *(number(value, _lost(value)) for value in losses)),
            model=str(model),
        )
        for model, losses in table.iterrows()
    ]
    return Table(_caption(run, table), columns, tuple(rows), kind="wide" if len(columns) > _MOST_COLUMNS else "")


def _row_per_group(run: SavedRun, table: pd.DataFrame, groups: Sequence[Cell]) -> Table:
    """Return the losses of every model, a column per model."""
    columns = (
        Column("features", numeric=False),
        *(Column(model_title(run, str(m)), under="points") for m in table.index),
    )
    losses = table.T.to_numpy()
    rows = [Row((cell, *(number(v, _lost(v)) for v in values))) for cell, values in zip(groups, losses, strict=True)]
    return Table(_caption(run, table), columns, tuple(rows))


def _caption(run: SavedRun, table: pd.DataFrame) -> str:
    return f"UAR lost by shuffling a group of features: {_names(run, table)}"


def _lost(loss: float) -> str:
    """Write a loss in points, without a plus sign."""
    return points(loss).removeprefix("+")


def _notes(run: SavedRun, split: str, blocks: list[pd.DataFrame]) -> list[str]:
    """State what the losses are means of, what they hide, and which models are not shown."""
    shown = [str(model) for block in blocks for model in block.index]
    folds = plural(run.importance.loc[run.importance["split"] == split, "fold"].nunique(), "fold")
    repeat = " of the first repeat" if run.fits["repeat"].nunique() > 1 else ""
    notes = [f"Means over {folds}{repeat}, {split} split. A group that others can replace costs little alone."]
    if copies := [model for model in shown if model in models_with_copies(run)]:
        count = "Every model" if len(copies) == len(shown) else f"{len(copies)} of the {len(shown)} models"
        count = model_title(run, copies[0]) if len(shown) == 1 else count
        verb = "trains" if len(copies) == 1 or len(copies) == len(shown) else "train"
        notes.append(f"{count} {verb} on copies at other speeds.")
    reasons = missing_folds(run)
    missing = [model for model in trained_models(run) if model not in shown]
    listing = ", ".join(f"{model_title(run, model)} ({reasons[model, split] or 'no groups'})" for model in missing)
    return [*notes, *([f"Not shown: {listing}."] if listing else [])]
