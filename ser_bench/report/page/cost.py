"""What a model costs: the time of a fit and of a prediction, its size, and how its training ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.training import network_training
from ser_bench.report.findings.training import endings, epoch_range
from ser_bench.report.formatting import byte_size, seconds
from ser_bench.report.page.scores import model_row
from ser_bench.report.page.tables import Cell, Column, Table, number
from ser_bench.runs.results import SavedRun

_COSTS = {
    "predict_seconds": ("prediction", "mean per clip", seconds),
    "model_bytes": ("model size", "mean per fit", byte_size),
}
"""Heading, unit and format of what a model costs besides training."""


@dataclass(frozen=True)
class Costs:
    """The section of costs.

    Parameters
    ----------
    table : Table
        Times and sizes.
    details : tuple of Table
        The training of networks; empty without any.
    """

    table: Table
    details: tuple[Table, ...]


def cost_report(run: SavedRun) -> Costs:
    """Return what each model costs.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Costs
    """
    return Costs(_cost_table(run), tuple(_training_table(run)))


def _cost_table(run: SavedRun) -> Table:
    """Return the time of a fit under each split, and the time of a prediction and the size under the ranking split."""
    ranking = ranking_split(run.info.splits)
    splits = [ranking, *(split for split in run.info.splits if split != ranking)]
    columns = [Column("training", under=f"mean per fit, {split}") for split in splits]
    columns += [Column(head, under=f"{unit}, {ranking}") for head, unit, _ in _COSTS.values()]
    writers: dict[str, Callable[[float], str]] = {f"{split}_fit_seconds": seconds for split in splits}
    writers |= {name: write for name, (_, _, write) in _COSTS.items()}
    rows = [
        model_row(run, row["model"], [number(row[name], write(row[name])) for name, write in writers.items()])
        for row in summarise(run).to_dict("records")
    ]
    caption = "Training time, prediction time and model size"
    return Table(caption, (Column("model", numeric=False), *columns), tuple(rows))


def _training_table(run: SavedRun) -> list[Table]:
    """Return weights, epochs and the end of training of the networks under the ranking split; empty without any."""
    split = ranking_split(run.info.splits)
    training = network_training(run)
    rows = training[training["split"] == split].set_index("model")
    if rows.empty:
        return []
    summary = summarise(run).set_index("model")
    columns = (
        Column("model", numeric=False),
        Column("weights", under="trainable"),
        Column("epochs", under=f"of the fits, {split}"),
        Column("best epoch", under="median"),
        Column("training", under=f"mean per fit, {split}"),
        Column("end of training", numeric=False, under="number of fits"),
    )
    cells = {
        model: [
            number(row["n_weights"], f"{row['n_weights']:,.0f}"),
            number(row["longest"], epoch_range(row["shortest"], row["longest"])),
            number(row["median"], f"{row['median']:.0f}"),
            number(summary.at[model, f"{split}_fit_seconds"], seconds(summary.at[model, f"{split}_fit_seconds"])),
            Cell(endings(row["patience"], row["last_epoch"])),
        ]
        for model, row in rows.iterrows()
    }
    ordered = [model for model in summary.index if model in cells]
    caption = "Networks: weights, epochs and end of training"
    return [Table(caption, columns, tuple(model_row(run, model, cells[model]) for model in ordered))]
