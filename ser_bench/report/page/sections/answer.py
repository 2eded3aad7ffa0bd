"""The answer: which model to use, how sure that is, at what cost, and the picture that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.findings.recommendation import recommendation
from ser_bench.report.findings.titles import scores_title
from ser_bench.report.page.controls import Controls, controls
from ser_bench.report.page.sections.hero import hero
from ser_bench.report.page.strips import Strips
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Answer:
    """The first section.

    Parameters
    ----------
    sentences : tuple of str
        How sure the recommendation is, and its cost; the recommendation itself is the heading.
    title : str
        What the picture finds.
    controls : Controls
    hero : Strips
    """

    sentences: tuple[str, ...]
    title: str
    controls: Controls
    hero: Strips


def answer(run: SavedRun) -> Answer:
    """Return the answer of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Answer
    """
    return Answer(tuple(recommendation(run)[1:]), scores_title(run), controls(run), hero(run))
