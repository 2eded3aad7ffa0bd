"""The label that predictions collapse to under a recording condition.

Predictions collapse to a label if the model predicts it too often under a condition, and more often than for the same
clips as recorded. Too often is half of all predictions, and twice its recorded share, or half of the clips of other
labels where these are fewer. The test is a paired interval over speakers with
Bonferroni's correction for labels and conditions, because the data choose both.
"""

from __future__ import annotations

import numpy as np

from ser_bench import statistics
from ser_bench.report.analysis.conditions.counts import ConditionCounts, Floats, ends
from ser_bench.report.analysis.intervals import speaker_draws
from ser_bench.runs.results import SavedRun

_LEAST_SHARE = 0.5
"""The least share of the predictions that one label takes."""


def collapse_columns(run: SavedRun, counts: ConditionCounts) -> dict[str, object]:
    """Return the label in excess of each model and condition, its shares, and whether predictions collapse to it.

    Parameters
    ----------
    run : SavedRun
    counts : ConditionCounts
        The counts of one split.

    Returns
    -------
    dict of str to ndarray, shape (models * conditions,)
        ``excess_label``, ``predicted_share``, ``recorded_share``, ``clean_share`` and ``collapsed``, the columns of
        :func:`~ser_bench.report.analysis.conditions.scores.condition_scores`.
    """
    changed, clean, recorded = _shares(counts)
    excess = np.minimum(changed - recorded, changed - clean)
    label = np.nanargmax(np.nan_to_num(excess, nan=-1.0), axis=-1)
    exceeds = np.take_along_axis(excess, label[..., np.newaxis], -1)[..., 0] > 0
    shares = [
        np.where(exceeds, np.take_along_axis(part, label[..., np.newaxis], -1)[..., 0], np.nan)
        for part in (changed, clean, recorded)
    ]
    lowest = _lowest_excess(run, counts, label, shares)
    often = shares[0] >= np.maximum(np.minimum(2 * shares[2], (1 + shares[2]) / 2), _LEAST_SHARE)
    tested = counts.complete[:, np.newaxis] & (counts.speaker_counts >= statistics.MIN_SPEAKERS)
    tested[:, 0] = False
    collapsed = np.where(tested, np.where(often & (lowest > 0), "yes", "no"), "")
    names = np.where(exceeds, np.array(run.labels, dtype=object)[label], "")
    columns = {"excess_label": names, "predicted_share": shares[0], "recorded_share": shares[2]}
    columns |= {"clean_share": shares[1], "collapsed": collapsed}
    return {name: part.ravel() for name, part in columns.items()}


def _shares(counts: ConditionCounts) -> tuple[Floats, Floats, Floats]:
    """Return the share of each label: predicted, predicted as recorded, and recorded; NaN where a fold is missing."""
    parts = [
        part.sum(axis=(2, 3)).astype(np.float64)
        for part in (counts.changed.predicted, counts.clean.predicted, counts.changed.recorded)
    ]
    total = parts[2].sum(axis=-1, keepdims=True)
    total[(total == 0) | ~counts.complete[:, np.newaxis, np.newaxis]] = np.nan
    first, second, third = (part / total for part in parts)
    return first, second, third


def _lowest_excess(run: SavedRun, counts: ConditionCounts, label: np.ndarray, shares: list[Floats]) -> Floats:
    """Return the lower end of the excess over both shares, per cell; NaN for too few speakers."""
    draws = speaker_draws(counts.speakers).astype(np.float64)
    tests = len(run.labels) * max(1, len(counts.conditions) - 1)

    def drawn(part: np.ndarray) -> Floats:
        of_label = np.take_along_axis(part.sum(axis=2), label[..., np.newaxis, np.newaxis], -1)[..., 0]
        return of_label @ draws.T

    total = counts.changed.recorded.sum(axis=(2, 4)) @ draws.T
    total[total == 0] = np.nan
    changed = drawn(counts.changed.predicted)
    low = [
        ends(
            statistics.difference_interval,
            (changed - drawn(part)) / total,
            shares[0] - share,
            counts.speaker_counts,
            1 - statistics.ALPHA / tests,
        )[0]
        for part, share in zip((counts.clean.predicted, counts.changed.recorded), shares[1:], strict=True)
    ]
    return np.minimum(*low)
