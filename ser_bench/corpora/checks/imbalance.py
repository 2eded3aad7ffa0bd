"""Imbalance of speakers: a corpus whose speakers tell the emotion, or in which one speaker has most clips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

CONFOUNDED = 0.25
"""The share of the way from chance to 100 % UAR from which on speakers tell the emotion."""

LARGE_SHARE = 0.5
"""The share of the clips from which on a speaker has most of them; and more than twice that of the average speaker."""


class SpeakerScore(NamedTuple):
    """How well the speaker alone tells the emotion."""

    accuracy: float
    uar: float


def speaker_score(clips: pd.DataFrame) -> SpeakerScore:
    """Score the guess that a clip has the most frequent emotion of its speaker's other clips.

    Parameters
    ----------
    clips
        A clip table.

    Returns
    -------
    SpeakerScore
        Fractions. A guess is wrong where other emotions are as frequent, so speakers with equally many clips of each
        emotion score 0.
    """
    import numpy as np
    import pandas as pd

    counts = pd.crosstab(clips["speaker"], clips["emotion"]).to_numpy()
    others = np.array([np.delete(counts, column, axis=1).max(axis=1, initial=0) for column in range(counts.shape[1])]).T
    right = np.where(counts - 1 > others, counts, 0)
    return SpeakerScore(float(right.sum() / counts.sum()), float((right.sum(axis=0) / counts.sum(axis=0)).mean()))


def imbalance_warnings(clips: pd.DataFrame) -> Iterator[str]:
    """Warn of corpora in which recognising the speaker may pass for recognising the emotion.

    Parameters
    ----------
    clips
        A clip table with ``corpus``. Clips of unknown speakers do not count.

    Yields
    ------
    str
        A sentence for each corpus and reason.
    """
    for corpus, part in clips[clips["speaker"] != ""].groupby("corpus", sort=True):
        several = clips["corpus"].nunique() > 1
        for sentence in filter(None, (_telling_speakers(part), _largest_speaker(part))):
            yield f"{corpus}: {sentence}" if several else sentence


def _telling_speakers(clips: pd.DataFrame) -> str:
    """Warn where a clip's speaker tells its emotion; empty if not."""
    emotions = clips.groupby("speaker")["emotion"].nunique()
    classes = clips["emotion"].nunique()
    if classes < 2 or len(emotions) < 2:
        return ""
    accuracy, uar = speaker_score(clips)
    if uar - 1 / classes < CONFOUNDED * (1 - 1 / classes):
        return ""
    single = int((emotions == 1).sum())
    verb = "has" if single == 1 else "have"
    speakers = f"{single} of {len(emotions)} speakers {verb} a single emotion, and " if single else ""
    return (
        f"the speaker tells the emotion: {speakers}a speaker's most frequent emotion is right for "
        f"{100 * accuracy:.0f} % of the clips (UAR {100 * uar:.0f} %, chance {100 / classes:.0f} %); scores on known "
        "speakers, as under random, may be those of speaker recognition"
    )


def _largest_speaker(clips: pd.DataFrame) -> str:
    """Warn where one speaker has most clips; empty if none has."""
    shares = clips["speaker"].value_counts(normalize=True)
    share = float(shares.iloc[0])
    if share <= max(LARGE_SHARE, 2 / len(shares)):
        return ""
    return (
        f"speaker {shares.index[0]} has {100 * share:.0f} % of the clips of {len(shares)} speakers, so scores mostly "
        "measure this voice; check that the name stands for one person"
    )
