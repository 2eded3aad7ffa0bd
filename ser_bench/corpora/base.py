"""What a corpus is: a description, a way to find its folder, and a way to list its clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

CLIP_COLUMNS = ("clip", "path", "speaker", "gender", "text", "intensity", "emotion")
"""The columns of every clip table, all strings; what is not known is the empty string.

``clip`` is unique in its corpus and ``path`` absolute; labels in ``emotion`` are canonical.
"""


@dataclass(frozen=True)
class Problem:
    """A file that is left out, with the reason in a few words."""

    path: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """A corpus's clips, sorted by clip, and the files that were passed over with their reasons."""

    clips: pd.DataFrame
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A known corpus.

    ``list_clips(folder)`` returns the :class:`Listing` of the clips below a folder and raises
    :class:`ser_bench.errors.CorpusError` where there is none. ``make(folder)``, where given,
    creates the corpus in an empty folder (synthetic corpora only). ``genders`` and ``speakers``
    are for display.
    """

    name: str
    title: str
    licence: str
    source: str
    citation: str
    emotions: tuple[str, ...]
    speakers: int
    clips: int
    list_clips: Callable[[Path], Listing] = field(repr=False)
    make: Callable[[Path], None] | None = field(default=None, repr=False)
    synthetic: bool = False
    hint: str = ""
