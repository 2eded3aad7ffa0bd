"""The folded tables on recording conditions: every score, losses, what predictions become, and changed labels."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import pandas as pd

from ser_bench.report.analysis.conditions.leaders import leading_models
from ser_bench.report.analysis.conditions.scores import condition_matrix, scores_under
from ser_bench.report.analysis.conditions.stability import changed_labels
from ser_bench.report.analysis.conditions.tested import audible_conditions, heard_families
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import HEARD_MARK, model_title
from ser_bench.report.formatting import percent, percent_interval, points, points_interval
from ser_bench.report.page.pictures.series import MOST_SERIES
from ser_bench.report.page.shades import step_of
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_MODEL = Column("model", numeric=False)
_CONDITION = (Column("condition", numeric=False), Column("family", numeric=False))


def heat_table(run: SavedRun) -> Table:
    """Return UAR per condition (rows, clean first) and model (columns), tinted by its value.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table
    """
    split, models = ranking_split(run.info.splits), ranked_models(run)
    table = condition_matrix(run, split)
    columns = (*_CONDITION, *(Column(model_title(run, model), kind=" upright") for model in models))
    rows = []
    for name, family in zip(table.columns, ["", *(condition.family for condition in run.info.conditions)], strict=True):
        cells = [_tinted(run, model, family, float(table.at[model, name])) for model in models]
        rows.append(Row((Cell(str(name)), Cell(family), *cells)))
    caption = f"UAR in percent under each condition, {split} split"
    tint = f"s{run.info.splits.index(split)}"
    return Table(caption, columns, tuple(rows), kind=f"tinted {tint}")


def marked_score(run: SavedRun, model: str, family: str, value: float, note: str = "") -> Cell:
    """Return a share in percent, with the mark of a family that the model heard in training.

    Parameters
    ----------
    run : SavedRun
    model : str
    family : str
        The family of the condition; empty for clean clips.
    value : float
        A fraction.
    note : str
        Smaller text after it.

    Returns
    -------
    Cell
    """
    mark = f"{HEARD_MARK} " if family in heard_families(run, model) else ""
    return number(value, f"{mark}{percent(value)}", note)


def _tinted(run: SavedRun, model: str, family: str, value: float) -> Cell:
    """Return a cell of the heat map, with the mark of a family that the model heard in training."""
    cell = marked_score(run, model, family, value)
    return cell if math.isnan(value) else dataclasses.replace(cell, kind=f"t{step_of(value)}")


def loss_table(run: SavedRun) -> Table:
    """Return the losses of the leading models under each condition, with intervals.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table
    """
    split, models = ranking_split(run.info.splits), leading_models(run, MOST_SERIES)
    scores, rows = scores_under(run, split), []
    for condition in run.info.conditions:
        cells = [_loss(scores.loc[(model, condition.name)]) for model in models]
        clips = scores.loc[(models[0], condition.name), "clips"] if models else 0
        head = (Cell(condition.name), Cell(condition.family), number(float(clips), f"{clips:,.0f}"))
        rows.append(Row((*head, *cells)))
    columns = (*_CONDITION, Column("clips"), *(Column(model_title(run, m), under="points lost") for m in models))
    caption = f"UAR on clean clips minus UAR under each condition, on the same clips, {split} split"
    return Table(caption, columns, tuple(rows))


def _loss(row: pd.Series) -> Cell:
    """Return a loss with its interval, and the mark of a family that the model heard in training."""
    mark = f"{HEARD_MARK} " if row["heard_in_training"] == "yes" else ""
    loss = float(row["loss"])
    text, interval = points(loss).removeprefix("+"), points_interval(row["loss_low"], row["loss_high"])
    return number(loss, f"{mark}{text}", interval.replace("+", ""))


def collapse_table(run: SavedRun) -> Table | None:
    """Return the condition under which each model loses the most, and the label that its predictions become.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table or None
        None if no model predicts a label more often than on clean clips.
    """
    scores = scores_under(run, ranking_split(run.info.splits))
    audible = [condition.name for condition in audible_conditions(run)]
    columns = (
        _MODEL,
        Column("largest loss", numeric=False, under="audible conditions"),
        Column("loss", under="points"),
        Column("label", numeric=False, under="most overpredicted"),
        Column("predicted", under="% of predictions"),
        Column("recorded", under="% of clips"),
        Column("clean", under="% of predictions"),
    )
    rows = list(_collapses(run, scores, audible))
    caption = "The label that each model predicts too often under the condition of its largest loss"
    return Table(caption, columns, tuple(rows)) if rows else None


def _collapses(run: SavedRun, scores: pd.DataFrame, audible: list[str]) -> Iterator[Row]:
    """Yield a row per model that has a score."""
    for model in ranked_models(run):
        own = scores.loc[model].reindex(audible).dropna(subset=["loss"])
        if own.empty:
            continue
        name = own["loss"].astype("float64").idxmax()
        row = own.loc[name]
        shares = [number(row[f"{part}_share"], percent(row[f"{part}_share"])) for part in _SHARES]
        label = Cell(str(row["excess_label"]), note=_COLLAPSE[str(row["collapsed"])])
        yield Row((Cell(model_title(run, model)), Cell(str(name)), _loss(row), label, *shares), model=model)


_SHARES = ("predicted", "recorded", "clean")
_COLLAPSE = {"yes": "", "no": "no collapse", "": "not tested"}


def stability_table(run: SavedRun) -> Table | None:
    """Return the share of labels that change under each inaudible condition.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Table or None
        None for a run without an inaudible condition.
    """
    changed, split = changed_labels(run), ranking_split(run.info.splits)
    changed = changed[changed["split"] == split].set_index(["model", "condition"])
    families = {condition.name: condition.family for condition in run.info.conditions if not condition.audible}
    if not families:
        return None
    rows = []
    for model in ranked_models(run):
        cells = [_changed(run, changed, model, name, family) for name, family in families.items()]
        rows.append(Row((Cell(model_title(run, model)), *cells), model=model))
    columns = (_MODEL, *(Column(name, under="% of labels") for name in families))
    return Table(f"Labels that change under inaudible conditions, {split} split", columns, tuple(rows))


def _changed(run: SavedRun, changed: pd.DataFrame, model: str, name: str, family: str) -> Cell:
    """Return the share of changed labels with its interval."""
    row = changed.loc[(model, name)]
    interval = percent_interval(row["changed_low"], row["changed_high"])
    return marked_score(run, model, family, float(row["changed"]), interval)
