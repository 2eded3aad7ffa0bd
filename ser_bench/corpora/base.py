"""The description of a corpus, as plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ser_bench.core.labels import label_order
from ser_bench.corpora.clip_table import Listing
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.published import Archive, Published, combined


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A corpus.

    Attributes
    ----------
    name
        Name on the command line, in lower case.
    title
        Name in tables and on charts.
    licence
        Name of the licence, or the terms of use.
    licence_terms
        What the licence asks of users, in plain words; shown at the download.
    source
        Web address of the publisher, or the path of a manifest.
    citation
        Reference to the publication, in one line.
    bibtex
        The same as a BibTeX entry, empty where there is no publication.
    counts
        Published clips by emotion.
    speakers
        Published number of speakers.
    reader
        How to list the clips: the pattern of the file names, or a function from a folder to a listing.
    make
        Function that creates the corpus in an empty folder; only for synthetic corpora.
    archives
        Archives that ``ser-bench download`` fetches; empty where the publisher offers none.
    published
        Published sizes by part (``speech``, ``song``).
    doubtful
        Clips that users report as faulty, each with the report.
    synthetic
        Whether no human voice is in it.
    hint
        How to get the corpus.
    notes
        What to know before use.
    """

    name: str
    title: str
    licence: str
    licence_terms: str = ""
    source: str
    citation: str
    bibtex: str = ""
    counts: Mapping[str, int]
    speakers: int
    reader: FileNamePattern | Callable[[Path], Listing] = field(repr=False)
    make: Callable[[Path], None] | None = field(default=None, repr=False)
    archives: tuple[Archive, ...] = field(default=(), repr=False)
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
        """Number of published clips."""
        return sum(self.counts.values())

    @property
    def origin(self) -> str:
        """The source for readers elsewhere: the name of a file without its folder."""
        is_file = Path(self.source).is_absolute() or self.source.lower().endswith((".csv", ".tsv", ".parquet"))
        return re.split(r"[\\/]", self.source)[-1] if is_file else self.source

    def published_in(self, part: str) -> Published:
        """Return the published size of a part.

        Parameters
        ----------
        part
            ``speech``, ``song`` or ``all``.

        Returns
        -------
        Published
            The size of the part; only the clips by emotion where :attr:`published` does not list it.
        """
        parts = [size for name, size in self.published.items() if part in (name, "all")]
        return combined(parts) if parts else Published(counts=self.counts)
