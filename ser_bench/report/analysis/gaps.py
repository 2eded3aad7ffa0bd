"""The gap between a random and a speaker-independent split, in two parts: repeated takes and known voices.

``total`` is UAR under the random split minus UAR under the speaker-independent one. A random split tests clips whose
other take, and whose speaker, is in training. The random split that keeps takes together separates the two: ``takes``
is random minus random-takes, and ``voice`` is random-takes minus speaker-independent. They add up to ``total``.

All UARs of a gap average the same classes. A class that some fold tests without a training clip of it is left out: its
recall is 0 there, which says nothing about voices.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.classes import comparable_classes
from ser_bench.report.analysis.exposure import ranked, ranked_learners
from ser_bench.report.analysis.intervals import bootstrap_uar, speaker_tallies, uar_of_classes
from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.scores import pooled_scores
from ser_bench.report.analysis.splits import PARTS, SIZE_TOLERANCE, GapSplits, gap_pairs
from ser_bench.runs.results import SavedRun

Contrast = Mapping[tuple[str, str], float]
"""Weights of UARs by model and split."""


@dataclass(frozen=True)
class LargestGap:
    """The largest gap of a run's models, baselines apart.

    Parameters
    ----------
    model : str
    gap : float
        A fraction.
    others : int
        Number of further models with a gap.
    similar : tuple of str
        The models whose gap is not significantly smaller, the largest gap first.
    tested : bool
        Whether the speakers are enough to tell; if not, ``similar`` is empty.
    tied : tuple of str
        Further models with the same gap, which count neither as ``others`` nor as ``similar``.
    """

    model: str
    gap: float
    others: int
    similar: tuple[str, ...]
    tested: bool
    tied: tuple[str, ...] = ()


@cached_per_run
def gap_table(run: SavedRun) -> pd.DataFrame:
    """Return the gap and its parts per model and pair of splits, as ``gap.csv`` holds them.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``model``; for each of :data:`PARTS` a fraction with its 95 % interval ``_low`` and ``_high``, from paired draws
        of speakers; ``random_split``, ``takes_split`` (empty without parts) and ``independent_split``. NaN where a fold
        is missing, for parts that the run cannot tell, and for ends with fewer than ``MIN_SPEAKERS`` speakers. Without
        a pair of :func:`~ser_bench.report.analysis.splits.gap_pairs`, the table has no rows.
    """
    rows = [_row(run, model, pair) for pair in gap_pairs(run) for model in run.info.models]
    ends = [f"{part}{end}" for part in PARTS for end in ("", "_low", "_high")]
    columns = ["model", *ends, "random_split", "takes_split", "independent_split"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(ends, "float64"))


def gaps_of(run: SavedRun, pair: GapSplits) -> pd.DataFrame:
    """Return the rows of :func:`gap_table` for one pair of splits.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    DataFrame, index model
    """
    table = gap_table(run)
    chosen = (table["random_split"] == pair.random) & (table["independent_split"] == pair.independent)
    return table[chosen].set_index("model")


def largest_gap(run: SavedRun, pair: GapSplits) -> LargestGap | None:
    """Find the model with the largest gap, and the models whose gap is not significantly smaller.

    The test is a paired interval of the difference between two gaps, with Bonferroni's correction for the number of
    pairs of models, because the data choose the largest gap.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    LargestGap or None
        None if no model has a gap. Baselines take part only where a run has nothing else, and models whose features
        have heard a tested corpus never.
    """
    gaps = gaps_of(run, pair)["total"].dropna().sort_values(ascending=False, kind="stable")
    learners = gaps[~gaps.index.isin(BASELINES)]
    gaps = gaps if learners.empty else learners[learners.index.isin(ranked_by_gap(run, pair))]
    if gaps.empty:
        return None
    first, *others = map(str, gaps.index)
    rounded = gaps.round(statistics.DECIMALS)
    tied = tuple(model for model in others if rounded[model] == rounded[first])
    others = [model for model in others if model not in tied]
    similar, tested, confidence = [], True, 1 - statistics.ALPHA / max(1, math.comb(len(gaps), 2))
    for model in others:
        contrasts = [_total(leader, pair, 1.0) | _total(model, pair, -1.0) for leader in (first, *tied)]
        lows = [contrast_interval(run, contrast, gap_classes(run, pair), confidence)[1] for contrast in contrasts]
        tested = tested and not any(map(math.isnan, lows))
        if min(lows) <= 0:
            similar.append(model)
    return LargestGap(first, float(gaps.iloc[0]), len(others), tuple(similar), tested, tied)


def ranked_by_gap(run: SavedRun, pair: GapSplits) -> list[str]:
    """Return the models whose gaps are compared: those that take a rank under both splits.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    list of str
        In the order of the run, without baselines.
    """
    return ranked(run, ranked_learners(run, pair.independent), pair.random)


def gap_classes(run: SavedRun, pair: GapSplits) -> tuple[str, ...]:
    """Return the classes whose recalls a gap and its parts average.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    tuple of str
        Those with training clips in every fold that tests them, under each split of the gap.
    """
    return comparable_classes(run, pair.names)


def classes_left_out(run: SavedRun, pair: GapSplits) -> list[str]:
    """Return the classes whose recalls are no part of a gap.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    list of str
        In the order of the run's labels; empty for most runs.
    """
    used = gap_classes(run, pair)
    return [label for label in run.labels if label not in used]


def gap_scores(run: SavedRun, pair: GapSplits) -> pd.DataFrame:
    """Return the UARs whose differences are the gaps.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    DataFrame, index model
        A column per split of the pair: fractions over :func:`gap_classes`; NaN where a fold is missing.
    """
    classes = gap_classes(run, pair)
    scores = {split: [_uar(run, (model, split), classes) for model in run.info.models] for split in pair.names}
    return pd.DataFrame(scores, index=list(run.info.models))


def contrast_interval(
    run: SavedRun, contrast: Contrast, classes: tuple[str, ...], confidence: float = 0.95
) -> tuple[float, float, float]:
    """Return a weighted sum of UARs with its interval, from paired draws of speakers.

    Parameters
    ----------
    run : SavedRun
    contrast : mapping of (str, str) to float
        Weights by model and split.
    classes : tuple of str
        The classes whose recalls are averaged.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    value, low, high : float
        NaN where a fold is missing; the ends also for fewer than ``MIN_SPEAKERS`` speakers.
    """
    value = float(sum(weight * _uar(run, cell, classes) for cell, weight in contrast.items()))
    if math.isnan(value):
        return math.nan, math.nan, math.nan
    speakers, *others = {speaker_tallies(run, *cell)[0] for cell in contrast}
    if others:
        return value, math.nan, math.nan
    draws = np.sum([weight * bootstrap_uar(run, *cell, classes) for cell, weight in contrast.items()], axis=0)
    low, high = map(float, statistics.difference_interval(draws, value, len(speakers), confidence))
    return value, low, high


def _uar(run: SavedRun, cell: tuple[str, str], classes: tuple[str, ...]) -> float:
    """Return the UAR of a model under a split over some classes; NaN where a fold is missing."""
    score = float(pooled_scores(run)["uar"].get(cell, math.nan))
    return score if math.isnan(score) or classes == run.labels else uar_of_classes(run, *cell, classes)


def unequal_training(run: SavedRun, pair: GapSplits) -> dict[str, tuple[float, float]]:
    """Find the models that early stopping left with unequal training sizes under two splits.

    Parameters
    ----------
    run : SavedRun
    pair : GapSplits

    Returns
    -------
    dict of str to tuple of (float, float)
        Mean clips per fold that the weights were trained on, under the random and the speaker-independent split, of
        the models for which they differ by more than ``SIZE_TOLERANCE``.
    """
    fits = run.fits[run.fits["status"] == "ok"]
    clips = fits["trained_clips"].astype("float64").groupby([fits["model"], fits["split"]]).mean()
    sizes = {
        m: (clips.get((m, pair.random), math.nan), clips.get((m, pair.independent), math.nan)) for m in run.info.models
    }
    return {m: both for m, both in sizes.items() if abs(both[0] - both[1]) > SIZE_TOLERANCE * max(both)}


def _total(model: str, pair: GapSplits, weight: float) -> dict[tuple[str, str], float]:
    return {(model, pair.random): weight, (model, pair.independent): -weight}


def _row(run: SavedRun, model: str, pair: GapSplits) -> dict[str, object]:
    """Return a row of :func:`gap_table`."""
    ends = {"total": (pair.random, pair.independent)}
    if pair.takes:
        ends |= {"takes": (pair.random, pair.takes), "voice": (pair.takes, pair.independent)}
    row: dict[str, object] = {"model": model}
    for part, (first, second) in ends.items():
        contrast = {(model, first): 1.0, (model, second): -1.0}
        value, low, high = contrast_interval(run, contrast, gap_classes(run, pair))
        row |= {part: value, f"{part}_low": low, f"{part}_high": high}
    return row | {
        "random_split": pair.random,
        "takes_split": pair.takes or "",
        "independent_split": pair.independent,
    }
