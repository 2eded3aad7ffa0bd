"""What a corpus is: a description, a way to find its folder, and a way to list its clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.corpora.naming import Names
from ser_bench.emotions import label_order

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

    ``reader`` is how its clips are listed: the :class:`Names` of its files, or a function from a folder
    to a :class:`Listing`. ``make(folder)``, where given, creates the corpus in an empty folder (synthetic
    corpora only). ``counts`` are the published clips by emotion, and like ``speakers`` for display;
    ``notes`` say what one should know before using it.
    """

    name: str
    title: str
    licence: str
    source: str
    citation: str
    counts: Mapping[str, int]
    speakers: int
    reader: Names | Callable[[Path], Listing] = field(repr=False)
    make: Callable[[Path], None] | None = field(default=None, repr=False)
    synthetic: bool = False
    hint: str = ""
    notes: str = ""

    @property
    def emotions(self) -> tuple[str, ...]:
        """The corpus's labels in their order on tables and charts."""
        return label_order(self.counts)

    @property
    def clips(self) -> int:
        """How many clips were published."""
        return sum(self.counts.values())

    @property
    def origin(self) -> str:
        """Where it comes from, for readers elsewhere: of a manifest the file's name alone."""
        return Path(self.source).name if self.source.endswith(".csv") else self.source

    def list_clips(self, folder: Path) -> Listing:
        """List the clips below a folder; raises :class:`ser_bench.errors.CorpusError` where there is none."""
        if isinstance(self.reader, Names):
            from ser_bench.corpora.files import list_named

            return list_named(self, self.reader, folder)
        return self.reader(folder)
