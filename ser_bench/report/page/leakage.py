"""What the folds of each split share: the audit as a table and as sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.findings import leakage_sentences
from ser_bench.report.formatting import percent
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class LeakageReport:
    """The audit's table, None for a run without fold, and a sentence per split."""

    table: Table | None
    sentences: tuple[str, ...]


def leakage_report(run: SavedRun) -> LeakageReport:
    """Return what training and test clips share, a row per split."""
    found = leakage_by_split(run)
    if found.empty:
        return LeakageReport(None, ())
    columns = (
        Column("split", numeric=False),
        Column("folds"),
        Column("training clips", under="mean per fold"),
        Column("test clips", under="mean per fold"),
        Column("known speakers", under="% of test clips"),
        Column("known sentences", under="% of test clips"),
        Column("identical clips", under="test copies"),
        Column("near-identical", under="test copies"),
    )
    rows = []
    for row in found.to_dict("records"):
        counts = [number(row[name], f"{row[name]:,.0f}") for name in ("folds", "train_clips", "test_clips")]
        shares = [number(row[name], percent(row[name])) for name in ("known_speakers", "known_texts")]
        copies = [number(row[name], _count(row[name])) for name in ("identical", "near_identical")]
        rows.append(Row((Cell(row["split"]), *counts, *shares, *copies)))
    table = Table("What training and test clips share, per split", columns, tuple(rows))
    return LeakageReport(table, tuple(leakage_sentences(run)))


def _count(copies: float) -> str:
    return "not checked" if math.isnan(copies) else f"{copies:,.0f}"
