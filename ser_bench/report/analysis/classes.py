"""Classes that the folds of a split test without a training clip of them, so that their recall is 0 for any voice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.runs.results import SavedRun


@cached_per_run
def untrained_classes(run: SavedRun) -> dict[str, dict[str, int]]:
    """Return the classes that each split tests without a training clip of them.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to dict of str to int
        By split and class, in the order of the run's labels: the number of folds over all repeats. Splits without
        such a class are missing.
    """
    counts: dict[str, Counter[str]] = {}
    for split, text in zip(run.audit["split"], run.audit["untrained_classes"], strict=True):
        if text:
            counts.setdefault(split, Counter()).update(json.loads(text))
    return {
        split: {label: counts[split][label] for label in run.labels if counts[split][label]}
        for split in run.info.splits
        if split in counts
    }


def comparable_classes(run: SavedRun, splits: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that have training clips in every fold of several splits that tests them.

    Parameters
    ----------
    run : SavedRun
    splits : sequence of str

    Returns
    -------
    tuple of str
        In the order of the run's labels; all labels for most runs.
    """
    untrained = untrained_classes(run)
    return tuple(label for label in run.labels if not any(label in untrained.get(split, {}) for split in splits))
