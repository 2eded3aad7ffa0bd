"""The part and the emotions that options select: their name, their title, and what the selection leaves out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.core.labels import label_order
from ser_bench.core.spelling import is_missing, is_unknown
from ser_bench.core.text import listed, plural
from ser_bench.corpora.clip_table import Problem

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora.clip_table import ProblemKind

WHOLE_PART = "speech"
"""The part that needs no mention."""

_LONGEST_NAME = 40
_MOST_NAMED = 4


@dataclass(frozen=True)
class Selection:
    """What the options select of a corpus.

    Attributes
    ----------
    part
        ``song`` or ``all`` of a corpus that has speech and song, else empty.
    emotions
        The emotions kept, where others are left out.
    merged
        Whether emotions count as others.
    """

    part: str = ""
    emotions: tuple[str, ...] = ()
    merged: bool = False

    def name(self, corpus: str) -> str:
        """Return the name of the selection, which is part of folder names.

        Parameters
        ----------
        corpus
            Name of the corpus.

        Returns
        -------
        str
            Such as ``ravdess-song-angry+happy``; the corpus name for the whole corpus.
        """
        names = (corpus, self.part, "merged" if self.merged else "", _short_name(self.emotions))
        return "-".join(filter(None, names))

    def title(self, corpus: str) -> str:
        """Return the title of the selection.

        Parameters
        ----------
        corpus
            Title of the corpus.

        Returns
        -------
        str
            Such as ``RAVDESS song, only angry and happy``.
        """
        part = " speech and song" if self.part == "all" else f" {self.part}" if self.part else ""
        if not self.emotions:
            return corpus + part
        few = len(self.emotions) <= _MOST_NAMED
        only = listed(self.emotions) if few else plural(len(self.emotions), "emotion")
        return f"{corpus}{part}, only {only}"


def _short_name(emotions: Sequence[str]) -> str:
    """Return emotions as part of a file name: joined, or counted with a checksum if they are long or unsafe."""
    name = "+".join(label_order(emotions))
    if len(name) <= _LONGEST_NAME and re.fullmatch(r"[\w+]*", name):
        return name
    return f"{len(emotions)}-emotions-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def unselected(before: pd.DataFrame, after: pd.DataFrame, reason: str) -> tuple[Problem, ...]:
    """Return what an option leaves out: each clip, then the classes and speakers without another clip.

    Parameters
    ----------
    before, after
        Clips before and after it.
    reason
        Why, in a few words.

    Returns
    -------
    tuple of Problem
    """
    clips = before.loc[~before["clip"].isin(set(after["clip"])), "clip"]
    lost = (left_out(before, after, column, reason) for column in ("emotion", "speaker"))
    return (*(Problem(clip, reason) for clip in clips), *(problem for problems in lost for problem in problems))


def left_out(before: pd.DataFrame, after: pd.DataFrame, column: str, reason: str) -> tuple[Problem, ...]:
    """Return the values of a column that a selection or a filter leaves without a clip.

    Parameters
    ----------
    before, after
        Clips before and after it.
    column
        ``speaker``, or a column of classes.
    reason
        Why, in a few words.

    Returns
    -------
    tuple of Problem
        Classes or speakers in order, each with its number of clips.
    """
    kind: ProblemKind = "speaker" if column == "speaker" else "class"
    counts = before[column].value_counts()
    has_no_name = is_unknown if column == "speaker" else is_missing
    missing = sorted(value for value in set(counts.index) - set(after[column]) if not has_no_name(value))
    return tuple(Problem(str(value), f"{reason}: {plural(int(counts[value]), 'clip')}", kind) for value in missing)


def lost_with_rows(rows: pd.DataFrame, usable: pd.DataFrame) -> tuple[Problem, ...]:
    """Return the classes and speakers of a table that have no usable row.

    Parameters
    ----------
    rows, usable
        Rows with ``emotion`` and ``speaker``, before and after those that cannot be used are removed.

    Returns
    -------
    tuple of Problem
    """
    return tuple(
        problem for column in ("emotion", "speaker") for problem in left_out(rows, usable, column, "no row can be used")
    )
