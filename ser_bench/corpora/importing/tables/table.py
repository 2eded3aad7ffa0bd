"""One table beside the audio: what its columns hold, and which file each row names."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import ConfigError, CorpusError, UnknownNameError
from ser_bench.core.spelling import is_missing
from ser_bench.corpora.importing.column import COLUMNS
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.legends import Legend, meanings_of, parse_pairs
from ser_bench.corpora.importing.paths.emotions import word_reader
from ser_bench.corpora.importing.tables.matching import FileIndex, share_found
from ser_bench.corpora.tables.column_names import USUAL_NAMES
from ser_bench.corpora.tables.csv_table import TextTable, read_csv_table

_COLUMNS = ("path", *COLUMNS)
"""The columns that ``--map`` may name."""

_MAPPING_EXAMPLE = "speaker=spk,emotion=label"

LEAST_SHARE = 0.5
"""The least share of rows that name a file, for a table that the user does not name."""
_MOST_CODES = 30
FIELD = re.compile(r"\{([^{}]+)\}")
"""A column in a template."""
_NUMBERED_DIALOGUES = "dia{dialogue_id}_utt{utterance_id}"
"""The file names of MELD, whose tables hold both numbers."""


class UnknownColumnError(ConfigError):
    """A column of ``--map`` that a table does not have."""


@dataclass(frozen=True)
class Table:
    """A table with the audio file of each row.

    Attributes
    ----------
    path
        The table.
    name
        Path relative to the imported folder.
    rows
        Cells by the normalised name of the column.
    lines
        Line of each row.
    files
        File that each row names; None where there is none, or more than one.
    chosen
        Column or template of the table by column of the manifest.
    meanings
        Emotion by code.
    legend
        Name of the file with the meanings, if one was found.
    """

    path: Path
    name: str
    rows: list[dict[str, str]]
    lines: list[int]
    files: list[AudioFile | None]
    chosen: Mapping[str, str]
    meanings: Mapping[str, str]
    legend: str

    def cells(self, column: str) -> Iterator[tuple[AudioFile, str]]:
        """List the cells of a column.

        Parameters
        ----------
        column
            Column of the manifest.

        Yields
        ------
        AudioFile
            The file that the row names.
        str
            The text, not missing.
        """
        source = self.chosen.get(column)
        for file, row in zip(self.files, self.rows, strict=True):
            if source and file is not None and not is_missing(text := cell_text(source, row)):
                yield file, text


def is_manifest(table: Table) -> bool:
    """Check whether ser-bench wrote a table: the columns of a manifest, and paths relative to its folder.

    Parameters
    ----------
    table
        A table.

    Returns
    -------
    bool
        True for an earlier result of an import.
    """
    columns = tuple(table.rows[0]) if table.rows else ()
    return (
        table.path.suffix == ".csv"
        and columns[:3] == ("path", "speaker", "emotion")
        and set(columns) <= set(_COLUMNS)
        and all(
            file is None or os.path.normpath(table.path.absolute().parent / row["path"]) == os.path.normpath(file.path)
            for file, row in zip(table.files, table.rows, strict=True)
        )
    )


def parse_mapping(text: str) -> dict[str, str]:
    """Read the value of ``--map``.

    Parameters
    ----------
    text
        ``column=name`` pairs joined by commas.

    Returns
    -------
    dict of str to str
        The table's column by column of the manifest.

    Raises
    ------
    ConfigError
        If a pair is invalid or names an unknown column of the manifest.
    """
    mapping = parse_pairs(text, "--map", _MAPPING_EXAMPLE)
    for column in mapping:
        if column not in _COLUMNS:
            raise UnknownNameError("column of a manifest", column, _COLUMNS)
    return mapping


def read_table(
    path: Path,
    folder: Path,
    index: FileIndex,
    mapping: Mapping[str, str],
    meanings: Mapping[str, str],
    legends: Sequence[Legend],
    *,
    is_stated: bool = False,
) -> Table:
    """Read a table and find the columns of the manifest in it.

    Parameters
    ----------
    path
        The table.
    folder
        The imported folder.
    index
        Its audio files.
    mapping
        Column of the table by column of the manifest, as the user states it.
    meanings
        Emotion by code, as the user states it.
    legends
        Legends in the folder.
    is_stated
        Whether the user names the table; else its emotions count only if half of its rows name a file.

    Returns
    -------
    Table
        The table.

    Raises
    ------
    CorpusError
        If the table cannot be read.
    UnknownColumnError
        If the table lacks a column of the mapping.
    ConfigError
        If the column of emotions is unclear.
    """
    table = _text_table(path)
    rows = [dict(zip(_keys(table), cells, strict=True)) for cells in table.rows]
    keys = _keys(table)
    stated = {column: _stated(text, keys, path) for column, text in mapping.items()}
    folders = _folders(path, folder)
    part = re.sub(r"[\W_].*", "", path.stem.casefold())
    path_column, found_files = _path_column(
        stated.get("path"), keys, rows, lambda cells: index.find(cells, folders, part)
    )
    _refuse_without_header(path, path_column, table.columns, keys, index)
    chosen = {column: name for column in USUAL_NAMES if (name := stated.get(column) or _named(column, keys))} | stated
    chosen["path"] = path_column
    if chosen.get("text") == path_column:
        del chosen["text"]
    codes = {row[chosen["emotion"]] for row in rows} if chosen.get("emotion") in keys else set()
    legend_meanings, legend = ({}, "") if meanings else meanings_of(codes, legends)
    known = meanings or legend_meanings
    if "emotion" not in stated and (is_stated or share_found(found_files) >= LEAST_SHARE):
        chosen.update(_emotion_column(chosen.get("emotion"), keys, rows, known, path))
    return Table(path, "/".join((*folders, path.name)), rows, table.lines, found_files, chosen, known, legend)


def _text_table(path: Path) -> TextTable:
    """Read a CSV table, or a file with a JSON object on each line."""
    if path.suffix.lower() != ".jsonl":
        return read_csv_table(path, kind="table")
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except OSError as error:
        raise CorpusError(f"cannot read the table {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"invalid table {path}: expected a JSON object on each line; {error}") from None
    if not records or not all(isinstance(record, dict) for record in records):
        raise CorpusError(f"invalid table {path}: expected a JSON object on each line")
    columns = tuple(dict.fromkeys(str(key) for record in records for key in record))
    rows = [["" if record.get(key) is None else str(record[key]) for key in columns] for record in records]
    return TextTable(columns, rows, list(range(1, len(rows) + 1)), ",")


def _refuse_without_header(
    path: Path, column: str, names: Sequence[str], keys: Sequence[str], index: FileIndex
) -> None:
    """Raise if the name of the column of files is itself the name of a file."""
    name = dict(zip(keys, names, strict=True)).get(column, "")
    if column not in USUAL_NAMES["path"] and name and index.find([name], ())[0]:
        raise CorpusError(
            f"{path} has no header: its first line names the clip {name}; add a line above it, "
            "such as path,speaker,emotion"
        )


def _keys(table: TextTable) -> list[str]:
    return [_normalized(name) for name in table.columns]


def _normalized(name: str) -> str:
    """Return the name of a column in lower case, its words joined by underscores."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _folders(path: Path, folder: Path) -> tuple[str, ...]:
    """Return the folder of a table relative to the imported folder; empty for a table elsewhere."""
    try:
        return path.absolute().parent.relative_to(folder.absolute()).parts
    except ValueError:
        return ()


