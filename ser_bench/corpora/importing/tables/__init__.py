"""Tables beside the audio, joined into columns of the manifest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.genders import canonical_gender
from ser_bench.core.labels import canonical_label
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.importing.column import Column
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.legends import Legend
from ser_bench.corpora.importing.paths.emotions import kept_labels, word_reader
from ser_bench.corpora.importing.tables.matching import FileIndex, share_found
from ser_bench.corpora.importing.tables.table import COLUMNS, FIELD, LEAST_SHARE, Table, cell_text, read_table

_NO_LABEL = ("xxx", "?", "-")
_LISTED = 8


@dataclass(frozen=True)
class Described:
    """What tables say about the files.

    Attributes
    ----------
    columns
        Columns of the manifest.
    problems
        Rows whose file is missing.
    names
        The files that a table names.
    warnings
        Tables that are not used, with the reason.
    unused
        A sentence about columns that are not used.
    """

    columns: Mapping[str, Column]
    problems: tuple[Problem, ...]
    names: frozenset[str]
    warnings: tuple[str, ...] = ()
    unused: str = ""


def describe(
    paths: Sequence[Path],
    folder: Path,
    files: Sequence[AudioFile],
    mapping: Mapping[str, str],
    meanings: Mapping[str, str],
    legends: Sequence[Legend],
) -> Described:
    """Read the tables that the user names.

    Parameters
    ----------
    paths
        The tables.
    folder
        The imported folder.
    files
        Its audio files.
    mapping
        Column of the table by column of the manifest; a text with ``{column}`` joins several.
    meanings
        Emotion by code, as the user states it.
    legends
        Legends in the folder.

    Returns
    -------
    Described
        Columns, and rows without a file.

    Raises
    ------
    CorpusError
        If a table cannot be read, or none of its rows names a file.
    ConfigError
        If the mapping names an unknown column.
    """
    index = FileIndex(files)
    tables = [read_table(path, folder, index, mapping, meanings, legends, is_stated=True) for path in paths]
    for table in tables:
        if not any(table.files):
            column = table.chosen.get("path", "")
            cell = cell_text(column, table.rows[0]) if column and table.rows else "no row"
            raise CorpusError(
                f"no row of {table.path} names an audio file below {folder}; its column "
                f"{column or 'path'} says {cell!r}\nname the column of the files with --map path=COLUMN"
            )
    return _described(tables)


def find_tables(
    folder: Path,
    files: Sequence[AudioFile],
    mapping: Mapping[str, str],
    meanings: Mapping[str, str],
    legends: Sequence[Legend],
    ignored: Path | None,
) -> Described:
    """Find the tables below a folder that name its audio files and their emotions.

    Parameters
    ----------
    folder
        The imported folder.
    files
        Its audio files.
    mapping, meanings, legends
        As for :func:`describe`.
    ignored
        A file to leave out: the manifest to write.

    Returns
    -------
    Described
        What the tables say; without names where there is none.

    Raises
    ------
    CorpusError
        If two tables name other emotions for the same files.
    """
    index = FileIndex(files)
    tables, refused = [], []
    for path in sorted(path for suffix in ("csv", "tsv", "jsonl") for path in folder.rglob(f"*.{suffix}")):
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)
        if hidden or (ignored is not None and path.absolute() == ignored.absolute()):
            continue
        try:
            table = read_table(path, folder, index, mapping, meanings, legends)
        except CorpusError as error:
            refused.append(f"not used: {str(error).splitlines()[0]}")
            continue
        except UnknownNameError:
            continue  # --map is about another table
        if "emotion" in table.chosen and share_found(table.files) >= LEAST_SHARE:
            tables.append(table)
    _refuse_contradictions(tables)
    return _described(tables, tuple(refused))


def _refuse_contradictions(tables: Sequence[Table]) -> None:
    """Raise an error if two tables name other emotions for the same files."""
    seen: dict[str, tuple[str, Table]] = {}
    for table in tables:
        read = word_reader(table.meanings)
        for file, word in table.cells("emotion"):
            emotion = read(word) or canonical_label(word)
            before, other_table = seen.setdefault(file.name, (emotion, table))
            if before != emotion and other_table is not table:
                raise CorpusError(
                    f"two tables describe {file.name}: {other_table.path} says {before}, {table.path} says {emotion}\n"
                    f"choose one with --table"
                )


def _described(tables: Sequence[Table], warnings: tuple[str, ...] = ()) -> Described:
    """Join tables of different files, such as those of training and test."""
    missing = [
        Problem(f"{table.name}, line {line}", f"a row of {table.name} names no file, or several", kind="row")
        for table in tables
        for line, file in zip(table.lines, table.files, strict=True)
        if file is None
    ]
    names = frozenset(file.name for table in tables for file in table.files if file is not None)
    columns = {column: _column(column, tables) for column in COLUMNS if column != "path"}
    return Described(columns, tuple(missing), names, warnings, _unused_columns(tables))


def _unused_columns(tables: Sequence[Table]) -> str:
    """Return a sentence that names the columns of tables that are not used; empty if there are none."""
    unused: dict[str, list[str]] = {}
    for table in tables:
        used = {name for source in table.chosen.values() for name in (FIELD.findall(source) or [source])}
        for name in table.rows[0] if table.rows else ():
            if name and name not in used:
                unused.setdefault(name, []).append(table.name)
    if not unused:
        return ""
    concerned = {name for names in unused.values() for name in names}
    listed = ", ".join([*list(unused)[:_LISTED], *(["…"] if len(unused) > _LISTED else [])])
    name = next(iter(concerned)) if len(concerned) == 1 else f"{len(concerned):,} tables"
    return f"{name}: {listed} {'is' if len(unused) == 1 else 'are'} not used; --map takes more"


def _column(column: str, tables: Sequence[Table]) -> Column:
    """Return the values of a column; a file with contradicting rows has none."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)  # per file: word by value
    unknown: Counter[str] = Counter()
    problems = {}
    for table in tables:
        read = word_reader(table.meanings)
        for file, text in table.cells(column):
            if column == "emotion" and text in _NO_LABEL:
                problems[file.name] = f"no label: {table.name} says {text}"
                continue
            value = _value(column, text, read)
            texts[file.name].setdefault(value, text)
            if column == "emotion" and not read(text):
                unknown[text] += 1
    for name, words in texts.items():
        if len(words) > 1 and column == "emotion":
            problems[name] = f"rows contradict each other: {' and '.join(sorted(words))}"
    used = [table for table in tables if table.chosen.get(column)]
    legends = sorted({f", legend {table.legend}" for table in used if table.legend and column == "emotion"})
    return Column(
        values={name: next(iter(words)) for name, words in texts.items() if len(words) == 1},
        source=_source(column, used) + "".join(legends),
        certainty="stated",
        spellings={name: next(iter(words.values())) for name, words in texts.items()} if column == "emotion" else {},
        problems=problems,
        warnings=kept_labels(unknown),
    )


def _source(column: str, tables: Sequence[Table]) -> str:
    """Return the columns of tables as text."""
    names: dict[str, list[str]] = defaultdict(list)
    for table in tables:
        names[table.chosen[column]].append(table.name)
    return ", ".join(f"column {source} of {', '.join(files)}" for source, files in names.items())


def _value(column: str, text: str, read: Callable[[str], str]) -> str:
    if column == "emotion":
        return read(text) or canonical_label(text)
    return canonical_gender(text) if column == "gender" else text
