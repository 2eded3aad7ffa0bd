"""The section on confidence: calibration before and after, accuracy by confidence, and prediction sets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ser_bench.report.analysis.calibration import (
    SET_COVERAGE,
    SHARES,
    accuracy_intervals,
    calibration_of,
    measured_models,
    set_coverage_by_speaker,
    speakers_below_aim,
)
from ser_bench.report.analysis.ranking import ranked_models
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.descriptions import model_title
from ser_bench.report.findings.confidence import ConfidenceFindings, confidence_findings
from ser_bench.report.findings.titles import selection_title, set_coverage_title
from ser_bench.report.formatting import decimals, decimals_interval, percent, percent_interval, points, points_interval
from ser_bench.report.page.pictures.calibration import calibration_plot, further_calibration_plots
from ser_bench.report.page.pictures.confident import confident_plot
from ser_bench.report.page.plots.picture import Panel, Picture, panel, picture
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import BINS, Estimate

_AIM = f"{100 * SET_COVERAGE:.0f} %"
_MODEL = Column("model", numeric=False)


@dataclass(frozen=True)
class Confidence:
    """The section on confidence.

    Parameters
    ----------
    findings : ConfidenceFindings
    bins : int
        Bins of confidence.
    perfect : str
        The calibration error that chance gives a perfectly calibrated model; empty if unknown.
    picture, confident : Picture or None
        Confidence against accuracy, and accuracy of the most confident clips; None if no confidence is measured.
    panels : tuple of Panel
        Confidence against accuracy of the models that the picture leaves out.
    main : Table or None
        Calibration error and AUROC; None for a run of baselines only, as are the next two.
    scores, shares : Table or None
        Every measure of calibration, and accuracy by confidence.
    sets : Table or None
        Prediction sets; None if no model has them.
    shares_title, sets_title : str
        What the last two tables find.
    """

    findings: ConfidenceFindings
    bins: int
    perfect: str
    picture: Picture | None
    confident: Picture | None
    panels: tuple[Panel, ...]
    main: Table | None
    scores: Table | None
    shares: Table | None
    sets: Table | None
    shares_title: str
    sets_title: str


def confidence_report(run: SavedRun) -> Confidence:
    """Return how far the confidence of each model can be trusted, under the split that ranks the models.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Confidence
    """
    split = ranking_split(run.info.splits)
    models = ranked_models(run)
    perfect = calibration_of(run, split)["ece_perfect"].median()
    plot, confident = calibration_plot(run), confident_plot(run)
    others = further_calibration_plots(run).items()
    return Confidence(
        findings=confidence_findings(run),
        bins=BINS,
        perfect="" if math.isnan(perfect) else f"{100 * perfect:.1f}",
        picture=picture(plot) if plot else None,
        confident=picture(confident) if confident else None,
        panels=tuple(panel(plot, model_title(run, model), model) for model, plot in others),
        main=_main(run, models, split) if models else None,
        scores=_scores(run, models, split) if models else None,
        shares=_shares(run, models, split) if models else None,
        sets=_sets(run, models, split) if measured_models(run, split) else None,
        shares_title=selection_title(run),
        sets_title=set_coverage_title(run),
    )


def _main(run: SavedRun, models: list[str], split: str) -> Table:
    """Return the calibration error before and after, and AUROC."""
    columns = (
        _MODEL,
        Column("ECE before", under="points"),
        Column("ECE after", under="points"),
        Column("AUROC", under="%"),
    )
    table, rows = calibration_of(run, split), []
    for model in models:
        row = table.loc[model]
        before = number(float(row["ece_before"]), percent(float(row["ece_before"])))
        cells = (_heading(run, model, row), before, _in_points(row, "ece"), _in_points(row, "auroc"))
        rows.append(Row(cells, model=model))
    caption = f"Calibration error and AUROC, {split} split"
    return Table(caption, columns, tuple(rows), kind="slim")


def _heading(run: SavedRun, model: str, row: pd.Series) -> Cell:
    """Return the name of a model, with why it is not calibrated."""
    return Cell(model_title(run, model), note="" if row["status"] == "ok" else str(row["status"]))


def _scores(run: SavedRun, models: list[str], split: str) -> Table:
    """Return calibration error, overconfidence, log loss and Brier score before and after."""
    columns = [_MODEL]
    for head, unit, _ in _MEASURES.values():
        columns += [Column(head, under=f"{unit}, before"), Column(head, under=f"{unit}, after")]
    table, rows = calibration_of(run, split), []
    for model in models:
        row = table.loc[model]
        cells = []
        for name, (_, _, write) in _MEASURES.items():
            cells += [write(row, f"{name}_before"), write(row, name)]
        rows.append(Row((_heading(run, model, row), *cells), model=model))
    return Table(f"Calibration under the {split} split, before and after", tuple(columns), tuple(rows))


def _in_points(row: pd.Series, name: str) -> Cell:
    value = float(row[name])
    return number(value, percent(value), percent_interval(row[f"{name}_low"], row[f"{name}_high"]))


def _signed(row: pd.Series, name: str) -> Cell:
    value = float(row[name])
    return number(value, points(value), points_interval(row[f"{name}_low"], row[f"{name}_high"]))


def _plain(row: pd.Series, name: str) -> Cell:
    value = float(row[name])
    return number(value, decimals(value), decimals_interval(row[f"{name}_low"], row[f"{name}_high"]))


_MEASURES = {
    "ece": ("ECE", "points", _in_points),
    "overconfidence": ("confidence − accuracy", "points", _signed),
    "log_loss": ("log loss", "nats", _plain),
    "brier": ("Brier", "0 to 2", _plain),
}
"""Heading, unit and cell of each measure."""


def _shares(run: SavedRun, models: list[str], split: str) -> Table:
    """Return the accuracy among the most confident clips."""
    columns = (
        _MODEL,
        *(Column(f"{100 * share:.0f} %", under="accuracy %") for share in SHARES),
        Column("AURC", under="% errors"),
        Column("AUROC", under="%"),
    )
    table, accuracies, rows = calibration_of(run, split), accuracy_intervals(run, split), []
    unknown = (Estimate(math.nan, math.nan, math.nan),) * len(SHARES)
    for model in models:
        cells = [
            number(value, percent(value), percent_interval(low, high))
            for value, low, high in accuracies.get(model, unknown)
        ]
        cells += [_in_points(table.loc[model], name) for name in ("aurc", "auroc")]
        rows.append(Row((Cell(model_title(run, model)), *cells), model=model))
    return Table(f"Accuracy among the most confident clips under the {split} split", columns, tuple(rows))


def _sets(run: SavedRun, models: list[str], split: str) -> Table:
    """Return coverage and size of the prediction sets, and for whom they fail."""
    columns = (
        _MODEL,
        Column("true label in the set", under="% of clips"),
        Column("labels", under="mean per set"),
        Column("one label", under="% of sets"),
        Column("right", under="% of one label"),
        Column("lowest speaker", under="% of the speaker's clips"),
        Column("speakers below", under=f"significantly below {_AIM}", numeric=False),
    )
    table, by_speaker, rows = calibration_of(run, split), set_coverage_by_speaker(run, split), []
    for model in models:
        row, shares = table.loc[model], by_speaker.loc[model].dropna()
        size = float(row["set_size"])
        cells = [
            _in_points(row, "coverage"),
            number(size, decimals(size)),
            *(number(float(row[name]), percent(row[name])) for name in ("single_label", "single_accuracy")),
            number(math.nan, "n/a") if shares.empty else number(shares.min(), percent(shares.min()), shares.idxmin()),
            _names(run, model, split, known=not shares.empty),
        ]
        rows.append(Row((Cell(model_title(run, model)), *cells), model=model))
    return Table(f"{_AIM} prediction sets under the {split} split", columns, tuple(rows))


def _names(run: SavedRun, model: str, split: str, *, known: bool) -> Cell:
    """Return the speakers whose share is significantly below the aim."""
    names = speakers_below_aim(run, model, split) if known else []
    return Cell(", ".join(names) if names else "none" if known else "unknown")
