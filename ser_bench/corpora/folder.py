"""From a folder of coded file names to a table of clips; whatever is left out is told."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.audio import EXTENSIONS, LOSSLESS_EXTENSIONS
from ser_bench.core.errors import CorpusError
from ser_bench.corpora.base import CLIP_COLUMNS, Listing, Problem, clip_table
from ser_bench.corpora.duplicates import settle
from ser_bench.corpora.filenames import Names

if TYPE_CHECKING:
    from ser_bench.corpora.base import Corpus


def audio_files(folder: Path, failed: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield the files below ``folder`` that end as audio does, passing over hidden and ``__MACOSX`` ones.

    Links to folders are followed, each folder once, so that a loop of links ends. ``failed`` is told of
    folders that cannot be read.
    """
    seen = set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=failed):
        status = os.stat(here)  # noqa: PTH116  (here is a string)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
        for file in sorted(files):
            if not file.startswith(".") and Path(file).suffix.lower() in EXTENSIONS:
                yield Path(here, file)


def list_named(corpus: Corpus, names: Names, folder: Path) -> Listing:
    """List a corpus's clips below ``folder``, however nested; a clip that is there twice counts once.

    Of several files with one clip's name, the better one is used (:mod:`ser_bench.corpora.duplicates` has the rule).
    Beside the usual columns the table has ``part`` where the names tell it. Copies, and files that are
    named as another corpus's, are one :class:`Problem` together; any other file is one of its own.

    Raises
    ------
    CorpusError
        Where there is no clip: the message names the corpus that the folder seems to hold.
    """
    base = folder.absolute()
    found: dict[str, list[tuple[Path, dict[str, str]]]] = {}
    others: list[Path] = []
    closed: list[OSError] = []
    for path in sorted(audio_files(base, closed.append), key=lambda p: (len(p.parts), str(p))):
        if (said := names.read(path)) is None:
            others.append(path)
        else:
            found.setdefault(said["clip"], []).append((path, said))
    if not found:
        raise CorpusError(_nothing_here(corpus, folder, others, closed))
    genders = names.genders_in(folder)
    columns = [*CLIP_COLUMNS, *(["part"] if "part" in names.columns else [])]
    chosen = _Chosen(base)
    rows = [chosen.one(files) for files in found.values()]
    for row in rows:
        row.setdefault("gender", genders.get(row["speaker"], ""))
    table = clip_table(rows, columns)
    copies = (*_about_copies(chosen.copies, "a copy of"), *_about_copies(chosen.lossy, "a lossy version of"))
    told = (*_about_closed(closed), *chosen.rivals, *copies)
    return Listing(table, (*told, *_about_others(corpus, names, others)))


class _Chosen:
    """Chooses each clip's file, and keeps what is to be told of the others."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.copies: list[tuple[Path, Path]] = []
        self.lossy: list[tuple[Path, Path]] = []
        self.rivals: list[Problem] = []

    def one(self, files: list[tuple[Path, dict[str, str]]]) -> dict[str, str]:
        """Return the row of a clip, given its files, nearest to the top first, with what their names say."""
        if len(files) > 1:
            files = self._lossless_of(files)
        if len(files) == 1:
            return {**files[0][1], "path": str(files[0][0])}
        distinct: list[Path] = []
        twins: dict[Path, Path] = {}
        for path, _ in files:
            if twin := next((other for other in distinct if _same_bytes(path, other)), None):
                twins[path] = twin
            else:
                distinct.append(path)
        used, same, worse = settle(distinct) if len(distinct) > 1 else (distinct[0], [], {})
        place = used.relative_to(self.base)
        self.copies += [(path, place) for path in (*same, *(path for path in twins if twins[path] not in worse))]
        why = worse | {path: worse[twin] for path, twin in twins.items() if twin in worse}
        reason = f"same name as {place} but not the same file; that one is used: "
        self.rivals += [Problem(str(path), reason + why[path]) for path in sorted(why)]
        return {**dict(files)[used], "path": str(used)}

    def _lossless_of(self, files: list[tuple[Path, dict[str, str]]]) -> list[tuple[Path, dict[str, str]]]:
        """Return the files with a lossless format's ending, all where there is none, and remember the others."""
        kept = [(path, said) for path, said in files if path.suffix.lower() in LOSSLESS_EXTENSIONS]
        if kept:
            self.lossy += [
                (path, kept[0][0].relative_to(self.base))
                for path, _ in files
                if path.suffix.lower() not in LOSSLESS_EXTENSIONS
            ]
        return kept or files


def _same_bytes(path: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(path, other, shallow=False)
    except OSError:
        return False


def _about_closed(errors: list[OSError]) -> Iterator[Problem]:
    for error in errors:
        yield Problem(str(error.filename), f"the folder cannot be read: {error.strerror or error}")


def _about_copies(copies: list[tuple[Path, Path]], what: str) -> Iterator[Problem]:
    if copies:
        path, first = copies[0]
        yield Problem(str(path), f"{what} {first}, which is used{_and_more(len(copies) - 1)}")


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


def _nothing_here(corpus: Corpus, folder: Path, others: list[Path], closed: list[OSError]) -> str:
    """Say that a folder holds no clip, and what it holds instead."""
    if closed:
        shut = next(_about_closed(closed))
        return f"no {corpus.title} clip below {folder}: {shut.path}: {shut.reason}"
    other, found = next(iter(_named_as(others)), (corpus, set()))
    if found and 2 * len(found) >= len(others):
        return (
            f"{folder} looks like {other.title}, not {corpus.title}: {len(found)} of {len(others)} audio files "
            f"have its names\nuse --corpus {other.name}, or name the folder of {corpus.title} with --data-dir"
        )
    many = f"the {len(others)} audio files there have" if len(others) > 1 else "the audio file there has"
    instead = f"; {many} other names, such as {others[0].name}" if others else ""
    return f"no {corpus.title} clip below {folder}{instead}\n{corpus.hint}"
