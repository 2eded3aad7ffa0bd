"""The ranking: every score with its interval, the gap, and which differences between models are significant."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.analysis.exposure import unranked_learners
from ser_bench.report.findings.verdict import interval_notes, verdict
from ser_bench.report.page.sections.scores import Scores, score_tables
from ser_bench.report.page.sections.significance import comparison_table, difference_strips
from ser_bench.report.page.strips import Strips
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
    differences : Strips or None
        The model with the highest UAR against each other one; None for fewer than two models.
    comparisons : Table or None
        Details of the tests; None for fewer than two models.
    without_rank : bool
        Whether the features of a model have heard a tested corpus.
    """

    scores: Scores
    verdict: str
    interval_notes: tuple[str, ...]
    differences: Strips | None
    comparisons: Table | None
    without_rank: bool


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
    tables = (difference_strips(run), comparison_table(run))
    return Ranking(score_tables(run), verdict(run), notes, *tables, without_rank=bool(unranked_learners(run)))
