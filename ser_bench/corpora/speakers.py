"""Who a speaker is: persons with several names or in several corpora, and one gender each.

A manifest declares a person in the column ``person``, and a configuration file in its ``[speakers]`` table. All clips
of a person have one speaker, so that no split trains on a test speaker.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.genders import GENDERS
from ser_bench.core.spelling import canonical_text
from ser_bench.corpora.clip_table import PERSON_PREFIX
from ser_bench.corpora.tables.manifest import line_numbers

if TYPE_CHECKING:
    import pandas as pd

_MOST_CLIPS = 3
"""The most clips that an error names per value."""


def shared_names(clips: pd.DataFrame, table: Mapping[str, str], sources: Mapping[str, str]) -> dict[str, str]:
    """Return the person's name of each speaker who has one.

    Parameters
    ----------
    clips
        A clip table with ``corpus`` and, if the corpus declares persons, ``person``; speakers of several corpora have
        the prefix of their corpus.
    table
        Shared name by ``corpus/speaker``. A value that is itself such a key means the same person as that key.
    sources
        File of each corpus by name, for messages.

    Returns
    -------
    dict of str to str
        Name by ``corpus/speaker``.

    Raises
    ------
    UnknownNameError
        If a key of the table is not a speaker.
    CorpusError
        If the corpus of a key is not in the run, or a speaker has two persons.
    """
    keys = speaker_keys(clips)
    known = dict(zip(keys, clips["corpus"], strict=True))
    table = {canonical_text(key): canonical_text(name) for key, name in table.items()}
    for key in table:
        if key not in known:
            corpus = key.partition("/")[0]
            if not difflib.get_close_matches(corpus, set(known.values()), cutoff=0.5):
                corpora = ", ".join(sorted(set(known.values())))
                raise CorpusError(f"unknown key in [speakers]: {key!r}; the corpora of this run are {corpora}")
            raise UnknownNameError("key in [speakers]:", key, sorted(known))
    persons = dict(table)
    if "person" in clips:
        declared = clips.assign(key=keys)[clips["person"] != ""]
        for key, rows in declared.groupby("key", sort=False):
            if rows["person"].nunique() > 1:
                raise CorpusError(f"speaker {key} has two persons: {clips_by_value(rows, 'person', sources)}")
            persons.setdefault(str(key), str(rows["person"].iloc[0]))
    links = list(persons.items())
    # A name may also be that of another speaker of the same corpus, who is then the same person.
    links += [(f"{known[key]}/{name}", name) for key, name in persons.items() if f"{known[key]}/{name}" in known]
    return {key: name for key, name in _names_of_groups(links).items() if key in known}


def _names_of_groups(links: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return for each name that of its group: the first by name of those that are only the second of a link."""
    firsts = {first for first, _ in links}
    groups = linked_groups(links)
    return {name: min(group, key=lambda member: (member in firsts, member)) for name, group in groups.items()}


