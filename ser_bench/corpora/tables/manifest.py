"""A user's own corpus: a CSV manifest with the columns ``path,speaker,emotion`` and optional others."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ser_bench.core.errors import CorpusError
from ser_bench.core.public_names import public_names
from ser_bench.core.spelling import canonical_text, is_missing, is_unknown
from ser_bench.core.text import listed
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.clip_table import CLIP_COLUMNS, Listing, Problem, clip_table, missing_cells, needed_columns
from ser_bench.corpora.emotion_words import canonical_labels
from ser_bench.corpora.selection import lost_with_rows
from ser_bench.corpora.tables.column_names import refuse_missing, unused_column
from ser_bench.corpora.tables.csv_table import column_names, open_csv, read_csv_table
from ser_bench.corpora.tables.label_rows import canonical_rows, differing_columns, joined_labels_warning, joined_row

REQUIRED = ("path", "speaker", "emotion")
OPTIONAL = ("gender", "text", "intensity", "person")
"""``person`` names who a speaker is, where a person has several speaker names or is in several corpora."""


_KNOWN = frozenset((*REQUIRED, *OPTIONAL, "clip", "corpus"))
"""Names of columns that decide between delimiters."""


@dataclass(frozen=True)
class _Manifest:
    """The rows of a manifest: stripped cells of the known columns, and the line of each."""

    rows: Sequence[dict[str, str]]
    lines: Sequence[int]
    unused: tuple[Problem, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.rows[0]) if self.rows else ()


def corpus(path: Path) -> Corpus:
    """Describe the corpus of a manifest or of a feature table.

    Parameters
    ----------
    path
        A CSV manifest, or a table of features as CSV or Parquet.

    Returns
    -------
    Corpus
        A corpus named like the file.

    Raises
    ------
    CorpusError
        If the file cannot be read or lacks a column.
    """
    if holds_features(path):
        from ser_bench.corpora.tables import feature_table

        features = feature_table.read(path)
        return _description(path, features.texts, lambda folder: feature_table.list_clips(features))
    manifest = _read(path)
    texts = {column: [row[column] for row in manifest.rows] for column in ("speaker", "emotion")}
    return _description(path, texts, lambda folder: _list_clips(manifest, folder, path))


def holds_features(path: Path) -> bool:
    """Tell a feature table from a manifest of audio files by the first line.

    Parameters
    ----------
    path
        A CSV or Parquet file.

    Returns
    -------
    bool
        True for Parquet, and for CSV with the column ``clip`` and without ``path``.
    """
    if path.suffix.lower() == ".parquet":
        return True
    columns = {column.lower() for column in column_names(path, _KNOWN)}
    return "clip" in columns and "path" not in columns


def line_numbers(path: Path) -> dict[str, int]:
    """Find the lines of the clips in a manifest or a feature table.

    Parameters
    ----------
    path
        A CSV file.

    Returns
    -------
    dict of str to int
        The line of the first row of each clip, from 1. Empty for any other file.
    """
    lines: dict[str, int] = {}
    with suppress(CorpusError):
        file = open_csv(path, kind="manifest", known=_KNOWN)
        columns = [column.lower() for column in file.columns]
        name = "path" if "path" in columns else "clip"
        cells = [(line, row[columns.index(name)]) for line, row in file.rows()] if name in columns else []
        clips = public_names([cell for _, cell in cells], path.absolute().parent)
        for (line, _), clip in zip(cells, clips, strict=True):
            for spelling in _spellings(clip):
                lines.setdefault(spelling, line)
    return lines


def _description(path: Path, texts: Mapping[str, Sequence[str]], reader: Callable[[Path], Listing]) -> Corpus:
    labels = canonical_labels(set(texts["emotion"]))
    return Corpus(
        name=path.stem,
        title=path.stem,
        licence="as its owner says",
        source=str(path),
        citation="",
        counts=Counter(labels[label] for label in texts["emotion"] if not is_missing(label)),
        speakers=len({canonical_text(speaker) for speaker in texts["speaker"] if not is_unknown(speaker)}),
        reader=reader,
    )


def _read(path: Path) -> _Manifest:
    """Read a manifest; the known columns, and the others as unused."""
    table = read_csv_table(path, kind="manifest", known=_KNOWN)
    names = [name.lower() for name in table.columns]
    advice = (
        f"the first line must name {','.join(REQUIRED)} and may name {','.join(OPTIONAL)};"
        " a table of features has clip instead of path"
    )
    refuse_missing(table.columns, REQUIRED, f"manifest {path}", advice)
    positions = {name: names.index(name) for name in (*REQUIRED, *OPTIONAL) if name in names}
    rows = [{name: cells[position].strip() for name, position in positions.items()} for cells in table.rows]
    free = [name for name in OPTIONAL if name not in positions]
    unused = []
    for position, name in enumerate(table.columns):
        if name and name.lower() not in positions:
            unused.append(unused_column(name, "not a column of a manifest", free))
        elif not name and any(cells[position].strip() for cells in table.rows):
            unused.append(unused_column(f"column {position + 1}", "has no name"))
    return _Manifest(rows, table.lines, tuple(unused))


def _list_clips(manifest: _Manifest, folder: Path, source: Path) -> Listing:
    """List the clips of a manifest; relative paths start at ``folder``, and invalid rows are problems."""
    columns = (*CLIP_COLUMNS, "person") if "person" in manifest.columns else CLIP_COLUMNS
    clips = _clips(manifest, folder, columns)
    warnings = (*_separator_warnings(manifest, clips), joined_labels_warning([row["emotion"] for row in manifest.rows]))
    required = needed_columns(REQUIRED, [row["speaker"] for row in manifest.rows])
    faults = [_fault(row, clip, required) for row, clip in zip(manifest.rows, clips, strict=True)]
    rows_of: dict[str, list[int]] = {}
    for number, clip in enumerate(clips):
        if not faults[number]:
            rows_of.setdefault(clip["path"], []).append(number)
    problems = []
    usable = []
    for line, clip, fault in zip(manifest.lines, clips, faults, strict=True):
        same = rows_of.get(clip["path"], [])
        rows = [clips[row] for row in same]
        if problem := fault or _repetition(line, rows, [manifest.lines[row] for row in same]):
            name = clip["clip"] or f"line {line}"
            problems.append(Problem(name, f"{problem.reason} (line {line})", problem.kind))
        else:
            usable.append(joined_row(rows))
    if not usable:
        example = f", for example {problems[0].path}: {problems[0].reason}" if problems else ""
        raise CorpusError(
            f"no row of the manifest {source} can be used{example}\n"
            f"each row needs {','.join(REQUIRED)}; relative paths start at the folder {folder}"
        )
    table = clip_table(usable, columns)
    problems += lost_with_rows(clip_table(clips, columns), table)
    return Listing(table, (*manifest.unused, *problems), warnings=tuple(filter(None, warnings)))


def _separator_warnings(manifest: _Manifest, clips: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Mention backslashes that were read as folder separators."""
    pairs = zip(manifest.rows, clips, strict=True)
    if replaced := sum("\\" in row["path"] and "\\" not in clip["clip"] for row, clip in pairs):
        paths = "1 path of the manifest has" if replaced == 1 else f"{replaced:,} paths of the manifest have"
        yield f"{paths} backslashes, which were read as /"


