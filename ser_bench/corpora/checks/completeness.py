"""Warnings about a corpus's clips: missing ones, and ones in the folder of another speaker or emotion."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.corpora.registry import is_registered

if TYPE_CHECKING:
    from ser_bench.corpora.opening import OpenCorpus


def missing_clips_warning(opened: OpenCorpus, part: str, emotions: Collection[str] = ()) -> str:
    """Compare the number of clips with the published number.

    Parameters
    ----------
    opened
        A single corpus.
    part
        ``speech``, ``song`` or ``all``.
    emotions
        Emotions kept by the filter; empty means all.

    Returns
    -------
    str
        A warning if clips are missing, else the empty string.
    """
    if not is_registered(opened.corpus):
        return ""
    counts = opened.corpus.published_in(part).counts
    published = sum(count for label, count in counts.items() if not emotions or label in emotions)
    name, clips = opened.corpus.name, len(opened.clips)
    if clips >= published:
        return ""
    return (
        f"{name}: found {clips:,} of {published:,} published clips; ser-bench corpora --check {name} lists the missing"
    )


def misplaced_clips_warning(opened: OpenCorpus) -> str:
    """Compare the folders of clips with their file names.

    Parameters
    ----------
    opened
        A single corpus.

    Returns
    -------
    str
        A warning if a folder name contradicts the file name of a clip in it, else the empty string.
    """
    pattern = opened.corpus.reader
    if not isinstance(pattern, FileNamePattern) or not pattern.folder_pattern:
        return ""
    base = opened.folder.absolute()
    misplaced = [Path(path) for path in _suspects(opened, pattern, base) if _contradicts(Path(path), pattern, base)]
    if not misplaced:
        return ""
    count = f"{len(misplaced):,} clips are" if len(misplaced) > 1 else "1 clip is"
    example = misplaced[0].relative_to(base)
    return f"{count} in a folder that contradicts the file name, for example {example}; the file name is used"


def _suspects(opened: OpenCorpus, pattern: FileNamePattern, base: Path) -> Iterator[str]:
    """Yield the paths whose row differs from their folder; a merge of emotions may be the cause."""
    columns = list(re.compile(pattern.folder_pattern).groupindex)
    values_of: dict[str, tuple[str, ...]] = {}
    for path, *row in zip(opened.clips["path"], *(opened.clips[column] for column in columns), strict=True):
        folder = os.path.dirname(path)  # noqa: PTH120  (ten times faster over many files)
        if folder not in values_of:
            by_column = _folder_columns(pattern, Path(folder), base)
            values_of[folder] = tuple(by_column.get(column, "") for column in columns)
        if any(expected and expected != actual for expected, actual in zip(values_of[folder], row, strict=True)):
            yield path


def _contradicts(path: Path, pattern: FileNamePattern, base: Path) -> bool:
    columns = pattern.parse(path) or {}
    return any(columns.get(column) != value for column, value in _folder_columns(pattern, path.parent, base).items())


def _folder_columns(pattern: FileNamePattern, folder: Path, base: Path) -> dict[str, str]:
    """Return the columns that the nearest matching folder gives, up to the corpus's own folder."""
    for parent in (folder, *folder.parents):
        if columns := pattern.parse_folder(parent.name):
            return columns
        if parent == base:
            break
    return {}
