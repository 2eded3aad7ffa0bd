"""What a corpus is: a description, a way to find its folder, and a way to list its clips."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.labels import label_order
from ser_bench.corpora.filenames import Names
from ser_bench.corpora.published import Published, together

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora.feature_table import Recorded

CLIP_COLUMNS = ("clip", "path", "speaker", "gender", "text", "intensity", "emotion")
"""The columns of every clip table, all strings; what is not known is the empty string.

``clip`` is unique in its corpus and ``path`` absolute; labels in ``emotion`` are canonical.
"""


MARKED = ("clip", "speaker", "text")
"""Of several corpora, the columns whose values get the corpus's name in front, as in ``ravdess/01``."""


def clip_table(rows: Iterable[Mapping[str, str]], columns: Iterable[str] = CLIP_COLUMNS) -> pd.DataFrame:
    """Return rows with at least :data:`CLIP_COLUMNS` as a table, sorted by clip; what is not known is empty.

    ``path`` has the type object: a file's name need not be UTF-8, which pandas' own strings must be.
    """
    import pandas as pd

    ordered = sorted(rows, key=lambda row: row["clip"])
    table = {
        column: pd.Series([row.get(column, "") for row in ordered], dtype=object if column == "path" else str)
        for column in columns
    }
    return pd.DataFrame(table)


def marked(clips: pd.DataFrame) -> pd.DataFrame:
    """Put each clip's ``corpus`` before its values in the columns :data:`MARKED`; an unknown one stays empty."""

    def values(column: str) -> list[str]:
        pairs = zip(clips["corpus"], clips[column], strict=True)
        return [f"{corpus}/{value}" if corpus and value else value for corpus, value in pairs]

    return clips.assign(**{column: values(column) for column in MARKED})


@dataclass(frozen=True)
class Problem:
    """A file that is left out, with the reason in a few words."""

    path: str
    reason: str

    @property
    def kind(self) -> str:
        """The reason without what is this file's own, to group by."""
        return re.split(r"[:;(]", re.sub(r"same name as .* but", "same name as another but", self.reason))[0].strip()


@dataclass(frozen=True)
class Listing:
    """A corpus's clips, sorted by clip, and the files that were passed over with their reasons.

    ``recorded`` are the features of a corpus that is a table of them, and has no audio.
    """

    clips: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    recorded: Recorded | None = None


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A known corpus.

    ``reader`` is how its clips are listed: the :class:`Names` of its files, or a function from a folder
    to a :class:`Listing`. ``make(folder)``, where given, creates the corpus in an empty folder (synthetic
    corpora only). ``counts`` are the published clips by emotion, and like ``speakers`` for display;
    ``published`` says by part (``speech``, ``song``) what else was published of its size; ``doubtful`` are
    clips that users report as faulty, each with what is said of it; ``notes`` say what one should know
    before using it.
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
    published: Mapping[str, Published] = field(default_factory=dict, repr=False)
    doubtful: Mapping[str, str] = field(default_factory=dict, repr=False)
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

    def published_in(self, part: str) -> Published:
        """Return what was published of a part, or of all of them together; of others, the clips by emotion."""
        parts = [said for name, said in self.published.items() if part in (name, "all")]
        return together(parts) if parts else Published(counts=self.counts)

    def list_clips(self, folder: Path) -> Listing:
        """List the clips below a folder; raises :class:`ser_bench.core.errors.CorpusError` where there is none."""
        if isinstance(self.reader, Names):
            from ser_bench.corpora.folder import list_named

            return list_named(self, self.reader, folder)
        return self.reader(folder)
