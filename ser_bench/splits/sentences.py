"""Splits that hold out sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.core.errors import SplitError
from ser_bench.splits.base import FoldSettings, Masks, Split, cross_validation
from ser_bench.splits.shuffled import SAME_SPEAKERS
from ser_bench.splits.speakers import speaker_folds
from ser_bench.splits.takes import unknown_sentences

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_MAX_SINGLE = 20
"""With more sentences than this, groups of sentences are held out."""


def _sentence_folds(clips: pd.DataFrame, settings: FoldSettings, name: str) -> npt.NDArray[np.int64]:
    """Return the fold that tests each clip: one sentence, or a group of sentences, per fold."""
    texts, unknown = sorted(set(clips["text"]) - {""}), unknown_sentences(clips).any()
    if len(texts) < 2 or unknown:
        known = "not known for every clip" if unknown else "the same for all clips"
        raise SplitError(f"split {name}: needs at least two sentences; here the sentence is {known}")
    count = len(texts) if len(texts) <= _MAX_SINGLE else settings.folds
    order = settings.generator("sentences").permutation(len(texts)) if count < len(texts) else range(len(texts))
    fold_of = {texts[text]: position % count for position, text in enumerate(order)}
    folds: npt.NDArray[np.int64] = clips["text"].map(fold_of).to_numpy()
    return folds


def _text(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    return cross_validation(_sentence_folds(clips, settings, "text"))


def _actor_text(clips: pd.DataFrame, settings: FoldSettings) -> Masks:
    """Leave out of training what shares a speaker or a sentence with the test clips."""
    speakers = speaker_folds(clips, settings, "actor-text")
    sentences = _sentence_folds(clips, settings, "actor-text")
    return [
        ((speakers != s) & (sentences != t), (speakers == s) & (sentences == t))
        for s in sorted(set(speakers.tolist()))
        for t in sorted(set(sentences.tolist()))
        if ((speakers == s) & (sentences == t)).any()
    ]


TEXT = Split(
    name="text",
    summary=f"one sentence held out at a time; {SAME_SPEAKERS}",
    condition="a new sentence",
    colour="#cc79a7",
    masks=_text,
    speaker_independent=False,
    needs="two sentences",
    folds="one per sentence; as many as --folds above 20 sentences",
)
ACTOR_TEXT = Split(
    name="actor-text",
    summary="new speakers and a new sentence in every fold",
    condition="new speakers and sentence",
    colour="#d55e00",
    masks=_actor_text,
    redrawn=True,
    needs="two sentences, as many speakers as folds",
    folds="one per group of speakers and sentence",
)
