"""What a thesis or a paper says about a run: a sentence, a table in three forms, and a citation."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.findings.headline import headline
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Thesis:
    """The section for those who write about a run.

    Parameters
    ----------
    sentence : str
    """

    sentence: str


def thesis_report(run: SavedRun) -> Thesis:
    """Return what a thesis says about a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Thesis
    """
    return Thesis(headline(run))
