"""From a folder of coded file names to a table of clips; whatever is left out is told."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.audio import ENDINGS
from ser_bench.corpora.base import CLIP_COLUMNS, Listing, Problem
from ser_bench.corpora.naming import Names
from ser_bench.errors import CorpusError

if TYPE_CHECKING:
    from ser_bench.corpora.base import Corpus


def audio_files(folder: Path) -> Iterator[Path]:
    """Yield the files below ``folder`` that end as audio does, passing over hidden and ``__MACOSX`` ones.

    Links to folders are followed, each folder once, so that a loop of links ends.
    """
    seen = set()
    for here, folders, files in os.walk(folder, followlinks=True):
        status = os.stat(here)  # noqa: PTH116  (here is a string)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        for file in sorted(files):
            if not file.startswith(".") and Path(file).suffix.lower() in ENDINGS:
                yield Path(here, file)


def list_named(corpus: Corpus, names: Names, folder: Path) -> Listing:
    """List a corpus's clips below ``folder``, however nested; a clip that is there twice counts once.

    Beside the usual columns the table has ``part`` where the names tell it. Copies, and files that are
    named as another corpus's, are one :class:`Problem` together; any other file is one of its own.

    Raises
    ------
    CorpusError
        Where there is no clip: the message names the corpus that the folder seems to hold.
    """
    import pandas as pd

    genders = names.genders_in(folder)
    rows: dict[str, dict[str, str]] = {}
    copies: list[tuple[Path, Path]] = []
    others: list[Path] = []
    problems = []
    base = folder.absolute()
    for path in sorted(audio_files(base), key=lambda p: (len(p.parts), str(p))):
        said = names.read(path)
        if said is None:
            others.append(path)
        elif (first := rows.get(said["clip"])) is None:
            rows[said["clip"]] = {"gender": genders.get(said["speaker"], ""), **said, "path": str(path)}
        elif _same_bytes(path, used := Path(first["path"])):
            copies.append((path, used.relative_to(base)))
        else:
            reason = f"same name as {used.relative_to(base)} but not the same file, that one is used"
            problems.append(Problem(str(path), reason))
    if not rows:
        raise CorpusError(_nothing_here(corpus, folder, others))
    columns = [*CLIP_COLUMNS, *(["part"] if "part" in names.columns else [])]
    table = pd.DataFrame(sorted(rows.values(), key=lambda row: row["clip"]), columns=columns, dtype=str).fillna("")
    return Listing(table, (*problems, *_about_copies(copies), *_about_others(corpus, names, others)))


def _same_bytes(path: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(path, other, shallow=False)
    except OSError:
        return False


def _about_copies(copies: list[tuple[Path, Path]]) -> Iterator[Problem]:
    if copies:
        path, first = copies[0]
        yield Problem(str(path), f"a copy of {first}, which is used{_and_more(len(copies) - 1)}")


def _and_more(count: int) -> str:
    return f"; {count:,} more like it" if count else ""


def _about_others(corpus: Corpus, names: Names, others: list[Path]) -> Iterator[Problem]:
    """Tell which files have no name of this corpus, those of another known corpus in one go."""
    left = others
    for known, found in _named_as(others):
        left = [path for path in left if path not in found]
        yield Problem(str(min(found)), f"named as a clip of {known.title}{_and_more(len(found) - 1)}")
    for path in left:
        yield Problem(str(path), f"the file name is no {corpus.title} code, such as {names.example}")


def _named_as(paths: list[Path]) -> list[tuple[Corpus, set[Path]]]:
    """Return the known corpora whose names files have, with those files, most first."""
    from ser_bench.corpora import CORPORA  # the registry is made of modules that import this one

    found = [
        (corpus, {path for path in paths if corpus.reader.read(path)})
        for corpus in CORPORA.values()
        if isinstance(corpus.reader, Names)
    ]
    return sorted(((c, files) for c, files in found if files), key=lambda pair: -len(pair[1]))


def _nothing_here(corpus: Corpus, folder: Path, others: list[Path]) -> str:
    """Say that a folder holds no clip, and what it holds instead."""
    other, found = next(iter(_named_as(others)), (corpus, set()))
    if found and 2 * len(found) >= len(others):
        return (
            f"{folder} looks like {other.title}, not {corpus.title}: {len(found)} of {len(others)} audio files "
            f"have its names\nuse --corpus {other.name}, or name the folder of {corpus.title} with --data-dir"
        )
    many = f"the {len(others)} audio files there have" if len(others) > 1 else "the audio file there has"
    instead = f"; {many} other names, such as {others[0].name}" if others else ""
    return f"no {corpus.title} clip below {folder}{instead}\n{corpus.hint}"
