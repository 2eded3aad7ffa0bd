"""Clips with identical samples: which of them count, and those that contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from ser_bench.core.options import KEEP_FIRST, LEAVE_OUT
from ser_bench.corpora.clip_table import SAME_SAMPLES, Problem
from ser_bench.corpora.selection import left_out

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options

_MOST_NAMED = 8
"""Number of pairs of speakers that a warning names."""


@dataclass(frozen=True)
class CopyRule:
    """How clips with identical samples are treated.

    Attributes
    ----------
    conflicts : {"leave-out", "first"}
        What happens to copies that differ in speaker or label: leave out all of them, or keep the first by name.
    labels : tuple of str
        The columns that make up the label: ``emotion``, ``gender`` or both.
    link_speakers : bool
        Whether speakers who share clips are one person.
    """

    conflicts: str = LEAVE_OUT
    labels: tuple[str, ...] = ("emotion",)
    link_speakers: bool = False

    @classmethod
    def of(cls, options: Options) -> CopyRule:
        """Return the rule of the options.

        Parameters
        ----------
        options : Options
            The options of a command.

        Returns
        -------
        CopyRule
        """
        return cls(options.conflicts, tuple(options.target.split("+")), options.link_speakers)


@dataclass(frozen=True)
class DistinctClips:
    """Clips without copies.

    Attributes
    ----------
    clips : pandas.DataFrame
        The clips that count.
    problems : tuple of Problem
        Copies that do not count, and the classes and speakers that are lost with them.
    warnings : tuple of str
        A sentence about the copies that contradict each other.
    """

    clips: pd.DataFrame
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


def drop_copies(clips: pd.DataFrame, digests: Sequence[str], rule: CopyRule) -> DistinctClips:
    """Keep one of the clips with equal digests, or none of those that differ in speaker or label.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips in order of preference.
    digests : sequence of str
        Digest of the samples of each clip.
    rule : CopyRule
        What happens to copies that contradict each other.

    Returns
    -------
    DistinctClips
    """
    copied = clips.assign(digest=list(digests))
    copied = copied[copied["digest"].duplicated(keep=False)]
    groups = [group for _, group in copied.groupby("digest", sort=False)]
    conflicting = [group for group in groups if _differ(group, rule)]
    problems = {problem.path: problem for group in groups for problem in _left_out(group, rule)}
    remaining = clips[~clips["clip"].isin(set(problems))].reset_index(drop=True)
    copies = [problems[clip] for clip in clips["clip"] if clip in problems]
    return DistinctClips(
        remaining, (*copies, *_lost(clips, remaining, rule)), tuple(_conflict_warnings(conflicting, rule))
    )


def keep_equal_rows(clips: pd.DataFrame, digests: Sequence[str], rule: CopyRule) -> DistinctClips:
    """Keep one of the rows of a feature table with equal values, speaker and label.

    Coarse features give clips of several speakers or labels equal values, so that such rows count.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips in order of preference.
    digests : sequence of str
        Digest of the features of each clip.
    rule : CopyRule
        The columns of the label.

    Returns
    -------
    DistinctClips
    """
    rows = clips.assign(digest=list(digests))
    columns = ["digest", *_compared(rule)]
    first = rows.groupby(columns, sort=False)["clip"].transform("first")
    is_first = rows["clip"] == first
    problems = tuple(
        Problem(clip, f"holds the same features as {name}")
        for clip, name in zip(clips["clip"][~is_first], first[~is_first], strict=True)
    )
    remaining = rows[is_first]
    equal = int(remaining["digest"].duplicated(keep=False).sum())
    warning = (
        f"{equal:,} of {len(remaining):,} rows have the features of a row with another {_listed(_compared(rule))}; "
        "all of them count, since few or coarse features are often equal"
    )
    remaining = remaining.drop(columns="digest").reset_index(drop=True)
    return DistinctClips(remaining, (*problems, *_lost(clips, remaining, rule)), (warning,) * bool(equal))


def _compared(rule: CopyRule) -> tuple[str, ...]:
    """Return the columns in which copies must agree."""
    return ("speaker", *rule.labels)


def _differ(group: pd.DataFrame, rule: CopyRule) -> bool:
    return any(_values_differ(group[column]) for column in _compared(rule))


def _values_differ(values: pd.Series) -> bool:
    """Return whether known values differ; an unknown one contradicts nothing."""
    return len(set(values) - {""}) > 1


def _left_out(group: pd.DataFrame, rule: CopyRule) -> Iterator[Problem]:
    """Yield the clips of a group of copies that do not count."""
    rows = group.to_dict("records")
    everything = rule.conflicts == LEAVE_OUT and _differ(group, rule)
    for row in rows if everything else rows[1:]:
        named = next((copy for copy in rows if _contradictions(row, copy, rule)), rows[0]) if everything else rows[0]
        yield Problem(row["clip"], f"{SAME_SAMPLES} {named['clip']}{_contradictions(row, named, rule)}")


def _contradictions(row: dict[str, str], copy: dict[str, str], rule: CopyRule) -> str:
    """State the columns in which two copies differ, with both values."""
    parts = [
        f"whose {column} is {copy[column]}, not {row[column]}"
        for column in _compared(rule)
        if row[column] and copy[column] and row[column] != copy[column]
    ]
    return ", " + " and ".join(parts) if parts else ""


def _lost(before: pd.DataFrame, after: pd.DataFrame, rule: CopyRule) -> tuple[Problem, ...]:
    """Return the classes and speakers without a clip that counts."""
    reason = "every clip is a copy of another clip"
    labelled, counted = (clips.assign(label=_joined(clips, rule.labels)) for clips in (before, after))
    return (*left_out(labelled, counted, "label", reason), *left_out(before, after, "speaker", reason))


def _joined(clips: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    return ["-".join(values) for values in zip(*(clips[column] for column in columns), strict=True)]


def _conflict_warnings(groups: Sequence[pd.DataFrame], rule: CopyRule) -> Iterator[str]:
    """Yield a sentence about copies that differ in speaker or label."""
    if not groups:
        return
    columns = [column for column in _compared(rule) if any(_values_differ(group[column]) for group in groups)]
    clips = sum(len(group) for group in groups)
    speakers = name_pairs(pair for group in groups for pair in combinations(sorted(set(group["speaker"]) - {""}), 2))
    start = f"{clips:,} clips have identical samples but another {_listed(columns)}{speakers}"
    if rule.conflicts == KEEP_FIRST:
        yield f"{start}; the first by name counts, as --conflicts first asks"
    else:
        person = ", and --link-speakers makes such speakers one person" if speakers else ""
        yield f"{start}; all of them are left out. --conflicts first keeps the first by name{person}"


def same_samples(clips: pd.DataFrame, digests: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of clips with equal digests, each with the first of them.

    Parameters
    ----------
    clips : pandas.DataFrame
        Clips in order.
    digests : sequence of str
        Digest of the samples of each clip.

    Returns
    -------
    list of (str, str)
        Names of clips.
    """
    first: dict[str, str] = {}
    pairs = [(first.setdefault(digest, clip), clip) for clip, digest in zip(clips["clip"], digests, strict=True)]
    return [(earlier, clip) for earlier, clip in pairs if earlier != clip]


def name_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Name pairs of speakers in brackets, the most frequent first.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Names of two speakers, as often as they share a clip.

    Returns
    -------
    str
        Such as `` (speakers: a and b, 12 times; c and d; 2 more)``; empty without pairs.
    """
    counts = Counter(tuple(sorted(pair)) for pair in pairs)
    named = [
        " and ".join(pair) + (f", {counts[pair]:,} times" if counts[pair] > 1 else "")
        for pair in sorted(counts, key=lambda pair: (-counts[pair], pair))
    ]
    shown = named if len(named) <= _MOST_NAMED else [*named[:_MOST_NAMED], f"{len(named) - _MOST_NAMED:,} more"]
    return f" (speakers: {'; '.join(shown)})" if named else ""


def _listed(names: Sequence[str]) -> str:
    return " or ".join(names)
