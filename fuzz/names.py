"""File names, a line each and any bytes: read as every known corpus does, and found in a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PACKAGES = ["ser_bench"]

MOST_FILES = 8


def target() -> Callable[[bytes], None]:
    """Return a function that makes empty files of these names and lists the folder as each known corpus."""
    import pandas  # noqa: F401

    from ser_bench.core.errors import CorpusError
    from ser_bench.core.text import escape_undecodable
    from ser_bench.corpora import CORPORA, list_clips
    from ser_bench.corpora.filenames import FileNamePattern

    known = [corpus for corpus in CORPORA.values() if isinstance(corpus.reader, FileNamePattern)]

    def once(data: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            for path in _made(Path(name), data):
                for corpus in known:
                    said = corpus.reader.parse(path)
                    assert said is None or said["emotion"] in corpus.counts, (corpus.name, said)
                    assert said is None or all(value.isascii() for value in said.values()), (corpus.name, said)
                    corpus.reader.parse_folder(path.name)
            for corpus in known:
                with suppress(CorpusError):
                    listing = list_clips(corpus, Path(name))
                    listing.clips.map(escape_undecodable).to_csv().encode()
                    assert all(problem.reason for problem in listing.problems)

    return once


def _made(folder: Path, data: bytes) -> list[Path]:
    """Make an empty file of each name that the file system takes, one folder deep at most."""
    made = []
    for line in data.split(b"\n")[:MOST_FILES]:
        parts = [part for part in line.split(b"/") if part not in (b"", b".", b"..")][-2:]
        path = folder.joinpath(*map(os.fsdecode, parts))
        with suppress(OSError, ValueError):
            path.parent.mkdir(exist_ok=True)
            path.touch()
            made.append(path)
    return made
