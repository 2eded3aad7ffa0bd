"""Tables beside the audio, joined into columns of the manifest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ser_bench.core.errors import CorpusError
from ser_bench.core.genders import canonical_gender
from ser_bench.core.labels import canonical_label
from ser_bench.core.text import shortened_list
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.importing.column import COLUMNS, Column
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.legends import Legend
from ser_bench.corpora.importing.paths.emotions import kept_labels, refuse_codes, word_reader
from ser_bench.corpora.importing.tables.matching import FileIndex, share_found
from ser_bench.corpora.importing.tables.table import (
    FIELD,
    LEAST_SHARE,
    Table,
    UnknownColumnError,
    cell_text,
    is_manifest,
    read_table,
)

_NO_LABEL = ("xxx", "?", "-")
_LISTED = 8
_RESULTS = ("run.json", "explore.md")
"""Files beside the tables that a run or ``ser-bench explore`` writes."""


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
        Tables that cannot be read.
    faults
        Why other tables are not used.
    unused
        A sentence about columns that are not used.
    manifests
        Names of the tables, if ser-bench wrote all of them.
    """

    columns: Mapping[str, Column]
    problems: tuple[Problem, ...]
    names: frozenset[str]
    warnings: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    unused: str = ""
    manifests: tuple[str, ...] = ()


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
            raise CorpusError(f"{_fault(table, index)}\nname the column of the files with --map path=COLUMN")
    return _described(tables, index)


def find_tables(
    folder: Path,
    files: Sequence[AudioFile],
    mapping: Mapping[str, str],
    meanings: Mapping[str, str],
    legends: Sequence[Legend],
    ignored: Path | None,
) -> Described:
    """Find the tables below a folder that name its audio files and their emotions, speakers or genders.

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
    tables, refused, faults = [], [], []
    paths, runs = _table_files(folder, ignored)
    for path in paths:
        try:
            table = read_table(path, folder, index, mapping, meanings, legends)
        except CorpusError as error:
            refused.append(f"not used: {str(error).splitlines()[0]}")
        except UnknownColumnError as error:
            faults.append(str(error))
        else:
            if fault := _fault(table, index):
                faults.append(fault)
            else:
                tables.append(table)
    if manifests := _own_manifests(tables):
        tables = [table for table in tables if table not in manifests]
        faults = [*manifest_faults([table.name for table in manifests]), *faults]
    faults += (f"{run} holds results of ser-bench" for run in runs)
    _refuse_contradictions(tables)
    return replace(_described(tables, index), warnings=tuple(refused), faults=tuple(faults))


def _table_files(folder: Path, ignored: Path | None) -> tuple[list[Path], list[str]]:
    """Return the visible tables below a folder, and the folders whose tables are results of ser-bench."""
    paths, runs = [], set()
    for path in sorted(path for suffix in ("csv", "tsv", "jsonl") for path in folder.rglob(f"*.{suffix}")):
        name = path.relative_to(folder)
        hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
        if hidden or (ignored is not None and path.absolute() == ignored.absolute()):
            continue
        if any((path.parent / result).is_file() for result in _RESULTS):
            runs.add(name.parent.as_posix())
        else:
            paths.append(path)
    return paths, sorted(runs)


def _fault(table: Table, index: FileIndex) -> str:
    """Return why a table cannot be used; empty for a usable one."""
    if not table.rows:
        return f"{table.name} has no row"
    if share_found(table.files) < LEAST_SHARE:
        column = table.chosen["path"]
        count = len(table.files) - table.files.count(None)
        cell = cell_text(column, table.rows[table.files.index(None)])
        return (
            f"{count:,} of {len(table.rows):,} rows of {table.name} name an audio file: "
            f"its column {column} says {cell!r}, and {index.fault(cell)}"
        )
    if not table.chosen.keys() & {"emotion", "speaker", "gender"}:
        names = shortened_list(table.rows[0], _LISTED)
        return f"{table.name} has no known column, such as emotion; it has {names}; --map emotion=COLUMN names one"
    return ""


def manifest_faults(names: Sequence[str]) -> list[str]:
    """Return why manifests that ser-bench wrote are not used.

    Parameters
    ----------
    names
        Their names.

    Returns
    -------
    list of str
        A sentence for each.
    """
    return [f"{name} is a manifest that ser-bench wrote; --table {name} uses it" for name in names]


def _own_manifests(tables: Sequence[Table]) -> list[Table]:
    """Return the manifests that ser-bench wrote, where other tables hold emotions."""
    manifests = [table for table in tables if is_manifest(table)]
    return manifests if any("emotion" in table.chosen for table in tables if table not in manifests) else []


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


def _described(tables: Sequence[Table], index: FileIndex) -> Described:
    """Join tables of different files, such as those of training and test."""
    missing = [
        Problem(f"{table.name}, line {line}", f"a row of {table.name}: {fault}", kind="row")
        for table in tables
        for line, file, row in zip(table.lines, table.files, table.rows, strict=True)
        if file is None and (fault := index.fault(cell_text(table.chosen["path"], row)).partition(";")[0])
    ]
    names = frozenset(file.name for table in tables for file in table.files if file is not None)
    columns = {column: _column(column, tables) for column in COLUMNS}
    return Described(
        columns,
        tuple(missing),
        names,
        unused=_unused_columns(tables),
        manifests=tuple(table.name for table in tables) if all(map(is_manifest, tables)) else (),
    )


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
    source = next(iter(concerned)) if len(concerned) == 1 else f"{len(concerned):,} tables"
    return f"{source}: {listed} {'is' if len(unused) == 1 else 'are'} not used"


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
        refuse_codes(unknown, table.meanings, _source(column, [table]) if table.chosen.get(column) else "")
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
    return ", ".join(f"column {source} of {shortened_list(files)}" for source, files in names.items())


def _value(column: str, text: str, read: Callable[[str], str]) -> str:
    if column == "emotion":
        return read(text) or canonical_label(text)
    return canonical_gender(text) if column == "gender" else text
