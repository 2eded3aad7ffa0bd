"""The ranking: every score with its interval, the gap, and which differences between models are significant."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.findings.verdict import interval_notes, verdict
from ser_bench.report.page.scores import Scores, score_tables
from ser_bench.report.page.significance import comparison_table
from ser_bench.report.page.tables import Table
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Ranking:
    """The section of the ranking.

    Parameters
    ----------
    scores : Scores
    verdict : str
    interval_notes : tuple of str
        What the intervals are and do not cover.
    comparisons : Table or None
        The tests against the model with the highest UAR; None for fewer than two models.
    """

    scores: Scores
    verdict: str
    interval_notes: tuple[str, ...]
    comparisons: Table | None


def ranking_report(run: SavedRun) -> Ranking:
    """Return the ranking of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Ranking
    """
    notes = tuple(note.replace("`", "") for note in interval_notes(run))
    return Ranking(score_tables(run), verdict(run), notes, comparison_table(run))