def linked_groups(links: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Join names that are linked, directly or through others.

    Parameters
    ----------
    links
        Pairs of names.

    Returns
    -------
    dict of str to set of str
        The group of each name.
    """
    groups: dict[str, set[str]] = {}
    for first, second in links:
        joined = groups.get(first, {first}) | groups.get(second, {second})
        groups |= dict.fromkeys(joined, joined)
    return groups


def name_speakers(clips: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Replace the names of shared speakers.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.
    names
        As :func:`shared_names` returns.

    Returns
    -------
    pandas.DataFrame
        The clips without the column ``person``. In a table of several corpora, shared names carry
        :data:`~ser_bench.corpora.clip_table.PERSON_PREFIX`.
    """
    several = clips["corpus"].nunique() > 1
    speakers = []
    for key, speaker, corpus in zip(speaker_keys(clips), clips["speaker"], clips["corpus"], strict=True):
        name = names.get(key)
        shown = PERSON_PREFIX + name if name and several else (name or "").removeprefix(f"{corpus}/")
        speakers.append(shown or speaker)
    return clips.assign(speaker=speakers).drop(columns="person", errors="ignore")


def speakers_by_name(names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the speakers that share each name.

    Parameters
    ----------
    names
        Name by ``corpus/speaker``.

    Returns
    -------
    dict of str to tuple of str
        Sorted; a name with a single speaker is left out.
    """
    groups = {name: tuple(sorted(key for key in names if names[key] == name)) for name in sorted(set(names.values()))}
    return {name: keys for name, keys in groups.items() if len(keys) > 1}


def unknown_speakers_warning(clips: pd.DataFrame) -> str:
    """Say what unknown speakers make impossible.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.

    Returns
    -------
    str
        One sentence; empty if every speaker is known.
    """
    unknown = clips["speaker"] == ""
    if not unknown.any():
        return ""
    corpora = ", ".join(sorted(set(clips.loc[unknown, "corpus"])))
    return (
        f"no clip of {corpora} has a speaker; scores say nothing about new voices, since the voice of each test clip "
        "may be in training; fill in the column speaker for splits by speaker"
    )


def without_unknown_genders(clips: pd.DataFrame, sources: Mapping[str, str]) -> tuple[pd.DataFrame, str]:
    """Count genders that are no known spelling as unknown.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.
    sources
        File of each corpus by name, for messages.

    Returns
    -------
    clips : pandas.DataFrame
        The clips with genders in :data:`~ser_bench.core.genders.GENDERS`, else empty.
    warning : str
        Names the values with their clips; empty if all are known.
    """
    unknown = ~clips["gender"].isin(["", *GENDERS])
    if not unknown.any():
        return clips, ""
    values = clips_by_value(clips[unknown], "gender", sources)
    warning = f"unknown gender: {values}; these genders count as unknown; write {', '.join(GENDERS)} or nothing"
    return clips.assign(gender=clips["gender"].mask(unknown, "")), warning


def with_one_gender(clips: pd.DataFrame, sources: Mapping[str, str]) -> pd.DataFrame:
    """Fill in the gender of clips whose speaker has a known gender in other clips.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.
    sources
        File of each corpus by name, for messages.

    Returns
    -------
    pandas.DataFrame
        The clips with one gender per speaker.

    Raises
    ------
    CorpusError
        If a speaker has two genders.
    """
    known = clips[(clips["gender"] != "") & (clips["speaker"] != "")]
    for speaker, rows in known.groupby("speaker", sort=True):
        if rows["gender"].nunique() > 1:
            raise CorpusError(
                f"speaker {speaker} has two genders: {clips_by_value(rows, 'gender', sources)}\n"
                "correct the column gender, or give two people different names (speaker, person or [speakers])"
            )
    genders = dict(zip(known["speaker"], known["gender"], strict=True))
    pairs = zip(clips["speaker"], clips["gender"], strict=True)
    return clips.assign(gender=[genders.get(speaker, "") if speaker else gender for speaker, gender in pairs])


def speaker_keys(clips: pd.DataFrame) -> list[str]:
    """Name the speaker of each clip as in ``[speakers]``.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.

    Returns
    -------
    list of str
        ``corpus/speaker`` of each clip.
    """
    if clips["corpus"].nunique() > 1:  # the names have their prefixes
        return list(clips["speaker"])
    return [f"{corpus}/{speaker}" for corpus, speaker in zip(clips["corpus"], clips["speaker"], strict=True)]


def clips_by_value(clips: pd.DataFrame, column: str, sources: Mapping[str, str]) -> str:
    """List the clips of each value of a column.

    Parameters
    ----------
    clips
        A clip table with ``corpus``.
    column
        The column.
    sources
        File of each corpus by name.

    Returns
    -------
    str
        The values in order, each with a few clips, and their lines where a corpus is a table.
    """
    lines = {corpus: line_numbers(Path(sources[corpus])) for corpus in set(clips["corpus"]) if sources.get(corpus)}
    parts = []
    for value, part in clips.groupby(column, sort=True):
        named: Sequence[str] = [
            _located(clip, corpus, lines, sources)
            for clip, corpus in zip(part["clip"].head(_MOST_CLIPS), part["corpus"], strict=False)
        ]
        more = f" and {len(part) - len(named):,} more" if len(part) > len(named) else ""
        parts.append(f"{value} in {', '.join(named)}{more}")
    return "; ".join(parts)


def _located(clip: str, corpus: str, lines: Mapping[str, Mapping[str, int]], sources: Mapping[str, str]) -> str:
    """Return the name of a clip with its line, if its corpus is a table."""
    line = lines.get(corpus, {}).get(clip.removeprefix(f"{corpus}/"))
    return f"{clip} (line {line} of {Path(sources[corpus]).name})" if line else clip