def _clips(manifest: _Manifest, folder: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a clip table; each is named by the first spelling of its path that exists."""
    import pandas as pd

    files = []
    for row in manifest.rows:
        spellings = _spellings(row["path"])
        files.append(next((spelling for spelling in spellings if _is_file(folder / spelling)), spellings[0]))
    cells: dict[str, list[str]] = {column: [row.get(column, "") for row in manifest.rows] for column in columns}
    cells["clip"] = public_names(files, folder)
    cells["path"] = [str((folder / file).absolute()) for file in files]
    texts = canonical_rows(pd.DataFrame(cells, dtype=object))
    return [dict(zip(columns, row, strict=True)) for row in zip(*(texts[column] for column in columns), strict=True)]


def _spellings(path: str) -> list[str]:
    """Return a path as written, with this system's separators, without invisible characters, in both normal forms."""
    path = path.strip()
    visible = "".join(c for c in path if unicodedata.category(c) != "Cf").strip()
    spellings = (path, path.replace("\\", "/"), visible, visible.replace("\\", "/"))
    normalized = [unicodedata.normalize(form, text) for text in spellings for form in ("NFC", "NFD")]
    return list(dict.fromkeys((*spellings, *normalized)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _fault(row: Mapping[str, str], clip: Mapping[str, str], required: Sequence[str]) -> Problem | None:
    """Return why a row cannot be used, apart from other rows of its clip."""
    if reason := missing_cells(required, [row[column] for column in required]):
        return Problem("", reason, "row")
    try:
        if Path(clip["path"]).is_file():
            return None
    except OSError as error:
        return Problem("", f"cannot be opened: {error.strerror or error}")
    return Problem("", f"no such file{_hint(row['path'], Path(clip['path']))}")


def _hint(written: str, path: Path) -> str:
    """Return what may be wrong with a path: its separators, or the case of a folder or the name, or the extension."""
    folder = _existing(path.parent)
    similar = _names_by_stem(folder).get(path.stem.lower(), []) if folder else []
    if len(similar) == 1 and folder == path.parent:
        return f"; that folder has {similar[0]}"
    if len(similar) == 1 and folder:
        first = next(n for n, (a, b) in enumerate(zip(folder.parts, path.parts, strict=False)) if a != b)
        return f"; there is {Path(*folder.parts[first:], similar[0]).as_posix()}"
    return "; write / between folders instead of \\" if "\\" in written else ""


@lru_cache(maxsize=64)
def _existing(folder: Path) -> Path | None:
    """Return a folder, or the only one whose path differs in case; None if there is none."""
    if folder.is_dir():
        return folder
    if folder == folder.parent or not (parent := _existing(folder.parent)):
        return None
    with suppress(OSError):
        similar = [path for path in parent.iterdir() if path.name.lower() == folder.name.lower() and path.is_dir()]
        return similar[0] if len(similar) == 1 else None
    return None


@lru_cache(maxsize=8)
def _names_by_stem(folder: Path) -> dict[str, list[str]]:
    """Return the names of a folder's files by their lower-case stem; empty if it cannot be read."""
    names: dict[str, list[str]] = {}
    with suppress(OSError):
        for path in folder.iterdir():
            names.setdefault(path.stem.lower(), []).append(path.name)
    return names


def _repetition(line: int, clips: Sequence[Mapping[str, str]], lines: Sequence[int]) -> Problem | None:
    """Return why a row is not used, from the clips and lines of all usable rows with its file."""
    if columns := differing_columns(clips):
        values = [clip[columns[0]] for clip in clips]
        first = next(row for row, value in enumerate(values) if value)
        second = next(row for row, value in enumerate(values) if value not in ("", values[first]))
        reason = f"rows of this clip differ in {listed(columns)}; see lines {lines[first]} and {lines[second]}"
        return Problem("", reason, "row")
    return Problem("", f"duplicate row; line {lines[0]} is used", "row") if line != lines[0] else None
