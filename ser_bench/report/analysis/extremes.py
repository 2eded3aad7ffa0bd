"""The speakers and the classes that a model recognises least and most often, and whether they differ significantly.

The data choose the extremes, so Bonferroni's correction counts every pair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.failures import recall_by_class
from ser_bench.report.analysis.intervals import bootstrap_uar, known_count, speaker_tallies
from ser_bench.report.analysis.scores import scores_by_speaker
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Extremes:
    """The lowest and the highest of several scores.

    Parameters
    ----------
    lowest, highest : str
        Names; the first in alphabetical order of equal ones.
    low, high : float
        Fractions.
    count : int
        The number of scores.
    significant : bool
        Whether the difference is, corrected for the number of pairs.
    """

    lowest: str
    low: float
    highest: str
    high: float
    count: int
    significant: bool


@cached_per_run
def speaker_extremes(run: SavedRun, model: str, split: str) -> Extremes | None:
    """Return the speakers with a model's lowest and highest UAR.

    The test is a z test of two UARs whose recalls count one more right and one more wrong clip per class (Agresti and
    Caffo, The American Statistician 2000). Repeats of a clip count once.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    Extremes or None
        None for a model with a missing fold, and without known speakers.
    """
    scores = scores_by_speaker(run, split).loc[model].dropna()
    extremes = _extremes(scores)
    if extremes is None or extremes.low == extremes.high:
        return extremes
    (low, low_variance), (high, high_variance) = (
        _moderate_uar(run, model, split, name) for name in (extremes.lowest, extremes.highest)
    )
    p = math.erfc((high - low) / math.sqrt(2 * (low_variance + high_variance)))
    return replace(extremes, significant=p * math.comb(len(scores), 2) <= statistics.ALPHA)


@cached_per_run
def class_extremes(run: SavedRun, model: str, split: str) -> Extremes | None:
    """Return the classes with a model's lowest and highest recall.

    The test is an interval of their difference, from paired draws of speakers.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    Extremes or None
        None for a model with a missing fold.
    """
    recalls = recall_by_class(run, split).loc[model].dropna()
    extremes = _extremes(recalls)
    if extremes is None or extremes.low == extremes.high:
        return extremes
    speakers = known_count(speaker_tallies(run, model, split)[0])
    first, second = (bootstrap_uar(run, model, split, (name,)) for name in (extremes.highest, extremes.lowest))
    confidence = 1 - statistics.ALPHA / math.comb(len(recalls), 2)
    gap = extremes.high - extremes.low
    low, _ = statistics.difference_interval(first - second, gap, speakers, confidence)
    return replace(extremes, significant=bool(low > 0))


def _extremes(scores: pd.Series) -> Extremes | None:
    """Return the extremes of some scores; not significant."""
    if scores.empty:
        return None
    ordered = scores.sort_index()
    lowest, highest = str(ordered.idxmin()), str(ordered.idxmax())
    return Extremes(lowest, float(ordered.min()), highest, float(ordered.max()), len(ordered), significant=False)


def _moderate_uar(run: SavedRun, model: str, split: str, speaker: str) -> tuple[float, float]:
    """Return a speaker's UAR with one more right and one more wrong clip per class, and its variance."""
    frame = run.predictions
    part = frame[(frame["model"] == model) & (frame["split"] == split) & (frame["speaker"] == speaker)]
    clip = part["clip"].astype("str")
    right = (part["true"] == part["predicted"]).groupby(clip).mean()
    counts = right.groupby(part["true"].astype("str").groupby(clip).first()).agg(["sum", "size"]).to_numpy()
    recall, clips = (counts[:, 0] + 1) / (counts[:, 1] + 2), counts[:, 1] + 2
    return float(recall.mean()), float(np.sum(recall * (1 - recall) / clips) / len(clips) ** 2)
