"""Learning curves: loss and accuracy of a network by epoch, on training clips and on clips held out of training."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.training import best_epochs, means_by_epoch
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.training import training_ends
from ser_bench.report.formatting import capitalised
from ser_bench.report.page.plots.axes import Axis, linear_axis
from ser_bench.report.page.plots.marks import Band, Dots, Line, Mark
from ser_bench.report.page.plots.picture import Plot
from ser_bench.runs.results import SavedRun

_LINES = {"": "augmented", "clean_": "clean", "val_": "c1"}
"""Prefix of the columns and classes of the lines of augmented and clean training clips, and of clips held out."""


@dataclass(frozen=True)
class Curves:
    """The learning curves of a network.

    Parameters
    ----------
    model, title : str
    end : str
        When training ended, and what the validation loss was measured on; empty if that is unknown.
    after : str
        What became of the network after its best epoch; empty if that is unknown.
    loss, accuracy : Plot
    """

    model: str
    title: str
    end: str
    after: str
    loss: Plot
    accuracy: Plot


def learning_curves(run: SavedRun) -> list[Curves]:
    """Prepare the learning curves of each network under the split that ranks the models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of Curves
        In the order of the run; the charts of the run's folder show the other splits too.
    """
    split = ranking_split(run.info.splits)
    table, shown = run.curves[run.curves["split"] == split], []
    for index, model in enumerate(run.info.models):
        part = table[table["model"] == model]
        if len(part):
            title = model_title(run, model)
            plots = [_plot(run, part, measure, f"curves-{index}-{measure}", title) for measure in ("loss", "accuracy")]
            *ends, after = training_ends(run, model, split) or [""]
            shown.append(Curves(model, title, capitalised(" ".join(ends).removeprefix(f"{split}: ")), after, *plots))
    return shown


def _plot(run: SavedRun, table: pd.DataFrame, measure: str, name: str, title: str) -> Plot:
    scale = 100.0 if measure == "accuracy" else 1.0
    marks, ends = list[Mark](), list[float]()
    for prefix, kind in _LINES.items():
        means = scale * means_by_epoch(table, prefix + measure)
        rows = [(float(epoch), *map(float, row)) for epoch, row in zip(means.index, means.to_numpy(), strict=True)]
        if not rows:
            continue
        marks.append(Band(tuple((epoch, low, high) for epoch, _, low, high in rows), kind))
        marks.append(Line(tuple((epoch, mean) for epoch, mean, *_ in rows), kind))
        ends += [value for _, *values in rows for value in values]
    best = _best(run, table, measure, scale)
    ends += [y for dots in best for _, y in dots.points]
    return Plot(
        name=name,
        title=f"{title}: {measure} by epoch",
        words="Means over fits on training clips and on clips held out of training, and the best epoch of each fit.",
        x=Axis("epoch", 1, max(2.0, float(table["epoch"].max()))),
        y=linear_axis(f"{measure} (%)" if scale > 1 else measure, ends, lowest=0, highest=100 if scale > 1 else 1e9),
        marks=(*marks, *best),
    )


def _best(run: SavedRun, table: pd.DataFrame, measure: str, scale: float) -> list[Dots]:
    """Return a dot at the best epoch of each fit: full where patience ended its training, else hollow."""
    rows = best_epochs(run, table)
    column, dots = f"val_{measure}", []
    for reason, kind in (("patience", "c1"), ("last epoch", "c1 hollow")):
        part = rows[(rows["ended"] == reason) & rows[column].notna()]
        points = tuple((float(x), scale * float(y)) for x, y in zip(part["epoch"], part[column], strict=True))
        tips = tuple(
            f"repeat {repeat + 1}, fold {fold + 1}: epoch {x:.0f}, {measure} {y:.3g}"
            for repeat, fold, (x, y) in zip(part["repeat"], part["fold"], points, strict=True)
        )
        dots += [Dots(points, kind, tips=tips, radius=3.0)] * bool(points)
    return dots
