"""What the training and test clips of each split share, as a table and as sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ser_bench.report.analysis.leakage import leakage_by_split, training_speakers
from ser_bench.report.findings.leakage import leakage_sentences
from ser_bench.report.formatting import percent
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class LeakageReport:
    """The section of leakage.

    Parameters
    ----------
    table : Table or None
        None for a run without folds.
    sentences : tuple of str
        One per split, and one about the repeated takes of the corpus.
    """

    table: Table | None
    sentences: tuple[str, ...]


def leakage_report(run: SavedRun) -> LeakageReport:
    """Return what training and test clips share, a row per split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    LeakageReport
    """
    shared = leakage_by_split(run)
    if shared.empty:
        return LeakageReport(None, ())
    columns = (
        Column("split", numeric=False),
        Column("folds"),
        Column("training", under="clips per fold"),
        Column("test", under="clips per fold"),
        Column("speakers trained on", under="per fold"),
        Column("known speakers", under="% of test clips"),
        Column("known sentences", under="% of test clips"),
        Column("known takes", under="% of test clips"),
        Column("identical", under="test clips"),
        Column("near-identical", under="test clips"),
    )
    trained = training_speakers(run)
    rows = []
    for row in shared.to_dict("records"):
        counts = [number(row[name], f"{row[name]:,.0f}") for name in ("folds", "train_clips", "test_clips")]
        shares = [_share(row, name) for name in ("known_speakers", "known_texts", "known_takes")]
        copies = [number(row[name], _count(row[name])) for name in ("identical", "near_identical")]
        rows.append(Row((Cell(row["split"]), *counts, _speakers(trained.loc[row["split"]]), *shares, *copies)))
    table = Table("What test clips share with training", columns, tuple(rows))
    return LeakageReport(table, tuple(leakage_sentences(run)))


def _speakers(trained: pd.DataFrame) -> Cell:
    """Return the fewest and most speakers that a model was trained on."""
    low, high = trained["speakers"].min(), trained["speakers"].max()
    if math.isnan(low):
        return number(low, "unknown")
    return number(low, f"{low:.3g}" if low == high else f"{low:.3g}–{high:.3g}")


def _share(row: dict[str, float], name: str) -> Cell:
    """Return a share of the test clips; with a range where sentences are partly unknown."""
    share = row[name]
    if math.isnan(share):
        return number(share, "unknown")
    most = share + (row["uncertain_texts"] if name == "known_texts" else 0)
    return number(share, percent(share) if share == most else f"{percent(share)}–{percent(most)}")


def _count(copies: float) -> str:
    return "not checked" if math.isnan(copies) else f"{copies:,.0f}"
