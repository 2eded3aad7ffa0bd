"""What should be known of the clips that are used: how many are missing, and which lie in a wrong folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench import corpora
from ser_bench.corpora.filenames import Names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ser_bench.corpora import OpenCorpus


def known(opened: OpenCorpus) -> bool:
    """Say whether a corpus is one of the known ones, and not a manifest that may bear its name."""
    return corpora.CORPORA.get(opened.corpus.name) is opened.corpus


def missing_clips(opened: OpenCorpus, part: str, emotions: Collection[str] = ()) -> str:
    """Say how many of the published clips of a part, or of some of its emotions, are there; empty where all are."""
    if not known(opened):
        return ""
    counts = opened.corpus.published_in(part).counts
    published = sum(count for label, count in counts.items() if not emotions or label in emotions)
    name, found = opened.corpus.name, len(opened.clips)
    if found >= published:
        return ""
    there = f"{found:,} of {published:,} published clips found"
    return f"{name}: {there}; ser-bench corpora --check {name} says what is missing"


def misplaced_clips(opened: OpenCorpus) -> str:
    """Say how many clips lie in a folder of another speaker or emotion than their name's; empty where none does."""
    names = opened.corpus.reader
    if not isinstance(names, Names) or not names.folder:
        return ""
    base = opened.folder.absolute()
    wrong = [Path(path) for path in _suspects(opened, names, base) if _contradicts(Path(path), names, base)]
    if not wrong:
        return ""
    lie = f"{len(wrong):,} clips lie" if len(wrong) > 1 else "1 clip lies"
    return f"{lie} in a folder that says otherwise, such as {wrong[0].relative_to(base)}; the file name counts"


def _suspects(opened: OpenCorpus, names: Names, base: Path) -> Iterator[str]:
    """Yield the paths whose row says something else than their folder; emotions may only have been merged."""
    columns = list(re.compile(names.folder).groupindex)
    said: dict[str, tuple[str, ...]] = {}
    for path, *row in zip(opened.clips["path"], *(opened.clips[column] for column in columns), strict=True):
        folder = os.path.dirname(path)  # noqa: PTH120  (ten times faster over many files)
        if folder not in said:
            told = _folder_says(names, Path(folder), base)
            said[folder] = tuple(told.get(column, "") for column in columns)
        if any(meant and meant != here for meant, here in zip(said[folder], row, strict=True)):
            yield path


def _contradicts(path: Path, names: Names, base: Path) -> bool:
    named = names.read(path) or {}
    return any(named.get(column) != meant for column, meant in _folder_says(names, path.parent, base).items())


def _folder_says(names: Names, folder: Path, base: Path) -> dict[str, str]:
    """Return what the nearest folder with a speaker's name says, up to the corpus's own."""
    for place in (folder, *folder.parents):
        if told := names.read_folder(place.name):
            return told
        if place == base:
            break
    return {}
