"""Canonical spellings: emotion labels with their order and colours, genders, missing values, and text in general."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from ser_bench.core.emotion_words import LETTERS, WORDS

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

_INITIALS = (
    {"h": "male", "m": "female"},
    {"h": "male", "f": "female"},
    {"m": "male", "v": "female"},
    {"m": "male", "k": "female"},
    {"e": "male", "k": "female"},
)
"""Pairs of initials in Spanish, French, Dutch, Swedish and Polish, and Turkish."""

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


def canonical_genders(texts: Collection[str]) -> dict[str, str]:
    """Return the canonical form of every gender of a column.

    Parameters
    ----------
    texts : collection of str
        Genders as a corpus spells them.

    Returns
    -------
    dict of str to str
        As :func:`canonical_gender`, by text; a pair of initials such as ``h`` and ``m`` in Spanish is read together.
    """
    genders = {text: canonical_gender(text) for text in texts}
    letters = {canonical_text(text).lower().rstrip(".") for text, gender in genders.items() if gender}
    pair = next((pair for pair in _INITIALS if letters == pair.keys()), {})
    return {text: pair.get(canonical_text(text).lower().rstrip("."), gender) for text, gender in genders.items()}


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


@lru_cache(maxsize=4096)
def emotion_of(word: str) -> str:
    """Return the emotion that a word or an unambiguous code denotes, in one of several languages.

    Parameters
    ----------
    word : str
        A word of a folder name, a file name or a table, such as ``ANG``, ``Wut`` or ``pleasant_surprise``.

    Returns
    -------
    str
        A label, one of :data:`EMOTIONS` or another usual one such as ``contempt``; empty for an unknown word.
    """
    text = canonical_label(word.replace("_", " ").replace("-", " "))
    label = text if text in EMOTIONS else _EMOTION_OF.get(_without_accents(text), "")
    return label or (text if text in WORDS else "")


def emotions_of_letters(letters: Iterable[str]) -> dict[str, str]:
    """Return the emotions that a set of single letters denotes.

    Parameters
    ----------
    letters : iterable of str
        The distinct codes of a corpus.

    Returns
    -------
    dict of str to str
        Emotion by code where one language has all of them, neutral among at least four; else empty.
    """
    codes = {letter: letter.upper() for letter in letters}
    fitting = [table for table in LETTERS.values() if set(codes.values()) <= set(table)]
    if len(fitting) != 1 or len(codes) < 4 or "N" not in codes.values():
        return {}
    return {letter: fitting[0][code] for letter, code in codes.items()}


def _without_accents(text: str) -> str:
    """Return text in lower case without accents, for comparison."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ı", "i"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _spellings(word: str) -> set[str]:
    """Return the spellings of a word without accents; German umlauts may have two letters."""
    two_letters = word.casefold().translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"})
    return {_without_accents(word), _without_accents(two_letters)}


_EMOTION_OF = {spelling: emotion for emotion, words in WORDS.items() for word in words for spelling in _spellings(word)}


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
