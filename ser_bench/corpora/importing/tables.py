"""Tables beside the audio: any column names, one row per clip."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import ConfigError, CorpusError, UnknownNameError
from ser_bench.core.labels import canonical_gender, canonical_label, is_missing
from ser_bench.corpora.clip_table import Problem
from ser_bench.corpora.csv_table import TextTable, read_csv_table
from ser_bench.corpora.importing.column import Column
from ser_bench.corpora.importing.emotions import kept_labels, word_reader
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.legends import Legend, meanings_of, parse_pairs
from ser_bench.corpora.importing.matching import FileIndex, share_found

COLUMNS = ("path", "speaker", "emotion", "gender", "text", "intensity", "person")
"""The columns of the manifest that ``--map`` may name."""

_NAMES = {
    "path": (
        *("path", "file_name", "filename", "file", "file_path", "filepath", "wav", "wav_path", "wav_file", "audio"),
        *(
            "audio_path",
            "audio_file",
            "audiofile",
            "clip",
            "clip_path",
            "fname",
            "name",
            "id",
            "utterance_id",
            "utt_id",
        ),
    ),
    "speaker": (
        *("speaker", "speaker_id", "speakerid", "spk", "spk_id", "spkid", "speaker_name", "actor", "actor_id"),
        *(
            "actorid",
            "client_id",
            "sprecher",
            "subject",
            "subject_id",
            "participant",
            "participant_id",
            "talker",
            "voice_id",
        ),
    ),
    "emotion": (
        *("emotion", "emotion_label", "emotion_name", "emo", "label", "labels", "class", "category", "target"),
        *("emotion_id", "major_emotion", "feeling"),
    ),
    "gender": ("gender", "sex", "speaker_gender", "geschlecht"),
    "text": ("text", "sentence", "transcript", "transcription", "utterance", "sentence_id"),
    "intensity": ("intensity", "emotion_intensity", "emotional_intensity", "level"),
}
"""Usual column names by column of the manifest, the best first."""

_MAPPING_EXAMPLE = "speaker=spk,emotion=label"

_NO_LABEL = ("xxx", "?", "-")
_LEAST_SHARE = 0.5
_MOST_CODES = 30
_LISTED = 8
_FIELD = re.compile(r"\{([^{}]+)\}")
_NUMBERED_DIALOGUES = "dia{dialogue_id}_utt{utterance_id}"
"""The file names of MELD, whose tables hold both numbers."""


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
        Columns that are not used, and tables that cannot be read.
    """

    columns: Mapping[str, Column]
    problems: tuple[Problem, ...]
    names: frozenset[str]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Table:
    """A table with the file of each row; ``chosen`` names the source of each column of the manifest."""

    path: Path
    name: str
    rows: list[dict[str, str]]
    lines: list[int]
    files: list[AudioFile | None]
    chosen: Mapping[str, str]
    meanings: Mapping[str, str]
    legend: str

    def cells(self, column: str) -> Iterator[tuple[AudioFile, str]]:
        """Yield the file and the text of each row that has both."""
        source = self.chosen.get(column)
        for file, row in zip(self.files, self.rows, strict=True):
            if source and file is not None and not is_missing(text := _text(source, row)):
                yield file, text


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
        if column not in COLUMNS:
            raise UnknownNameError("column of a manifest", column, COLUMNS)
    return mapping


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
    tables = [_read(path, folder, index, mapping, meanings, legends) for path in paths]
    for table in tables:
        if not any(table.files):
            column = table.chosen.get("path", "")
            cell = _text(column, table.rows[0]) if column and table.rows else "no row"
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
    for path in sorted(path for suffix in ("csv", "tsv") for path in folder.rglob(f"*.{suffix}")):
        if path.name.startswith(".") or (ignored is not None and path.absolute() == ignored.absolute()):
            continue
        try:
            table = _read(path, folder, index, mapping, meanings, legends)
        except CorpusError as error:
            refused.append(f"not used: {str(error).splitlines()[0]}")
            continue
        except UnknownNameError:
            continue  # --map is about another table
        if "emotion" in table.chosen and share_found(table.files) >= _LEAST_SHARE:
            tables.append(table)
    _refuse_contradictions(tables)
    return _described(tables, tuple(refused))


