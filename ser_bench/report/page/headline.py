"""The top of the page: warnings, the headline, and a few numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ser_bench.core.text import listed, plural
from ser_bench.report.analysis.calibration import SET_COVERAGE, calibration_of
from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.gaps import gaps_of, largest_gap
from ser_bench.report.analysis.intervals import scores_of_few
from ser_bench.report.analysis.leakage import known_speaker_share
from ser_bench.report.analysis.models import BASELINES, transductive_models
from ser_bench.report.analysis.scores import chance_levels
from ser_bench.report.analysis.splits import gap_splits, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.descriptions import (
    SYNTHETIC,
    corpus_title,
    losses_note,
    mark_notes,
    model_title,
    model_titles,
    normalisation_note,
    protocol,
    quick_parameters,
    quick_sentence,
    transductive_sentence,
)
from ser_bench.report.findings.confidence import best_calibrated
from ser_bench.report.findings.gaps import comparison_of_gaps, missing_gaps, parts_of_gap, without_classes
from ser_bench.report.findings.headline import headline, on_new_speakers
from ser_bench.report.findings.verdict import verdict
from ser_bench.report.formatting import capitalised, percent, percent_range, points, points_interval
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
class Fact:
    """A number that answers a question.

    Parameters
    ----------
    question : str
    figure : str
        The number, or one word.
    text : str
        What it is, in a sentence.
    """

    question: str
    figure: str
    text: str


@dataclass(frozen=True)
class PageHeader:
    """The top of the page.

    Parameters
    ----------
    title, protocol, losses, headline : str
    bands : tuple of Band
    facts : tuple of Fact
    """

    title: str
    protocol: str
    losses: str
    headline: str
    bands: tuple[Band, ...]
    facts: tuple[Fact, ...]


def page_header(run: SavedRun) -> PageHeader:
    """Return the top of a run's page.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    PageHeader
    """
    facts = (_best(run), _significance(run), _gap(run), *_confidence(run))
    return PageHeader(corpus_title(run), protocol(run), losses_note(run), headline(run), tuple(_bands(run)), facts)


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
    if text := quick_sentence(run):
        text = f"{text} They may score higher with --effort full. {quick_parameters(run)}"
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


def _best(run: SavedRun) -> Fact:
    split = ranking_split(run.info.splits)
    table = summarise(run)
    table = table[~table["model"].isin(BASELINES)]
    ranked = table.dropna(subset=[f"{split}_uar"])
    score = "UAR" if len(ranked) == 1 else "Highest UAR"
    known = known_speaker_share(run, split)
    question = f"{score} {on_new_speakers(run)}" if known == 0 else f"{score} under {split}"
    if table.empty:
        return Fact(question, "n/a", "The run has baselines only.")
    if ranked.empty:
        return Fact(question, "n/a", f"No model finished every fold of the {split} split.")
    best = ranked.iloc[0]
    few = scores_of_few(run).get((best["model"], split, "uar"), ())
    ends = percent_range(best[f"{split}_uar_low"], best[f"{split}_uar_high"], few)
    interval = f" {ends}" if few else f", 95 % interval {ends} over speakers" if ends else ""
    title = model_title(run, best["model"])
    text = f"{title}, {split} split{interval}. Chance is {percent(chance_levels(run)['uar'])} %."
    text += "".join(f" {note}." for note in mark_notes(run, [best["model"]]))
    return Fact(question, f"{percent(best[f'{split}_uar'])} %", text)


def _significance(run: SavedRun) -> Fact:
    compared = comparison(run)
    if compared is None or compared.too_few_speakers:
        figure = "not tested" if compared is None else "cannot be shown"
    else:
        figure = "no" if compared.not_worse else "yes"
    return Fact("Is the lead significant?", figure, verdict(run))


def _confidence(run: SavedRun) -> list[Fact]:
    """Return mean confidence minus accuracy of the best calibrated model, before and after; empty if none is."""
    model = best_calibrated(run)
    if not model:
        return []
    row = calibration_of(run, ranking_split(run.info.splits)).loc[model]
    ends = points_interval(row["overconfidence_low"], row["overconfidence_high"])
    text = (
        f"points for {model_title(run, model)} after calibration {ends}".rstrip()
        + f"; {points(row['overconfidence_before'])} before."
    )
    if not math.isnan(row["coverage"]):
        text += (
            f" Its {100 * SET_COVERAGE:.0f} % sets hold the true label for {percent(row['coverage'])} % of the clips."
        )
    return [Fact("Mean confidence minus accuracy", points(row["overconfidence"]), text)]


def _gap(run: SavedRun) -> Fact:
    pair = gap_splits(run)
    if pair is None:
        reasons = missing_gaps(run) or ["The run has no random and speaker-independent splits on equal terms."]
        return Fact("Gap of a random split", "not measured", reasons[0])
    question = f"Gap between {pair.random} and {pair.independent}"
    models, gaps = list(summarise(run)["model"]), gaps_of(run, pair)
    gaps = gaps.loc[models][gaps["total"].notna().loc[models]]
    learners = gaps[~gaps.index.isin(BASELINES)]
    largest = largest_gap(run, pair)
    if learners.empty or largest is None:
        return Fact(question, "n/a", f"No model finished both {pair.random} and {pair.independent}.")
    best = learners.iloc[0]
    ends, classes = points_interval(best["total_low"], best["total_high"]), without_classes(run, pair)
    text = (
        f"points of UAR for {model_title(run, str(best.name))}: {pair.random} minus {pair.independent} {ends}".rstrip()
        + (f", {classes}." if classes else ".")
    )
    if parts := parts_of_gap(run, best):
        text += f" {capitalised(parts)}."
    if len(learners) > 1:
        names = listed(model_titles(run, [largest.model, *largest.tied]))
        largest_text = f"Largest: {points(largest.gap)} for {names}{comparison_of_gaps(run, largest)}."
        none = f"{capitalised(classes)}, no" if classes else "No"
        text += f" {largest_text}" if largest.gap > 0 else f" {none} model has a higher UAR under {pair.random}."
        text += f" Median of {plural(len(learners), 'model')}: {points(learners['total'].median())}."
    return Fact(question, points(best["total"]), text)
