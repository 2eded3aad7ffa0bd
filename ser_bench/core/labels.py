"""Canonical emotion labels, with their order and colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ser_bench.core.spelling import canonical_text

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
"""Every canonical label in the order of tables and charts: that of RAVDESS, then labels of other corpora."""

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
"""A colour per label, after the palette for colour-blind readers of Okabe and Ito (2008)."""

_OTHER_COLOURS = ("#4d4d4d", "#b07800", "#6a3d9a", "#3b6e22", "#a6486b", "#5f9ea0")

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
"""Other forms of labels, read in every corpus; :mod:`ser_bench.corpora.emotion_words` has words of more languages."""


def label_colour(label: str, labels: Sequence[str]) -> str:
    """Return the colour of a label; labels that are not canonical get one by their order, or the first if too many.

    Parameters
    ----------
    label : str
    labels : sequence of str
        All labels of a picture.

    Returns
    -------
    str
        Hexadecimal RGB.
    """
    others = [name for name in labels if name not in COLOURS]
    few = len(others) <= len(_OTHER_COLOURS)
    return COLOURS.get(label) or _OTHER_COLOURS[others.index(label) if few else 0]


def canonical_label(label: str) -> str:
    """Return the canonical form of a label.

    Parameters
    ----------
    label : str
        A label as a corpus spells it.

    Returns
    -------
    str
        The label in lower case, as :func:`~ser_bench.core.spelling.canonical_text` writes it, synonyms replaced; an
        unknown label is kept.
    """
    label = canonical_text(label).lower()
    return _SYNONYMS.get(label, label)


def label_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Sort labels for tables and charts.

    Parameters
    ----------
    labels : iterable of str
        Labels, with repetitions.

    Returns
    -------
    tuple of str
        The distinct labels: canonical labels in the order of :data:`EMOTIONS`, then the rest alphabetically.
    """
    present = set(labels)
    return tuple(e for e in EMOTIONS if e in present) + tuple(sorted(present - set(EMOTIONS)))
