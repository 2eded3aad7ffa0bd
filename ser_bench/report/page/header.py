"""The top of the page: what ran, and warnings about it."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.core.text import plural
from ser_bench.report.analysis.models import transductive_models
from ser_bench.report.descriptions import (
    SYNTHETIC,
    corpus_title,
    exposed_sentence,
    normalisation_note,
    quick_sentence,
    settings,
    transductive_sentence,
    unknown_sentence,
)
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.checks import STATUSES


@dataclass(frozen=True)
class Band:
    """A warning across the page.

    Parameters
    ----------
    title, text : str
    kind : {'alarm', 'warning'}
    """

    title: str
    text: str
    kind: str


@dataclass(frozen=True)
class PageHeader:
    """The top of the page.

    Parameters
    ----------
    title : str
    settings : str
        One line.
    bands : tuple of Band
    """

    title: str
    settings: str
    bands: tuple[Band, ...]


def page_header(run: SavedRun) -> PageHeader:
    """Return the top of a run's page.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    PageHeader
    """
    return PageHeader(corpus_title(run), settings(run), tuple(_bands(run)))


def _bands(run: SavedRun) -> list[Band]:
    bands = []
    if run.info.synthetic:
        text = "A program made these clips. Scores on them say nothing about recorded speech."
        bands.append(Band(SYNTHETIC, text, "alarm"))
    if note := normalisation_note(run):
        text = "These scores need clips of each test speaker; do not compare them with scores of other runs."
        bands.append(Band("TRANSDUCTIVE", f"{note}. {text}", "alarm"))
    if models := transductive_models(run):
        text = f"{transductive_sentence(run)} Do not compare such scores with those of other models."
        bands.append(Band("TRANSDUCTIVE MODEL" + "S" * (len(models) > 1), text, "alarm"))
    if text := exposed_sentence(run):
        text = f"{text} Such scores say little about new recordings."
        bands.append(Band("HEARD BEFORE", text, "alarm"))
    if text := unknown_sentence(run):
        bands.append(Band("UNKNOWN TRAINING DATA", text, "warning"))
    if text := quick_sentence(run):
        text = f"{text} Full effort (--effort full) may give a higher score."
        bands.append(Band("QUICK EFFORT", text, "warning"))
    if warnings := run.info.warnings:
        more = f" {len(warnings) - 1:,} more below." if len(warnings) > 1 else ""
        bands.append(Band("DATA", f"{warnings[0]}.{more}", "warning"))
    if text := _unfinished_fits(run):
        bands.append(Band("INCOMPLETE", text, "warning"))
    return bands


def _unfinished_fits(run: SavedRun) -> str:
    """Count the fits without a result, by status; empty if every fit finished."""
    counts = run.fits["status"].value_counts()
    by_status = [f"{counts[status]} {status}" for status in STATUSES if status != "ok" and status in counts]
    if not by_status:
        return ""
    missing = len(run.fits) - counts.get("ok", 0)
    return (
        f"{missing:,} of {plural(len(run.fits), 'fit')} gave no result ({', '.join(by_status)}). "
        "A model with a missing fold has no score under that split."
    )
