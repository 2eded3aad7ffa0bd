"""Splits that draw clips at random, whoever speaks: the same voices train and test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser_bench.core.errors import SplitError
from ser_bench.splits.base import Draw, Masks, complementary
from ser_bench.splits.speakers import speaker_folds

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def _stratified(labels: np.ndarray, sizes: Sequence[int], generator: np.random.RandomState) -> np.ndarray:
    """Return a part number per clip: parts of exactly the sizes given, each class spread evenly over them."""
    import numpy as np

    order = generator.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    slots = [(np.arange(n) + generator.uniform()) / max(n, 1) for n in sizes]
    parts = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(np.concatenate(slots), kind="stable")]
    assigned = np.empty(len(labels), dtype=int)
    assigned[order] = parts
    return assigned


def random(clips: pd.DataFrame, draw: Draw) -> Masks:
    """K stratified folds of the very sizes that the actor split has, so that both train on as much."""
    import numpy as np

    if len(clips) < draw.folds:
        raise SplitError(f"the split random cannot make {draw.folds} folds of {len(clips)} clips")
    if clips["speaker"].nunique() >= draw.folds:
        sizes = np.bincount(speaker_folds(clips, draw), minlength=draw.folds)
    else:
        sizes = np.bincount(np.arange(len(clips)) % draw.folds)
    generator = draw.generator("random", draw.repeat)
    return complementary(_stratified(clips["label"].to_numpy(dtype=str), sizes.tolist(), generator))


def random_hold_out(clips: pd.DataFrame, draw: Draw, *, share: float) -> Masks:
    """Hold out a stratified share of the clips, another one in every repeat."""
    held = round(share * len(clips))
    generator = draw.generator("random-hold-out", share, draw.repeat)
    test = _stratified(clips["label"].to_numpy(dtype=str), [len(clips) - held, held], generator) == 1
    return [(~test, test)]
