"""Canonical emotion labels: their order, their colours, and what other people call them."""

from __future__ import annotations

from collections.abc import Iterable

EMOTIONS = (
    "neutral",
    "calm",
    "happy",
    "sad",
    "angry",
    "fearful",
    "disgust",
    "surprised",
    "boredom",
)
"""Every canonical label in its order on tables and charts; RAVDESS's own order, then the others."""

COLOURS = {
    "neutral": "#7f7f7f",
    "calm": "#56b4e9",
    "happy": "#e69f00",
    "sad": "#0072b2",
    "angry": "#d55e00",
    "fearful": "#9467bd",
    "disgust": "#009e73",
    "surprised": "#cc79a7",
    "boredom": "#8c6d31",
}
"""A colour per label, after Okabe and Ito's palette for colour-blind readers (2008)."""

_SYNONYMS = {
    "neutrality": "neutral",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "anger": "angry",
    "fear": "fearful",
    "disgusted": "disgust",
    "surprise": "surprised",
    "bored": "boredom",
}


def canonical_label(label: str) -> str:
    """Return the canonical form of a label: lower case, synonyms folded, unknown labels kept."""
    label = label.strip().lower()
    return _SYNONYMS.get(label, label)


def label_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct labels, canonical ones first in their order, then the rest alphabetically."""
    present = set(labels)
    return tuple(e for e in EMOTIONS if e in present) + tuple(sorted(present - set(EMOTIONS)))
