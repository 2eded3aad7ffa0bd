"""Genders in one spelling, from words of several languages and initials."""

from __future__ import annotations

from collections.abc import Collection

from ser_bench.core.spelling import canonical_text, is_unknown

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
    "": ("u",),
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
    if is_unknown(text):
        return ""
    gender = canonical_text(text).lower().rstrip(".")
    return _GENDERS.get(gender, gender)


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
