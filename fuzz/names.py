"""File names, any bytes, one per line: parsed as every known corpus does, and listed in a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PACKAGES = ["ser_bench"]

MAX_FILES = 8


def target() -> Callable[[bytes], None]:
    """Return a function that creates empty files with such names and lists the folder as each known corpus."""
    import pandas  # noqa: F401

    from ser_bench.core.errors import CorpusError
    from ser_bench.core.text import escape_undecodable
    from ser_bench.corpora import CORPORA, list_clips
    from ser_bench.corpora.filenames import FileNamePattern

    known = [corpus for corpus in CORPORA.values() if isinstance(corpus.reader, FileNamePattern)]

    def once(data: bytes) -> None:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            for path in _create(Path(name), data):
                for corpus in known:
                    codes = corpus.reader.parse(path)
                    assert codes is None or codes["emotion"] in corpus.counts, (corpus.name, codes)
                    assert codes is None or all(value.isascii() for value in codes.values()), (corpus.name, codes)
                    corpus.reader.parse_folder(path.name)
            for corpus in known:
                with suppress(CorpusError):
                    listing = list_clips(corpus, Path(name))
                    listing.clips.map(escape_undecodable).to_csv().encode()
                    assert all(problem.reason for problem in listing.problems)

    return once


def _create(folder: Path, data: bytes) -> list[Path]:
    """Create an empty file for each name that the file system accepts, at most one folder deep."""
    paths = []
    for line in data.split(b"\n")[:MAX_FILES]:
        parts = [part for part in line.split(b"/") if part not in (b"", b".", b"..")][-2:]
        path = folder.joinpath(*map(os.fsdecode, parts))
        with suppress(OSError, ValueError):
            path.parent.mkdir(exist_ok=True)
            path.touch()
            paths.append(path)
    return paths
