"""Splits of random clips: the same speakers train and test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ser_bench.core.errors import SplitError
from ser_bench.splits.base import FoldSettings, Masks, Split, cross_validation
from ser_bench.splits.speakers import speaker_folds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

SAME_SPEAKERS = "the same speakers on both sides"


def _stratified(
    labels: npt.NDArray[np.str_], sizes: Sequence[int], generator: np.random.RandomState
) -> npt.NDArray[np.int64]:
    """Return a part number per clip: parts of exactly the given sizes, each class spread evenly over them."""
    import numpy as np

    order = generator.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    slots = [(np.arange(n) + generator.uniform()) / max(n, 1) for n in sizes]
    parts = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(np.concatenate(slots), kind="stable")]
    assigned = np.empty(len(labels), dtype=int)
    assigned[order] = parts
    return assigned


def _random(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    """Return folds of exactly the sizes of the actor split's, so that both train on equally many clips."""
    import numpy as np

    if len(clips) < settings.folds:
        raise SplitError(f"split random: cannot make {settings.folds} folds of {len(clips)} clips")
    if clips["speaker"].nunique() >= settings.folds:
        sizes = np.bincount(speaker_folds(clips, settings), minlength=settings.folds)
    else:
        sizes = np.bincount(np.arange(len(clips)) % settings.folds)
    generator = settings.generator("random", settings.repeat)
    return cross_validation(_stratified(clips["label"].to_numpy(dtype=str), sizes.tolist(), generator))


def _random_hold_out(clips: pd.DataFrame, settings: FoldSettings, *, share: float) -> Masks:
    held_out = round(share * len(clips))
    generator = settings.generator("random-hold-out", share, settings.repeat)
    test = _stratified(clips["label"].to_numpy(dtype=str), [len(clips) - held_out, held_out], generator) == 1
    return [(~test, test)]


RANDOM = Split(
    name="random",
    summary=f"K stratified folds as large as actor's; {SAME_SPEAKERS}",
    condition="speakers known from training",
    colour="#e69f00",
    masks=_random,
    speaker_independent=False,
    folds="as many as --folds (default 6)",
)
HOLD_OUTS = tuple(
    Split(
        name=name,
        summary=f"{part} of the clips, stratified; {SAME_SPEAKERS}",
        masks=partial(_random_hold_out, share=share),
        speaker_independent=False,
        folds="1",
        colour=colour,
    )
    for name, part, share, colour in (
        ("random-80-20", "a fifth", 0.20, "#b07800"),
        ("random-75-25", "a quarter", 0.25, "#f2c45f"),
        ("random-90-10", "a tenth", 0.10, "#7d5500"),
    )
)
