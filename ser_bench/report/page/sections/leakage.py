"""What the training and test clips of each split share, as a table and as sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ser_bench.report.analysis.leakage import leakage_by_split, training_speakers
from ser_bench.report.findings.leakage import leakage_sentences
from ser_bench.report.page.sections.method import split_condition
from ser_bench.report.page.tables import Cell, Column, Row, Table, number
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Share:
    """A share of the test clips of a split.

    Parameters
    ----------
    text : str
    percent : float or None
        The length of its bar; None if the share is unknown.
    """

    text: str
    percent: float | None


@dataclass(frozen=True)
class SplitShares:
    """What the test clips of a split share with training.

    Parameters
    ----------
    split, condition : str
        The split, and what its test clips are to a model; empty for a split of a plugin.
    shares : tuple of Share
        Of a known speaker, a known sentence and a known take.
    copies : str
        Test clips with the same or nearly the same audio as a training clip.
    """

    split: str
    condition: str
    shares: tuple[Share, ...]
    copies: str


@dataclass(frozen=True)
class LeakageReport:
    """The section of leakage.

    Parameters
    ----------
    splits : tuple of SplitShares
    table : Table or None
        The counts; None for a run without folds.
    notes : tuple of str
        On the repeated takes of the corpus, and on classes without training clips.
    sentences : tuple of str
        One per split.
    """

    splits: tuple[SplitShares, ...]
    table: Table | None
    notes: tuple[str, ...]
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
    rows = leakage_by_split(run).to_dict("records")
    if not rows:
        return LeakageReport((), None, (), ())
    sentences = leakage_sentences(run)
    splits = tuple(_shares(row) for row in rows)
    return LeakageReport(splits, _table(run, rows), tuple(sentences[len(rows) :]), tuple(sentences[: len(rows)]))


def _shares(row: dict[Any, Any]) -> SplitShares:
    """Return the shares of a split."""
    copies = row["identical"] + (0 if math.isnan(row["near_identical"]) else row["near_identical"])
    unchecked = " or more" if math.isnan(row["near_identical"]) else ""
    return SplitShares(
        row["split"],
        split_condition(row["split"]),
        tuple(_share(row, name) for name in ("known_speakers", "known_texts", "known_takes")),
        f"{copies:,.0f}{unchecked}",
    )


def _share(row: dict[Any, Any], name: str) -> Share:
    """Return a share of the test clips; with a range where sentences are partly unknown."""
    share = row[name]
    if math.isnan(share):
        return Share("unknown", None)
    most = share + (row["uncertain_texts"] if name == "known_texts" else 0)
    if share == 0 and most == 1:
        return Share("unknown", None)
    text = _whole(share) if share == most else f"{_whole(share)}–{_whole(most)}"
    return Share(f"{text} %", round(100 * share, 1))


def _whole(share: float) -> str:
    """Write a share in percent without decimals, unless it would look like 0 or 100."""
    text = f"{100 * share:.0f}"
    return f"{100 * share:.2f}" if text in ("0", "100") and share not in (0, 1) else text


def _table(run: SavedRun, shared: list[dict[Any, Any]]) -> Table:
    """Return the counts of each split."""
    columns = (
        Column("split", numeric=False),
        Column("folds"),
        Column("training", under="clips per fold"),
        Column("test", under="clips per fold"),
        Column("speakers trained on", under="per fold"),
        Column("identical", under="test clips"),
        Column("near-identical", under="test clips"),
    )
    trained = training_speakers(run)
    rows = []
    for row in shared:
        counts = [number(row[name], f"{row[name]:,.0f}") for name in ("folds", "train_clips", "test_clips")]
        copies = [number(row[name], _count(row[name])) for name in ("identical", "near_identical")]
        rows.append(Row((Cell(row["split"]), *counts, _speakers(trained.loc[row["split"]]), *copies)))
    return Table("Clips and speakers of each split", columns, tuple(rows))


def _speakers(trained: pd.DataFrame) -> Cell:
    """Return the fewest and most speakers that a model was trained on."""
    low, high = trained["speakers"].min(), trained["speakers"].max()
    if math.isnan(low):
        return number(low, "unknown")
    return number(low, f"{low:.3g}" if low == high else f"{low:.3g}–{high:.3g}")


def _count(copies: float) -> str:
    return "not checked" if math.isnan(copies) else f"{copies:,.0f}"