def _read(
    path: Path,
    folder: Path,
    index: FileIndex,
    mapping: Mapping[str, str],
    meanings: Mapping[str, str],
    legends: Sequence[Legend],
) -> _Table:
    table = read_csv_table(path, kind="table")
    rows = [dict(zip(_keys(table), cells, strict=True)) for cells in table.rows]
    keys = _keys(table)
    stated = {column: _stated(text, keys, path) for column, text in mapping.items()}
    folders = _folders(path, folder)
    part = re.sub(r"[\W_].*", "", path.stem.casefold())
    path_column, found_files = _path_column(
        stated.get("path"), keys, rows, lambda cells: index.find(cells, folders, part)
    )
    chosen = {column: name for column in _NAMES if (name := stated.get(column) or _named(column, keys))} | stated
    chosen["path"] = path_column
    if chosen.get("text") == path_column:
        del chosen["text"]
    codes = {row[chosen["emotion"]] for row in rows} if chosen.get("emotion") in keys else set()
    legend_meanings, legend = ({}, "") if meanings else meanings_of(codes, legends)
    known = meanings or legend_meanings
    if "emotion" not in stated:
        chosen.update(_emotion_column(chosen.get("emotion"), keys, rows, known, path))
    return _Table(path, "/".join((*folders, path.name)), rows, table.lines, found_files, chosen, known, legend)


def _keys(table: TextTable) -> list[str]:
    return [name.strip().lower().replace(" ", "_").replace("-", "_") for name in table.columns]


def _folders(path: Path, folder: Path) -> tuple[str, ...]:
    """Return the folder of a table relative to the imported folder; empty for a table elsewhere."""
    try:
        return path.absolute().parent.relative_to(folder.absolute()).parts
    except ValueError:
        return ()


def _stated(text: str, keys: Sequence[str], path: Path) -> str:
    """Return a column or template of ``--map`` with normalised names; raise if a column is unknown."""
    names = _FIELD.findall(text) or [text]
    for name in names:
        if name.strip().lower().replace(" ", "_").replace("-", "_") not in keys:
            raise UnknownNameError(f"column in {path}", name, keys)
    if "{" not in text:
        return text.strip().lower().replace(" ", "_").replace("-", "_")
    return _FIELD.sub(lambda match: "{" + match[1].strip().lower().replace(" ", "_").replace("-", "_") + "}", text)


def _text(source: str, row: Mapping[str, str]) -> str:
    """Return the text of a column or of a template with columns in braces."""
    if "{" not in source:
        return row[source].strip()
    return _FIELD.sub(lambda match: row[match[1]].strip(), source)


def _named(column: str, keys: Sequence[str]) -> str:
    return next((name for name in _NAMES[column] if name in keys), "")


def _path_column(
    stated: str | None,
    keys: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    find: Callable[[Sequence[str]], list[AudioFile | None]],
) -> tuple[str, list[AudioFile | None]]:
    """Return the column or template that names most files, and the file of each row."""
    named = [name for name in _NAMES["path"] if name in keys]
    sources = [stated] if stated else [*named, *(key for key in keys if key not in named)]
    if not stated and {"dialogue_id", "utterance_id"} <= set(keys):
        sources.insert(0, _NUMBERED_DIALOGUES)
    best: tuple[str, list[AudioFile | None]] = ("", [None] * len(rows))
    for source in sources:
        found_files = find([_text(source, row) for row in rows])
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
    usual = [key for key in readable if key in _NAMES["emotion"]] or readable
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


def _refuse_contradictions(tables: Sequence[_Table]) -> None:
    """Raise an error if two tables name other emotions for the same files."""
    seen: dict[str, tuple[str, _Table]] = {}
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


def _described(tables: Sequence[_Table], warnings: tuple[str, ...] = ()) -> Described:
    """Join tables of different files, such as those of training and test."""
    missing = [
        Problem(f"{table.name}, line {line}", f"a row of {table.name} names no file, or several", kind="row")
        for table in tables
        for line, file in zip(table.lines, table.files, strict=True)
        if file is None
    ]
    names = frozenset(file.name for table in tables for file in table.files if file is not None)
    columns = {column: _column(column, tables) for column in COLUMNS if column != "path"}
    return Described(columns, tuple(missing), names, (*warnings, *filter(None, map(_unused_columns, tables))))


def _unused_columns(table: _Table) -> str:
    """Return a sentence that names the columns of a table that are not used; empty if there are none."""
    used = {name for source in table.chosen.values() for name in (_FIELD.findall(source) or [source])}
    unused = [name for name in table.rows[0] if name and name not in used] if table.rows else []
    listed = ", ".join([*unused[:_LISTED], *(["…"] if len(unused) > _LISTED else [])])
    return f"{table.name}: {listed} {'is' if len(unused) == 1 else 'are'} not used; --map takes more" if unused else ""


def _column(column: str, tables: Sequence[_Table]) -> Column:
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


def _source(column: str, tables: Sequence[_Table]) -> str:
    """Return the columns of tables as text."""
    names: dict[str, list[str]] = defaultdict(list)
    for table in tables:
        names[table.chosen[column]].append(table.name)
    return ", ".join(f"column {source} of {', '.join(files)}" for source, files in names.items())


def _value(column: str, text: str, read: Callable[[str], str]) -> str:
    if column == "emotion":
        return read(text) or canonical_label(text)
    return canonical_gender(text) if column == "gender" else text
