"""Canonical spellings: emotion labels with their order and colours, genders, missing values, and text in general."""

from __future__ import annotations

import unicodedata
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


GENDERS = ("female", "male", "other")
"""Every canonical gender."""

_GENDER_SPELLINGS = {
    "female": (
        *("f", "fem", "w", "woman", "girl", "weiblich", "frau", "femme", "féminin", "feminin", "mujer", "femenino"),
        *("femmina", "femminile", "donna", "feminino", "mulher", "vrouw", "kadın", "женский", "женщина", "ж"),
        *("女", "女性", "여", "여성", "여자", "أنثى", "زن"),
    ),
    "male": (
        *("m", "masc", "man", "boy", "männlich", "maennlich", "mann", "homme", "masculin", "hombre", "masculino"),
        *("maschio", "maschile", "uomo", "homem", "erkek", "мужской", "мужчина", "м"),
        *("男", "男性", "남", "남성", "남자", "ذكر", "مرد"),
    ),
    "other": ("nonbinary", "non-binary", "non binary", "divers", "diverse"),
    "": ("unknown", "unspecified", "undefined", "u", "?", "-"),
}
_GENDERS = {spelling: gender for gender, spellings in _GENDER_SPELLINGS.items() for spelling in spellings}

_MISSING = {
    *("", "na", "n/a", "n.a.", "<na>", "#na", "#n/a", "#n/a n/a", "null", "#null!", "\\n", "--undefined--"),
    *("nan", "+nan", "-nan", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "<none>"),
}
"""Spellings of a missing value in lower case: those of pandas, R, SQL, spreadsheets, C and Praat."""


def canonical_text(text: str) -> str:
    """Return text without differences that a reader cannot see.

    Parameters
    ----------
    text : str
        A label, the name of a speaker, or other text of a corpus.

    Returns
    -------
    str
        The text in normalisation form C, without zero-width and control characters; white space is stripped, and
        every run of it is one space.
    """
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
        text = unicodedata.normalize("NFC", text)
    words = " ".join(text.split())  # also at no-break spaces
    return words if words.isprintable() else "".join(c for c in words if unicodedata.category(c) != "Cc")


def is_missing(text: str) -> bool:
    """Check whether a table's cell means that the value is missing.

    Parameters
    ----------
    text : str
        Content of the cell.

    Returns
    -------
    bool
        True for an empty cell and for the usual spellings, such as ``NA``, ``NaN``, ``null`` and ``--undefined--``.
        ``None`` counts in this case only, since ``none`` may be a label.
    """
    text = canonical_text(text)
    return text == "None" or text.lower() in _MISSING


def canonical_gender(text: str) -> str:
    """Return the canonical form of a gender.

    Parameters
    ----------
    text : str
        A gender as a corpus spells it, such as ``F`` or ``weiblich``.

    Returns
    -------
    str
        One of :data:`GENDERS`, empty for a missing or unknown one; any other text in lower case.
    """
    if is_missing(text):
        return ""
    gender = canonical_text(text).lower()
    return _GENDERS.get(gender.rstrip("."), gender)


def canonical_label(label: str) -> str:
    """Return the canonical form of a label.

    Parameters
    ----------
    label : str
        A label as a corpus spells it.

    Returns
    -------
    str
        The label in lower case, as :func:`canonical_text` writes it, synonyms replaced; an unknown label is kept.
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
