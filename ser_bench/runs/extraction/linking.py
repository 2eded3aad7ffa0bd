"""Speakers who share clips, joined as one person where the user asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.corpora.clip_table import PERSON_PREFIX
from ser_bench.corpora.opening import table_files
from ser_bench.corpora.speakers import (
    linked_groups,
    name_speakers,
    shared_names,
    speaker_keys,
    speakers_by_name,
    with_one_gender,
)

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora import OpenCorpus


@dataclass(frozen=True)
class LinkedSpeakers:
    """Clips whose speakers were joined.

    Attributes
    ----------
    clips : pandas.DataFrame
        The clips; speakers who share clips have one name.
    shared : mapping of str to tuple of str
        The speakers, as ``corpus/speaker``, of each person with several names, those declared before included.
    warnings : tuple of str
        A sentence that names the persons.
    """

    clips: pd.DataFrame
    shared: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()


def link_speakers(clips: pd.DataFrame, opened: OpenCorpus, pairs: Sequence[tuple[str, str]]) -> LinkedSpeakers:
    """Join the speakers of each pair of clips.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips of the corpus.
    opened : OpenCorpus
        The corpus.
    pairs : sequence of (str, str)
        Names of clips that hold one recording.

    Returns
    -------
    LinkedSpeakers

    Raises
    ------
    CorpusError
        If two joined speakers have two genders.
    """
    known = clips["speaker"] != ""
    speaker_of = {clip: key for clip, key, has in zip(clips["clip"], speaker_keys(clips), known, strict=True) if has}
    spoken = [(speaker_of[a], speaker_of[b]) for a, b in pairs if a in speaker_of and b in speaker_of]
    links = {(min(pair), max(pair)) for pair in spoken if pair[0] != pair[1]}
    if not links:
        return LinkedSpeakers(clips, opened.shared_speakers)
    sources = table_files(opened.members)
    names = shared_names(clips, _named(links), sources)
    joined = with_one_gender(name_speakers(clips, names), sources)
    persons = speakers_by_name(names)
    listed = "; ".join(" and ".join(speakers) for speakers in persons.values())
    warning = f"speakers who share clips count as one person, as --link-speakers asks: {listed}"
    return LinkedSpeakers(joined, _with_declared(persons, opened.shared_speakers), (warning,))


def _named(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the table of ``[speakers]`` that joins linked speakers: the first of each group for the others."""
    table = {}
    for key, group in linked_groups(sorted(links)).items():
        # a declared person of a pool gives its name to the others
        name = min(group, key=lambda member: (not member.startswith(PERSON_PREFIX), member))
        if key != name or name.startswith(PERSON_PREFIX):
            table[key] = name.removeprefix(PERSON_PREFIX)
    return table


def _with_declared(
    persons: Mapping[str, tuple[str, ...]], declared: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return the declared persons and the linked ones; a declared person stands for its speakers."""
    own = {
        key: names
        for name, names in declared.items()
        for key in (
            PERSON_PREFIX + name,
            *(f"{speaker.partition('/')[0]}/{name.rpartition('/')[2]}" for speaker in names),
        )
    }
    linked = {
        name: tuple(sorted({speaker for key in keys for speaker in own.get(key, (key,))}))
        for name, keys in persons.items()
    }
    inside = {speaker for speakers in linked.values() for speaker in speakers}
    return {name: speakers for name, speakers in declared.items() if not inside.issuperset(speakers)} | linked
