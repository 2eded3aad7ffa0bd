"""Speakers who are probably one person, because their names differ only in how they are written."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_MOST_GROUPS = 3
"""The most groups that a warning names."""

_LOOK_ALIKE = str.maketrans("авекмнорстухіјѕԁԛѡαβεζηικμνορτυχ", "abekmhopctyxijsdqwabezhikmnoptyx")
"""Lower-case Cyrillic and Greek letters, and the Latin letters whose capitals or small letters look like them."""

_DECIMAL = re.compile(r"(\d+)\.0+")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")


def similar_speakers(clips: pd.DataFrame) -> list[tuple[str, ...]]:
    """Find speakers of one corpus whose names differ only in how they are written.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.

    Returns
    -------
    list of tuple of str
        Names that are equal but for case, punctuation, leading zeros, a decimal ``.0`` or look-alike letters. Speakers
        with different known genders are different people.
    """
    genders = clips[clips["speaker"] != ""].groupby(["corpus", "speaker"], sort=True)["gender"].max()
    groups: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (corpus, speaker), gender in genders.items():
        groups[corpus, _written_plainly(speaker.removeprefix(f"{corpus}/"))][gender].append(speaker)
    joined = []
    for by_gender in groups.values():
        unknown = by_gender.pop("", [])
        several = list(by_gender.values()) if len(by_gender) > 1 else [sum(by_gender.values(), unknown)]
        joined += [tuple(sorted(names)) for names in several if len(names) > 1]
    return sorted(joined)


def similar_speakers_warning(clips: pd.DataFrame) -> str:
    """Name the speakers who are probably one person.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.

    Returns
    -------
    str
        One sentence with the numbers of clips and how to join the speakers; empty if no names are similar.
    """
    groups = similar_speakers(clips)
    if not groups:
        return ""
    counts = clips["speaker"].value_counts().to_dict()
    named = [
        " and ".join(f"{name} ({counts[name]:,} clip{'s' * (counts[name] != 1)})" for name in group)
        for group in groups[:_MOST_GROUPS]
    ]
    more = f"; {len(groups) - len(named):,} more" if len(groups) > len(named) else ""
    first, second = groups[0][:2]
    corpus = str(clips.loc[clips["speaker"] == first, "corpus"].iloc[0])
    key, name = (f"{corpus}/{speaker.removeprefix(f'{corpus}/')}" for speaker in (first, second))
    return (
        "speakers whose names differ only in case, punctuation, zeros or look-alike letters count as different people: "
        f"{'; '.join(named)}{more}; join them in the column person, or in a configuration file as [speakers] "
        f'"{key}" = "{name}"'
    )


def _written_plainly(name: str) -> str:
    """Return a name without the differences that do not tell people apart."""
    name = unicodedata.normalize("NFKC", name).casefold().translate(_LOOK_ALIKE)
    if decimal := _DECIMAL.fullmatch(name):
        name = decimal[1]
    plain = ""
    for token in _TOKEN.findall(name):
        number = token.isdecimal()
        plain += ("-" if number and plain[-1:].isdecimal() else "") + (token.lstrip("0") or "0" if number else token)
    return plain or name
