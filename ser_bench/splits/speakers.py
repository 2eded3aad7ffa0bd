"""Splits that hold out whole speakers."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

from ser_bench.core.errors import SplitError
from ser_bench.splits.base import Draw, Masks, complementary

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def speaker_folds(clips: pd.DataFrame, draw: Draw, name: str = "actor") -> np.ndarray:
    """Return a fold number per clip: whole speakers, genders and then clip counts balanced."""
    counts = clips.groupby(["gender", "speaker"], sort=True).size()
    if len(counts) < draw.folds:
        raise SplitError(
            f"the split {name} cannot hold out {draw.folds} folds of speakers: there are {len(counts)} speakers\n"
            f"ask for fewer with --folds {max(2, len(counts))}, or for another split"
        )
    order = draw.generator("speakers").permutation(len(counts))
    sizes = [0] * draw.folds
    people, clip_counts = counts.index.tolist(), counts.tolist()
    genders = [dict.fromkeys((gender for gender, _ in people), 0) for _ in range(draw.folds)]
    fold_of = {}
    for place in sorted(order, key=lambda i: -clip_counts[i]):
        gender, speaker = people[place]
        speakers = [sum(g.values()) for g in genders]
        best = min(range(draw.folds), key=lambda k: (genders[k][gender], speakers[k], sizes[k], k))
        fold_of[speaker] = best
        genders[best][gender] += 1
        sizes[best] += clip_counts[place]
    return clips["speaker"].map(fold_of).to_numpy()


def actor(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Hold out K groups of whole speakers in turn."""
    return complementary(speaker_folds(clips, draw))


def loso(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Hold out one speaker at a time."""
    numbers = clips["speaker"].rank(method="dense").to_numpy()
    if numbers.max() < 2:
        raise SplitError("the split loso needs at least two speakers, there is one")
    return complementary(numbers)


def emobox(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Hold out the actors of each of EmoBox's published folds in turn."""
    published = json.loads(resources.files("ser_bench").joinpath("data/emobox_ravdess_folds.json").read_text())
    fold_of = {s: int(fold) for fold, speakers in published["test_speakers"].items() for s in speakers}
    numbers = clips["speaker"].map(fold_of)
    if numbers.isna().any() or not clips["clip"].str.fullmatch(r"03(-\d\d){6}").all():
        raise SplitError("the split emobox is published for RAVDESS alone; this corpus has other speakers or clips")
    if numbers.nunique() < 2:
        raise SplitError("the split emobox needs actors of at least two of its published folds")
    return complementary(numbers.to_numpy(dtype=int))


def actor_hold_out(clips: pd.DataFrame, draw: Draw, *, share: float) -> Masks:
    """Hold out one group of whole speakers, near ``share`` of all, genders balanced."""
    import numpy as np

    speakers = clips["speaker"].nunique()
    held = max(1, round(share * speakers))
    if held >= speakers:
        raise SplitError(f"the split actor-80-20 needs at least two speakers, there is {speakers}")
    generator = draw.generator("actor-hold-out", share)
    queues = [
        list(generator.permutation(sorted(set(group)))) for _, group in clips.groupby("gender", sort=True)["speaker"]
    ]
    # The fuller gender first, turn by turn, so that the held-out speakers mirror the corpus.
    chosen = [max(queues, key=len).pop() for _ in range(held)]
    test = np.isin(clips["speaker"].to_numpy(dtype=str), np.array(chosen, dtype=str))
    return [(~test, test)]
