"""What a model costs: the time of a fit and of a prediction, its size, and how its training ended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ser_bench.core.text import number_range
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.scores import chance_levels, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.analysis.training import network_training
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.cost import cost_sentences
from ser_bench.report.findings.titles import architectures_title
from ser_bench.report.findings.training import endings, held_out_sentence
from ser_bench.report.formatting import byte_size, percent, seconds
from ser_bench.report.page.looks import no_rank_note
from ser_bench.report.page.pictures.cost import architecture_plots, cost_plot
from ser_bench.report.page.pictures.curves import Curves, learning_curves
from ser_bench.report.page.plots.picture import Panel, Picture, Plot, panel, picture
from ser_bench.report.page.sections.scores import model_row
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun

_COSTS = {
    "fit_seconds": ("training", "mean per fit", seconds),
    "predict_seconds": ("prediction", "mean per clip", seconds),
    "model_bytes": ("model size", "mean per fit", byte_size),
}
"""Heading, unit and format of what a model costs under the split that ranks the models."""


@dataclass(frozen=True)
class NetworkCurves:
    """The learning curves of a network.

    Parameters
    ----------
    panels : tuple of Panel
        Loss and accuracy.
    end : str
        When training ended; empty if that is unknown.
    """

    panels: tuple[Panel, ...]
    end: str


@dataclass(frozen=True)
class Costs:
    """The section of costs.

    Parameters
    ----------
    lead : str
        What the best model costs, beside the fastest one that is not significantly worse.
    notes : tuple of str
        What the picture shows besides dots, and what it leaves out.
    picture : Picture or None
        UAR against the time of a fit; None if no model finished.
    main : Table
        Times and sizes under the split that ranks the models.
    splits : Table or None
        The time of a fit under each split; None for a single split.
    networks_title : str
        What the networks cost; empty for a run without one.
    networks : tuple of Picture
        UAR of the networks against weights and time; empty for fewer than two.
    training : Table or None
        Weights, epochs and the end of training of the networks; None without any, as are the next two.
    held_out : str
        What the networks hold out of training.
    curves : tuple of NetworkCurves
    after : str
        What becomes of the networks after their best epochs, where it is the same for all; else empty.
    no_rank : bool
        Whether the picture shows a model that takes no rank.
    """

    lead: str
    notes: tuple[str, ...]
    picture: Picture | None
    main: Table
    splits: Table | None
    networks_title: str
    networks: tuple[Picture, ...]
    training: Table | None
    held_out: str
    curves: tuple[NetworkCurves, ...]
    after: str
    no_rank: bool


def cost_report(run: SavedRun) -> Costs:
    """Return what each model costs.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Costs
    """
    plot, curves = cost_plot(run), learning_curves(run)
    afterwards = {network.after for network in curves}
    after = afterwards.pop() if len(afterwards) == 1 else ""
    return Costs(
        lead=cost_sentences(run),
        notes=tuple(_notes(run, plot)),
        picture=picture(plot) if plot else None,
        main=_main(run),
        splits=_times(run) if len(run.info.splits) > 1 else None,
        networks_title=architectures_title(run),
        networks=tuple(map(picture, architecture_plots(run))),
        training=_training_table(run),
        held_out=held_out_sentence(run, ranking_split(run.info.splits)),
        curves=tuple(_curves(network, "" if after else network.after) for network in curves),
        after=after,
        no_rank=any(getattr(mark, "kind", "") == "no-rank" for mark in (plot.marks if plot else ())),
    )


def _curves(network: Curves, after: str) -> NetworkCurves:
    """Draw the learning curves of a network."""
    plots = {"loss": network.loss, "accuracy": network.accuracy}
    panels = [panel(plot, f"{network.title}: {name}", network.model) for name, plot in plots.items()]
    return NetworkCurves(tuple(panels), " ".join(filter(None, (network.end, after))))


def _notes(run: SavedRun, plot: Plot | None) -> Iterator[str]:
    """Yield what vertical lines are, chance where the axis begins above it, and the models with a missing fold."""
    if any(not math.isnan(low) for mark in (plot.marks if plot else ()) for low, _ in getattr(mark, "intervals", ())):
        yield "Vertical lines are 95 % intervals over speakers."
    chance, missing = chance_levels(run)["uar"], missing_folds(run)
    if plot and plot.y.low > 100 * chance:
        yield f"The axis of UAR begins at {plot.y.low:.0f} %; chance is {percent(chance)} %."
    split = ranking_split(run.info.splits)
    notes = [f"{model_title(run, m)} ({missing[m, split]})" for m in trained_models(run) if missing[m, split]]
    if notes:
        yield f"Not shown: {', '.join(notes)}."


def _main(run: SavedRun) -> Table:
    """Return times and sizes under the split that ranks the models."""
    split, rows = ranking_split(run.info.splits), []
    columns = [Column(head, under=unit) for head, unit, _ in _COSTS.values()]
    for row in summarise(run).to_dict("records"):
        cells = [number(row[name], write(row[name])) for name, (_, _, write) in _COSTS.items()]
        kind = "quiet" if no_rank_note(run, row["model"]) else ""
        rows.append(Row((Cell(model_title(run, row["model"])), *cells), kind, row["model"]))
    caption = f"Time and size, {split} split"
    return Table(caption, (Column("model", numeric=False), *columns), tuple(rows), kind="slim")


def _times(run: SavedRun) -> Table:
    """Return the time of a fit under each split."""
    columns = [Column("training", under=f"mean per fit, {split}") for split in run.info.splits]
    rows = []
    for row in summarise(run).to_dict("records"):
        times = [row[f"{split}_fit_seconds"] for split in run.info.splits]
        rows.append(model_row(run, row["model"], [number(time, seconds(time)) for time in times]))
    return Table("Training time under each split", (Column("model", numeric=False), *columns), tuple(rows))


def _training_table(run: SavedRun) -> Table | None:
    """Return weights, epochs and the end of training of the networks under the ranking split."""
    split = ranking_split(run.info.splits)
    training = network_training(run)
    rows = training[training["split"] == split].set_index("model")
    if rows.empty:
        return None
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
            number(row["longest"], number_range(row["shortest"], row["longest"])),
            number(row["median"], f"{row['median']:.0f}"),
            number(summary.at[model, f"{split}_fit_seconds"], seconds(summary.at[model, f"{split}_fit_seconds"])),
            Cell(endings(row["patience"], row["last_epoch"])),
        ]
        for model, row in rows.iterrows()
    }
    ordered = [model for model in summary.index if model in cells]
    caption = "Networks: weights, epochs and end of training"
    return Table(caption, columns, tuple(model_row(run, model, cells[model]) for model in ordered))
