"""Splits that hold out sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.core.errors import SplitError
from ser_bench.splits.base import Draw, Masks, complementary
from ser_bench.splits.speakers import speaker_folds

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


MOST_SENTENCES = 20
"""Above this number of sentences, ``text`` holds out groups of them."""


def sentence_folds(clips: pd.DataFrame, draw: Draw, name: str) -> np.ndarray:
    """Return a fold number per clip: whole sentences, or groups of them."""
    texts = sorted(set(clips["text"]) - {""})
    if len(texts) < 2 or (clips["text"] == "").any():
        known = "not known for every clip" if (clips["text"] == "").any() else "the same for all clips"
        raise SplitError(f"the split {name} needs at least two sentences; here the sentence is {known}")
    count = len(texts) if len(texts) <= MOST_SENTENCES else draw.folds
    order = draw.generator("sentences").permutation(len(texts)) if count < len(texts) else range(len(texts))
    return clips["text"].map({texts[t]: place % count for place, t in enumerate(order)}).to_numpy()


def text(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Hold out one sentence, or group of sentences, at a time."""
    return complementary(sentence_folds(clips, draw, "text"))


def actor_text(clips: pd.DataFrame, draw: Draw) -> Masks:
    """Test new speakers on a new sentence; what shares either with the test clips is left out of training."""
    speakers = speaker_folds(clips, draw, "actor-text")
    sentences = sentence_folds(clips, draw, "actor-text")
    return [
        ((speakers != s) & (sentences != t), (speakers == s) & (sentences == t))
        for s in sorted(set(speakers.tolist()))
        for t in sorted(set(sentences.tolist()))
        if ((speakers == s) & (sentences == t)).any()
    ]