def _stated(text: str, keys: Sequence[str], path: Path) -> str:
    """Return a column or template of ``--map`` with normalised names; raise if a column is unknown."""
    names = FIELD.findall(text) or [text]
    for name in names:
        if _normalized(name) not in keys:
            raise UnknownColumnError(f"{path} has no column {name!r}; it has {', '.join(filter(None, keys))}")
    if "{" not in text:
        return _normalized(text)
    return FIELD.sub(lambda match: f"{{{_normalized(match[1])}}}", text)


def cell_text(source: str, row: Mapping[str, str]) -> str:
    """Return the text of a column or of a template with columns in braces.

    Parameters
    ----------
    source
        Name of a column, or a text with columns in braces.
    row
        Cells by column.

    Returns
    -------
    str
        The text.
    """
    if "{" not in source:
        return row[source].strip()
    return FIELD.sub(lambda match: row[match[1]].strip(), source)


def _named(column: str, keys: Sequence[str]) -> str:
    return next((name for name in USUAL_NAMES[column] if name in keys), "")


def _path_column(
    stated: str | None,
    keys: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    find: Callable[[Sequence[str]], list[AudioFile | None]],
) -> tuple[str, list[AudioFile | None]]:
    """Return the column or template that names most files, and the file of each row."""
    named = [name for name in USUAL_NAMES["path"] if name in keys]
    sources = [stated] if stated else [*named, *(key for key in keys if key not in named)]
    if not stated and {"dialogue_id", "utterance_id"} <= set(keys):
        sources.insert(0, _NUMBERED_DIALOGUES)
    best: tuple[str, list[AudioFile | None]] = (sources[0], [None] * len(rows))
    for source in sources:
        found_files = find([cell_text(source, row) for row in rows])
        if share_found(found_files) > share_found(best[1]):
            best = (source, found_files)
        if share_found(best[1]) > 0.99:
            break
    return best


def _emotion_column(
    named: str | None, keys: Sequence[str], rows: Sequence[Mapping[str, str]], meanings: Mapping[str, str], path: Path
) -> dict[str, str]:
    """Return the column of emotions: one whose cells are emotions, else one with a usual name."""
    read = word_reader(meanings)
    readable = []
    for key in keys:
        words = {row[key].strip() for row in rows if not is_missing(row[key])}
        known = {word: emotion for word in words if (emotion := read(word))}
        if len(set(known.values())) > 1 and 2 * len(known) >= len(words):
            readable.append(key)
    usual = [key for key in readable if key in USUAL_NAMES["emotion"]] or readable
    for key in usual[1:]:
        differing = sum(read(row[usual[0]].strip()) != read(row[key].strip()) for row in rows)
        if differing:
            raise ConfigError(
                f"two columns of {path} hold emotions, {usual[0]} and {key}, and differ in {differing:,} rows\n"
                f"choose one with --map emotion={usual[0]} or --map emotion={key}"
            )
    column = usual[0] if usual else named
    codes = sorted({row[column].strip() for row in rows}) if column and not usual else []
    if codes and all(map(str.isdigit, codes)) and len(codes) <= _MOST_CODES:
        raise ConfigError(
            f"the column {column} of {path} holds numbers ({', '.join(codes[:5])}); say what they mean: "
            f"--map-emotions {codes[0]}=angry,…"
        )
    return {"emotion": column} if column else {}
