"""What the page says first: which model, how sure, how much the random split flattered, and what to beware of."""

from __future__ import annotations

from dataclasses import dataclass

from ser_bench.report.analysis.comparisons import ALPHA, comparison
from ser_bench.report.analysis.scores import BASELINES, chance_levels, gap_splits, is_random, ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.findings import headline, verdict
from ser_bench.report.formatting import (
    SYNTHETIC,
    corpus_title,
    normalisation_note,
    percent,
    percent_interval,
    plural,
    points,
    points_interval,
    protocol,
)
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.checks import STATUSES


@dataclass(frozen=True)
class Band:
    """A warning that no reader should miss."""

    title: str
    text: str
    kind: str


@dataclass(frozen=True)
class Fact:
    """A number of the answer: what it is, the number, and a sentence about it."""

    what: str
    figure: str
    words: str


@dataclass(frozen=True)
class PageHeader:
    """The top of the page."""

    title: str
    protocol: str
    headline: str
    bands: tuple[Band, ...]
    facts: tuple[Fact, ...]


def page_header(run: SavedRun) -> PageHeader:
    """Return the top of a run's page."""
    facts = (_best(run), _sureness(run), _flattery(run))
    return PageHeader(corpus_title(run), protocol(run), headline(run), tuple(_bands(run)), facts)


def _bands(run: SavedRun) -> list[Band]:
    bands = []
    if run.info.synthetic:
        text = "These clips were made by a program. What is measured on them says nothing about people's speech."
        bands.append(Band(SYNTHETIC, text, "alarm"))
    if note := normalisation_note(run):
        text = "Scores of new voices need clips of those voices beforehand; do not compare them with runs without."
        bands.append(Band("TRANSDUCTIVE", f"{note}. {text}", "alarm"))
    if failures := failure_count(run):
        bands.append(Band("INCOMPLETE", failures, "warning"))
    return bands


def failure_count(run: SavedRun) -> str:
    """Say how many fits did not end well, empty if all did."""
    counts = run.fits["status"].value_counts()
    named = [f"{counts[status]} {status}" for status in STATUSES if status != "ok" and status in counts]
    if not named:
        return ""
    missing = len(run.fits) - counts.get("ok", 0)
    return (
        f"{missing:,} of {plural(len(run.fits), 'fit')} gave no result ({', '.join(named)}). "
        "A model with a missing fold has no score under that split."
    )


def _best(run: SavedRun) -> Fact:
    split = ranking_split(run.info.splits)
    table = summarise(run)
    table = table[~table["model"].isin(BASELINES)] if not set(table["model"]) <= set(BASELINES) else table
    ranked = table.dropna(subset=[f"{split}_uar"])
    what = f"Best under {split}" if is_random(split) else "Best on new voices"
    if ranked.empty:
        return Fact(what, "n/a", f"No model finished every fold of the {split} split.")
    best = ranked.iloc[0]
    sure = percent_interval(best[f"{split}_uar_low"], best[f"{split}_uar_high"])
    interval = f", 95 % interval {sure} over speakers" if sure else ""
    words = f"{best['model']}: UAR under the {split} split{interval}. Chance is {percent(chance_levels(run)['uar'])} %."
    return Fact(what, f"{percent(best[f'{split}_uar'])} %", words)


def _sureness(run: SavedRun) -> Fact:
    compared = comparison(run)
    if compared is None:
        figure = "not known"
    elif compared.friedman.p > ALPHA:
        figure = "no winner"
    else:
        ahead = [model for model in compared.best if model not in BASELINES]
        figure = "one winner" if len(ahead) < 2 else f"{len(ahead)}-way tie"
    return Fact("How sure", figure, verdict(run))


def _flattery(run: SavedRun) -> Fact:
    pair, what = gap_splits(run.info.splits), "What known voices add"
    table = summarise(run)
    gaps = table[~table["model"].isin(BASELINES)].dropna(subset=["uar_gap"])
    if pair is None:
        return Fact(what, "not measured", "The run has no pair of a random and a speaker-wise split.")
    if gaps.empty:
        return Fact(what, "n/a", f"No model finished both {pair[0]} and {pair[1]}.")
    best, most = gaps.iloc[0], gaps.loc[gaps["uar_gap"].idxmax()]
    sure = points_interval(best["uar_gap_low"], best["uar_gap_high"])
    words = f"points of UAR for {best['model']}, {pair[0]} minus {pair[1]}" + (f" {sure}" if sure else "")
    if len(gaps) > 1:
        words += f"; at most {points(most['uar_gap'])} ({most['model']}), half of the models "
        words += f"{points(gaps['uar_gap'].median())} or more"
    return Fact(what, points(best["uar_gap"]), words + ".")
