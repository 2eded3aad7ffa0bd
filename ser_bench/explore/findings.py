"""Sentences on what the pictures of a corpus show: their titles, and what nearest neighbours share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ser_bench.explore.corpus import GENDERS, ExploredCorpus
from ser_bench.explore.neighbours import NEIGHBOURS, NeighbourShare, shares_by_attribute

if TYPE_CHECKING:
    import pandas as pd

_VOICES = {"female": " for women", "male": " for men", "": ""}


def overview_title(explored: ExploredCorpus) -> str:
    """Say how many clips an emotion and a speaker have.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    str
        Without the speakers if there is one, or if one is unknown.
    """
    text = f"Each emotion has {_range(explored.clips['emotion'], named=True)} clips"
    speakers = explored.clips["speaker"]
    if speakers.nunique() > 1 and (speakers != "").all():
        text += f", each speaker {_range(speakers, named=False)}"
    return text


def _range(values: pd.Series, *, named: bool) -> str:
    """Return the lowest and the highest number of clips of a value, and on request the value that alone has it."""
    counts = values.value_counts()
    ends = []
    for end in sorted({counts.min(), counts.max()}):
        names = counts.index[counts == end]
        ends.append(f"{end:,} ({names[0]})" if named and len(names) == 1 and len(counts) > 1 else f"{end:,}")
    return " to ".join(ends)


def pitch_title(explored: ExploredCorpus) -> str:
    """Say which emotions have the lowest and the highest median F0, by gender.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    str
        The subject of the picture where no gender has two emotions with voiced clips.
    """
    ranges = []
    for gender in GENDERS:
        f0 = {emotion: explored.f0_of(emotion, gender) for emotion in explored.emotions}
        medians = {emotion: float(np.median(values)) for emotion, values in f0.items() if len(values)}
        if len(medians) > 1:
            ordered = sorted(medians, key=lambda emotion: medians[emotion])
            lowest, highest = (f"{medians[emotion]:.0f} Hz ({emotion})" for emotion in (ordered[0], ordered[-1]))
            ranges.append(f"{lowest} to {highest}{_VOICES[gender]}")
    return f"Median F0 from {', '.join(ranges)}" if ranges else "Median F0 of each clip, by emotion and gender"


def map_title(explored: ExploredCorpus) -> str:
    """Say how many nearest neighbours share the speaker and the emotion.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    str
        Without what all clips have in common, such as a single speaker. The subject of the picture where each clip
        is a neighbour of all others.
    """
    shares = shares_by_attribute(explored.shares)
    known = [shares[name, "all"] for name in ("speaker", "emotion") if (name, "all") in shares]
    varying = [share for share in known if share.chance < 1]
    if not varying or neighbours_count(explored) == explored.compared - 1:
        return "Map of the clips by their features"
    first, *others = varying
    text = f"{_percent(first.observed)} of neighbours share the {first.attribute} (by chance {_percent(first.chance)})"
    text += "".join(
        f", {_percent(share.observed)} the {share.attribute} ({_percent(share.chance)})" for share in others
    )
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def neighbours_caption(explored: ExploredCorpus) -> str:
    """Describe in one or two sentences what nearest neighbours share.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    str
        Empty for a single clip.
    """
    shares = shares_by_attribute(explored.shares)
    if not shares:
        return ""
    emotion, speaker = shares["emotion", "all"], shares.get(("speaker", "all"))
    k = neighbours_count(explored)
    text = (
        f"Of a clip's {k} nearest neighbours (by all {explored.dimension:,} standardised features, not by this map) "
        f"{_percent(emotion.observed)} share its emotion (by chance {_percent(emotion.chance)})"
    )
    text += f" and {_percent(speaker.observed)} its speaker (by chance {_percent(speaker.chance)})." if speaker else "."
    others = shares.get(("emotion", "other speakers"))
    return f"{text} {other_speakers_caption(others, k)}" if others else text


def other_speakers_caption(share: NeighbourShare, k: int) -> str:
    """Say how many of the nearest clips of other speakers share the emotion.

    Parameters
    ----------
    share : NeighbourShare
        That of the emotion among other speakers.
    k : int
        Number of neighbours.

    Returns
    -------
    str
    """
    return (
        f"Of the {k} nearest clips of other speakers {_percent(share.observed)} share its emotion "
        f"(by chance {_percent(share.chance)})."
    )


def neighbours_count(explored: ExploredCorpus) -> int:
    """Return the number of neighbours of each clip.

    Parameters
    ----------
    explored : ExploredCorpus

    Returns
    -------
    int
    """
    return min(NEIGHBOURS, explored.compared - 1)


def _percent(share: float) -> str:
    return "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
