"""Copies among the clips of a corpus: identical and near-identical ones, those that contradict each other first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.audio.copies import find_near_identical
from ser_bench.runs.extraction.copies import CopyRule, drop_copies, same_samples
from ser_bench.runs.extraction.near_identical import near_identical_warnings

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("same file", "same samples", "near-identical")
CONTRADICTIONS = ("emotion", "speaker")
"""Columns in which copies should agree, the more serious first."""


@dataclass(frozen=True)
class Copies:
    """Pairs of clips that are copies of each other.

    Parameters
    ----------
    pairs : mapping of str to list of (str, str)
        Names of clips by kind: the kinds of :data:`KINDS` with another emotion or speaker, if there are any, then
        :data:`KINDS`. Each pair is in one list. Clips with the same samples are paired with the first of them only.
    warnings : tuple of str
        Sentences about copies that contradict each other, or that could not be compared.
    """

    pairs: Mapping[str, list[tuple[str, str]]]
    warnings: tuple[str, ...] = ()


def find_copies(clips: pd.DataFrame, *, jobs: int = 1) -> Copies:
    """Find pairs of clips that are copies of each other.

    Parameters
    ----------
    clips : DataFrame
        The usable clips with their measurements.
    jobs : int
        Threads that compare clips.

    Returns
    -------
    Copies
    """
    digests = clips["digest"].tolist()
    same = same_samples(clips, digests)
    distinct = clips[~clips["digest"].duplicated()]
    fingerprints = [np.frombuffer(codes, np.int32) for codes in distinct["fingerprint"]]
    similar = find_near_identical(distinct["path"].tolist(), fingerprints, threads=jobs)
    names = distinct["clip"].tolist()
    near = [(names[i], names[j]) for i, j in similar.pairs]
    files = dict(zip(clips["clip"], clips["file"], strict=True))
    by_kind = {
        KINDS[0]: [pair for pair in same if files[pair[0]] == files[pair[1]]],
        KINDS[1]: [pair for pair in same if files[pair[0]] != files[pair[1]]],
        KINDS[2]: near,
    }
    rule = CopyRule()
    warnings = [*drop_copies(clips, digests, rule).warnings, *near_identical_warnings(clips, near, rule)]
    if similar.unread:
        warnings.append(f"{len(similar.unread):,} pairs of similar clips could not be compared")
    return Copies(dict(_by_contradiction(clips, by_kind)), tuple(warnings))


def _by_contradiction(
    clips: pd.DataFrame, by_kind: Mapping[str, Sequence[tuple[str, str]]]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the pairs of each kind that differ in emotion, then those of two speakers, then all others."""
    values = {column: dict(zip(clips["clip"], clips[column], strict=True)) for column in CONTRADICTIONS}
    rest = {kind: list(pairs) for kind, pairs in by_kind.items()}
    for kind in KINDS:
        for column in CONTRADICTIONS:
            value = values[column]
            differing = [pair for pair in rest[kind] if len({value[clip] for clip in pair} - {""}) > 1]
            rest[kind] = [pair for pair in rest[kind] if pair not in differing]
            if differing:
                yield f"{kind}, another {column}", differing
    yield from rest.items()
