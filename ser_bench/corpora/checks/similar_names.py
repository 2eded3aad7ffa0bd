"""Speakers who are probably one person, and labels that are probably one, because of how their names are written."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ser_bench.core.text import plural
from ser_bench.corpora.clip_table import PERSON_PREFIX

if TYPE_CHECKING:
    import pandas as pd

_MOST_GROUPS = 3
"""The most groups that a warning names."""

_LOOK_ALIKE = str.maketrans("авекмнорстухіјѕԁԛѡαβεζηικμνορτυχ", "abekmhopctyxijsdqwabezhikmnoptyx")
"""Lower-case Cyrillic and Greek letters, and the Latin letters whose capitals or small letters look like them."""

_DECIMAL = re.compile(r"(\d+)\.0+")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")


def similar_speakers(clips: pd.DataFrame) -> list[tuple[str, ...]]:
    """Find speakers of one corpus, and declared persons, whose names differ only in how they are written.

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
    scopes: dict[str, dict[str, str]] = defaultdict(dict)
    for (corpus, speaker), gender in genders.items():
        scope = PERSON_PREFIX if speaker.startswith(PERSON_PREFIX) else f"{corpus}/"
        scopes[scope][speaker] = max(gender, scopes[scope].get(speaker, ""))  # a person of several corpora
    return sorted(group for scope, names in scopes.items() for group in similar_names(names, scope))


def similar_names(genders: Mapping[str, str], prefix: str = "") -> list[tuple[str, ...]]:
    """Find names of speakers that differ only in how they are written.

    Parameters
    ----------
    genders
        Gender by speaker; empty if unknown.
    prefix
        Start of the names that does not count, such as the corpus.

    Returns
    -------
    list of tuple of str
        Names that are equal as for :func:`similar_speakers`.
    """
    spellings: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, gender in genders.items():
        spellings[_written_plainly(name.removeprefix(prefix))][gender].append(name)
    groups = []
    for by_gender in spellings.values():
        unknown = by_gender.pop("", [])
        several = list(by_gender.values()) if len(by_gender) > 1 else [sum(by_gender.values(), unknown)]
        groups += [tuple(sorted(names)) for names in several if len(names) > 1]
    return sorted(groups)


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
    first, second = groups[0][:2]
    advice = "give them one name in the column person or in [speakers]"
    if not first.startswith(PERSON_PREFIX):
        corpus = str(clips.loc[clips["speaker"] == first, "corpus"].iloc[0])
        key, name = (f"{corpus}/{speaker.removeprefix(f'{corpus}/')}" for speaker in (first, second))
        advice = f'join them in the column person, or in a configuration file as [speakers] "{key}" = "{name}"'
    return (
        "speakers whose names differ only in case, punctuation, zeros or look-alike letters count as different people: "
        f"{_counted(groups, clips['speaker'])}; {advice}"
    )


def similar_labels_warning(clips: pd.DataFrame) -> str:
    """Name the emotions that are probably one.

    Parameters
    ----------
    clips
        A clip table.

    Returns
    -------
    str
        One sentence with the numbers of clips and how to join the labels; empty if no labels are similar.
    """
    by_spelling: dict[str, list[str]] = defaultdict(list)
    for label in sorted(set(clips["emotion"])):
        by_spelling[_written_plainly(label)].append(label)
    groups = [tuple(labels) for labels in by_spelling.values() if len(labels) > 1]
    if not groups:
        return ""
    first, second = groups[0][:2]
    return (
        "labels that differ only in punctuation, zeros or look-alike letters count as different emotions: "
        f'{_counted(groups, clips["emotion"])}; join them in a configuration file as [merge] "{first}" = "{second}"'
    )


def _counted(groups: Sequence[Sequence[str]], names: pd.Series) -> str:
    """List the first groups of names, each with the number of its clips, and count the others."""
    counts = names.value_counts().to_dict()
    named = [" and ".join(f"{name} ({plural(counts[name], 'clip')})" for name in group) for group in groups]
    more = f"; {len(groups) - _MOST_GROUPS:,} more" if len(groups) > _MOST_GROUPS else ""
    return "; ".join(named[:_MOST_GROUPS]) + more


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
