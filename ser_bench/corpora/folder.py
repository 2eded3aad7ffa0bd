"""From a folder of audio files with coded names to a clip table, with a reason for every skipped file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ser_bench.audio import EXTENSIONS
from ser_bench.core.errors import CorpusError
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.clip_table import CLIP_COLUMNS, Listing, Problem, clip_table
from ser_bench.corpora.duplicates import Candidate, Duplicates
from ser_bench.corpora.filenames import FileNamePattern


def audio_files(folder: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Find audio files by extension among :func:`visible_files`.

    Parameters
    ----------
    folder
        Folder to search, at any depth.
    on_error
        Called with the error of each folder that cannot be read.

    Yields
    ------
    Path
        Files of a folder in order of their names.
    """
    return (path for path in visible_files(folder, on_error) if path.suffix.lower() in EXTENSIONS)


def visible_files(folder: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Find all files, except hidden ones and those in ``__MACOSX``.

    Links to folders are followed; each folder is read once, so a loop of links ends.

    Parameters
    ----------
    folder
        Folder to search, at any depth.
    on_error
        Called with the error of each folder that cannot be read.

    Yields
    ------
    Path
        Files of a folder in order of their names.
    """
    seen = set()
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=on_error):
        status = os.stat(parent)  # noqa: PTH116  (parent is a string)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for file in sorted(files):
            if not file.startswith("."):
                yield Path(parent, file)


def list_files(corpus: Corpus, pattern: FileNamePattern, folder: Path, *, known: Sequence[Corpus] = ()) -> Listing:
    """List the clips of a corpus whose file names are coded.

    Parameters
    ----------
    corpus
        The corpus.
    pattern
        The code of its file names.
    folder
        Folder to search, at any depth.
    known
        All known corpora, to recognise the files of another one.

    Returns
    -------
    Listing
        One row per clip; :mod:`ser_bench.corpora.duplicates` chooses among several files. The table has
        the additional column ``part`` if the names give it. Every skipped file is a problem.

    Raises
    ------
    CorpusError
        If there is no clip; the message names the corpus that the folder seems to hold.
    """
    found_files = _scan(pattern, folder.absolute())
    if not found_files.by_clip:
        raise CorpusError(_no_clip_message(corpus, folder, found_files, known))
    genders = pattern.genders_in(folder)
    duplicates = Duplicates(folder.absolute())
    rows = [duplicates.choose(files) for files in found_files.by_clip.values()]
    for row in rows:
        row.setdefault("gender", genders.get(row["speaker"], ""))
    columns = [*CLIP_COLUMNS, *(["part"] if "part" in pattern.columns else [])]
    problems = (
        *map(_unreadable, found_files.unreadable),
        *duplicates.problems(),
        *_unrecognised(corpus, pattern, found_files.unrecognised, known),
    )
    return Listing(clip_table(rows, columns), problems)


@dataclass
class _Files:
    """The audio files of a folder by clip, those without a code, and the folders that cannot be read."""

    by_clip: dict[str, list[Candidate]] = field(default_factory=dict)
    unrecognised: list[Path] = field(default_factory=list)
    unreadable: list[OSError] = field(default_factory=list)


def _scan(pattern: FileNamePattern, folder: Path) -> _Files:
    """Sort the audio files below a folder; files of one clip are in order of depth, then name."""
    files = _Files()
    paths = audio_files(folder, files.unreadable.append)
    for path in sorted(paths, key=lambda path: (len(path.parts), str(path))):
        if (columns := pattern.parse(path)) is None:
            files.unrecognised.append(path)
        else:
            files.by_clip.setdefault(columns["clip"], []).append((path, columns))
    return files


def _unreadable(error: OSError) -> Problem:
    return Problem(str(error.filename), f"cannot read the folder: {error.strerror or error}")


def _unrecognised(
    corpus: Corpus, pattern: FileNamePattern, paths: list[Path], known: Sequence[Corpus]
) -> Iterator[Problem]:
    """Report files without a code of this corpus, with the known corpus whose code they have."""
    remaining = paths
    for other_corpus, files in _by_corpus(paths, known):
        remaining = [path for path in remaining if path not in files]
        for path in sorted(files):
            yield Problem(str(path), f"named as a clip of {other_corpus.title}")
    for path in remaining:
        reason = f"unrecognised file name; expected the {corpus.title} code, for example {pattern.example}"
        yield Problem(str(path), reason)


def _by_corpus(paths: list[Path], known: Sequence[Corpus]) -> list[tuple[Corpus, set[Path]]]:
    """Return the known corpora that the names match, with their files; most files first."""
    matches = [
        (corpus, {path for path in paths if corpus.reader.parse(path)})
        for corpus in known
        if isinstance(corpus.reader, FileNamePattern)
    ]
    return sorted(((corpus, files) for corpus, files in matches if files), key=lambda match: -len(match[1]))


def _no_clip_message(corpus: Corpus, folder: Path, files: _Files, known: Sequence[Corpus]) -> str:
    """Explain that a folder holds no clip, and what it holds instead."""
    if files.unreadable:
        problem = _unreadable(files.unreadable[0])
        return f"no {corpus.title} clip below {folder}: {problem.path}: {problem.reason}"
    total = len(files.unrecognised)
    other_corpus, matching = next(iter(_by_corpus(files.unrecognised, known)), (corpus, set[Path]()))
    if matching and 2 * len(matching) >= total:
        return (
            f"{folder} looks like {other_corpus.title}, not {corpus.title}: {len(matching)} of {total} audio files "
            f"have {other_corpus.title} names\n"
            f"use --corpus {other_corpus.name}, or give the {corpus.title} folder with --data-dir"
        )
    count = "1 audio file has another name" if total == 1 else f"{total} audio files have other names"
    details = f"; {count}, for example {files.unrecognised[0].name}" if total else ""
    return f"no {corpus.title} clip below {folder}{details}\n{corpus.hint}"
