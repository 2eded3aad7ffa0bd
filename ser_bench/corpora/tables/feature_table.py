"""A corpus without audio: a CSV or Parquet table of features with one row per clip.

The table is what ``ser-bench export`` writes, or any table with the columns ``clip,speaker,emotion`` and numeric
columns. Columns named ``SET.COLUMN``, as in an export, belong to the set ``SET``. In other tables every numeric
column is a feature of one set, called ``table``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ser_bench.core.errors import CorpusError
from ser_bench.core.public_names import public_names
from ser_bench.core.spelling import is_missing
from ser_bench.core.text import listed, shortened_list
from ser_bench.corpora.clip_table import (
    CLIP_COLUMNS,
    DEFAULT_SET,
    PERSON_PREFIX,
    PREFIXED_COLUMNS,
    FeatureTable,
    Listing,
    Problem,
    clip_table,
    missing_cells,
    needed_columns,
    with_corpus_prefix,
)
from ser_bench.corpora.selection import lost_with_rows
from ser_bench.corpora.tables.column_names import refuse_missing, unused_column
from ser_bench.corpora.tables.csv_table import open_csv
from ser_bench.corpora.tables.label_rows import canonical_rows, differing_columns, joined_labels_warning, joined_row
from ser_bench.corpora.tables.number_columns import NumberColumns, NumberTable, selected
from ser_bench.features import FEATURE_SETS
from ser_bench.features.base import FeatureSet
from ser_bench.features.pretraining import FEATURE_TABLE, Pretraining

REQUIRED = ("clip", "speaker", "emotion")
TEXT_COLUMNS = (*REQUIRED, "corpus", "gender", "text", "intensity", "person", "path", "file", "label")
"""Columns that are never features."""

KIND = "feature table"
"""What messages call such a file."""

_ADVICE = f"the table must have the columns {','.join(REQUIRED)} and may have corpus,gender,text,intensity,person"

_IGNORED = {
    "label": "the label is in the column 'emotion'",
    "path": "a table of features has no audio",
    "file": "a table of features has no audio",
}
"""Columns of texts that are not used."""

_NUMBERS = "biuf"
"""Kinds of dtype that are numbers."""

_SPARSE = 0.05
"""Share of missing values above which a column is named as the reason for lost rows."""

_DUPLICATE = "duplicate row"
"""Start of the reason for not using a row that adds to an earlier one."""

_ROUNDED = 0.01
"""Share of the mean step between neighbouring values above which rounding to float32 matters."""

_MOST_NAMES = 3
"""The most columns that a message names."""

_UNKNOWN_PROGRAM = Pretraining(source=FEATURE_TABLE)
"""A table may hold the embeddings of a network."""

_ROW_NUMBER = re.compile(r"(unnamed: \d+|index|row|)")
_SET_COLUMN = re.compile(r"([A-Za-z][\w@:-]*)\.(.+)")


@dataclass(frozen=True, eq=False)
class TableContent:
    """The content of a feature table.

    Attributes
    ----------
    source
        Kind and path of the file, for messages.
    unit
        What :attr:`rows` count: ``line`` for CSV, ``row`` for Parquet.
    rows
        Number of each row for messages.
    texts
        Cells of the columns in :data:`TEXT_COLUMNS` that the table has.
    numbers
        The other columns.
    unused
        Columns without a name.
    """

    source: str
    unit: str
    rows: Sequence[int]
    texts: Mapping[str, list[str]]
    numbers: NumberTable
    unused: tuple[Problem, ...] = ()


def read(path: Path) -> TableContent:
    """Read a table of features.

    Parameters
    ----------
    path
        A CSV file, as :mod:`ser_bench.corpora.tables.csv_table` reads it, or a Parquet file.

    Returns
    -------
    TableContent
        Every column, as texts or numbers.

    Raises
    ------
    CorpusError
        If the file is not a table, lacks or repeats a column, or a column of numbers holds texts in some cells.
    """
    return _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)


def corpora_in(path: Path) -> frozenset[str]:
    """Return the values in the column ``corpus`` of a table of features.

    Parameters
    ----------
    path
        A CSV or Parquet file.

    Returns
    -------
    frozenset of str
        Empty without that column, and for a file that cannot be read as a table.
    """
    try:
        status = path.stat()
    except OSError:
        return frozenset()  # read() reports it
    return _corpora_in(path, status.st_mtime_ns, status.st_size)


@lru_cache(8)
def _corpora_in(path: Path, changed: int, size: int) -> frozenset[str]:
    """Read the column once for each state of the file."""
    try:
        texts = read(path).texts.get("corpus", [])
    except CorpusError:
        return frozenset()
    return frozenset(text for text in texts if not is_missing(text))


def _read_csv(path: Path) -> TableContent:
    file = open_csv(path, kind=KIND, known=TEXT_COLUMNS)
    names = _known_in_lower_case(file.columns)
    refuse_missing(names, REQUIRED, file.source, _ADVICE)
    texts: dict[str, list[str]] = {name: [] for name in names if name in TEXT_COLUMNS}
    places = {name: position for position, name in enumerate(names) if name}
    others = [name for name in places if name not in TEXT_COLUMNS]
    numbers = NumberColumns(others)
    positions = [places[name] for name in others]
    unnamed = {position: 0 for position, name in enumerate(names) if not name}
    lines = []
    for line, cells in file.rows():
        lines.append(line)
        for name, column in texts.items():
            column.append(cells[places[name]].strip())
        numbers.add(line, selected(cells, positions))
        for position in unnamed:
            unnamed[position] += bool(cells[position].strip())
    nameless = [unused_column(f"column {position + 1}", "has no name") for position in unnamed if unnamed[position]]
    return TableContent(file.source, "line", lines, texts, numbers.table(file.source, "line"), tuple(nameless))


def _read_parquet(path: Path) -> TableContent:
    source = f"{KIND} {path}"
    try:
        table = pd.read_parquet(path)
        for position, dtype in enumerate(table.dtypes):  # text that is not UTF-8 fails only when it is read
            if dtype.kind not in _NUMBERS:
                _as_texts(table.iloc[:, position])
    except OSError as error:
        raise CorpusError(f"cannot read the {source}: {error.strerror or error}") from None
    except Exception as error:  # pyarrow raises many types for damaged files
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise CorpusError(f"invalid {source}: expected CSV in UTF-8, or Parquet; {reason}") from None
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index()
    table.columns = pd.Index(_known_in_lower_case([str(column).strip() for column in table.columns]))
    if len(set(table.columns)) < len(table.columns):
        repeated = table.columns[table.columns.duplicated()][0]
        raise CorpusError(f"invalid {source}: column {repeated!r} occurs twice; rename or delete one")
    refuse_missing(table.columns, REQUIRED, source, _ADVICE)
    rows = range(1, len(table) + 1)
    texts = {name: _as_texts(table[name]) for name in table.columns if name in TEXT_COLUMNS}
    return TableContent(source, "row", rows, texts, _numbers(table.drop(columns=list(texts)), source))


def _known_in_lower_case(names: Iterable[str]) -> list[str]:
    return [name.lower() if name.lower() in TEXT_COLUMNS else name for name in names]


def _as_texts(column: pd.Series) -> list[str]:
    """Convert values to strings; a Parquet file may hold numbers or lists. Missing values are empty."""
    filled = column.astype(object).where(column.notna(), "")
    try:
        return [(value.decode() if isinstance(value, bytes) else str(value)).strip() for value in filled]
    except UnicodeDecodeError:
        raise CorpusError(f"column {column.name!r} holds bytes that are not text in UTF-8") from None


def _numbers(table: pd.DataFrame, source: str) -> NumberTable:
    """Return the numbers in the columns of a Parquet file, which may be numbers or texts."""
    numeric = [name for name, dtype in table.dtypes.items() if dtype.kind in _NUMBERS]
    others = NumberColumns([str(name) for name in table.columns.difference(numeric, sort=False)])
    cells = [_as_texts(table[name]) for name in others.names]
    for row, texts in enumerate(zip(*cells, strict=True), 1):
        others.add(row, texts)
    parsed = others.table(source, "row")
    numbers = table[numeric].to_numpy(dtype=np.float64, na_value=np.nan)
    columns = dict(zip((*numeric, *parsed.names), (*numbers.T, *parsed.values.T), strict=True))
    empty = [name for name in numeric if np.isnan(columns[name]).all()]
    unused = parsed.unused | dict.fromkeys(empty, "holds no value")
    names = tuple(str(name) for name in table.columns if name not in unused)
    values = np.column_stack([columns[name] for name in names]) if names else np.empty((len(table), 0))
    return NumberTable(names, values, unused)


def list_clips(table: TableContent) -> Listing:
    """List the clips of a table of features.

    Parameters
    ----------
    table
        A table, as :func:`read` returns it.

    Returns
    -------
    Listing
        One row per clip, with the features. Columns that are no features, rows with a missing value, and rows of
        clips that an earlier row has, are problems.

    Raises
    ------
    CorpusError
        If no row or no feature is usable.
    """
    columns, unused = _feature_columns(table)
    named = _texts(table)
    texts = _prefixed(named)
    places = {name: column for column, name in enumerate(table.numbers.names)}
    exact = table.numbers.values[:, [places[name] for name in columns]]
    with np.errstate(over="ignore"):
        values = exact.astype(np.float32)
    reasons = _faults(table, texts, values, columns)
    rows = tuple(
        Problem(clip or f"{table.unit} {row}", f"{reason} ({table.unit} {row})", "row")
        for row, clip, reason in zip(table.rows, texts["clip"], reasons, strict=True)
        if reason
    )
    usable = np.array([not reason for reason in reasons], dtype=bool)
    sparse = _sparse_columns(values, columns)
    if not usable.any():
        example = f"; {rows[0].path}: {rows[0].reason}" if rows else ""
        advice = f"\n{sparse}" if sparse else ""
        raise CorpusError(f"the {table.source} has no usable row{example}{advice}")
    lost = lost_with_rows(named, named[usable])
    joined = joined_labels_warning(table.texts["emotion"])
    texts, values = _with_known_cells(texts, reasons), values[usable]
    numbers = {clip: row for row, clip in enumerate(texts["clip"])}
    features = FeatureTable(_feature_sets(columns), values, numbers, _rounded_columns(exact[usable], values))
    optional = [name for name in ("corpus", "person") if name in table.texts and (name == "person" or any(texts[name]))]
    clips = clip_table(texts.to_dict("records"), (*CLIP_COLUMNS, *optional))
    return Listing(clips, (*unused, *rows, *lost), features, tuple(filter(None, (sparse, joined))))


def _rounded_columns(exact: np.ndarray, values: np.ndarray) -> dict[int, np.ndarray]:
    """Return the columns in which rounding to float32 exceeds a share of the step between neighbouring values."""
    errors = np.abs(exact - values).max(axis=0)
    steps = np.ptp(exact, axis=0) / len(exact)
    return {column: exact[:, column].copy() for column in np.flatnonzero(errors > _ROUNDED * steps).tolist()}


def _sparse_columns(values: np.ndarray, columns: Sequence[str]) -> str:
    """Return a sentence about columns that lack values in many rows; empty if there are none."""
    finite = np.isfinite(values)
    sparse = finite.mean(axis=0) < 1 - _SPARSE if len(values) else np.zeros(len(columns), bool)
    gained = int(finite[:, ~sparse].all(axis=1).sum() - finite.all(axis=1).sum())
    if not gained:
        return ""
    names = [repr(name) for name, is_sparse in zip(columns, sparse, strict=True) if is_sparse]
    noun = "columns" if len(names) > 1 else "column"
    verb = "is" if gained == 1 else "are"
    infinite = np.isinf(values[:, sparse]).any()
    fault = "hold{s} values that are not finite" if infinite else "lack{s} values"
    return (
        f"{gained:,} of {len(values):,} rows {verb} left out only because the {noun} "
        f"{shortened_list(names, _MOST_NAMES)} {fault.format(s='s' * (len(names) == 1))}; "
        f"delete the {noun} to keep them"
    )


def _texts(table: TableContent) -> pd.DataFrame:
    """Return the columns of the clip table with canonical emotions; missing optional values are empty."""
    rows = len(table.rows)
    names = (*(name for name in CLIP_COLUMNS if name != "path"), "corpus", "person")
    texts = {name: table.texts.get(name, [""] * rows) for name in names}
    texts["clip"] = public_names(texts["clip"])
    texts["corpus"] = ["" if is_missing(cell) else cell for cell in texts["corpus"]]
    return canonical_rows(pd.DataFrame(texts, dtype=object))


def _prefixed(texts: pd.DataFrame) -> pd.DataFrame:
    """Add prefixes to a table of several corpora, unless every value has one, as in an export."""
    named = texts[texts["corpus"] != ""]
    if named["corpus"].nunique() < 2:
        return texts
    rows = named[["corpus", *PREFIXED_COLUMNS]].itertuples(index=False)
    done = all(
        not value or value.startswith((f"{corpus}/", PERSON_PREFIX)) for corpus, *values in rows for value in values
    )
    return texts if done else with_corpus_prefix(texts)


def _feature_sets(columns: Sequence[str]) -> tuple[FeatureSet, ...]:
    """Group the feature columns of a table into sets, in the order of their first column."""
    names: dict[str, list[str]] = {}
    by_set = _is_export(columns)
    for column in columns:
        name, _, short_name = column.partition(".") if by_set else (DEFAULT_SET, "", column)
        names.setdefault(name, []).append(short_name)
    return tuple(_feature_set(name, tuple(short_names)) for name, short_names in names.items())


def _feature_columns(table: TableContent) -> tuple[list[str], list[Problem]]:
    """Return the feature columns, those of one set side by side, and the unused columns; raise without a feature."""
    free = [name for name in TEXT_COLUMNS if name not in table.texts and name not in _IGNORED]
    reasons = {name: _IGNORED[name] for name in table.texts if name in _IGNORED} | table.numbers.unused
    numbered = [name for name in table.numbers.names if _ROW_NUMBER.fullmatch(name.lower())]
    reasons |= dict.fromkeys(numbered, "its name says that it numbers the rows")
    columns = [name for name in table.numbers.names if name not in reasons]
    if _is_export(table.numbers.names):
        reasons |= {
            name: "its name is not SET.COLUMN, as the others are" for name in columns if not _SET_COLUMN.fullmatch(name)
        }
        columns = [name for name in columns if name not in reasons]
        order: dict[str, int] = {}
        columns.sort(key=lambda column: order.setdefault(column.partition(".")[0], len(order)))
    if not columns:
        others = "; ".join(f"{name!r} {reason}" for name, reason in [*reasons.items()][:_MOST_NAMES])
        raise CorpusError(f"the {table.source} has no numeric feature column{'; ' * bool(others)}{others}")
    unused = [unused_column(name, reason, free) for name, reason in reasons.items()]
    return columns, [*table.unused, *unused]


def _is_export(names: Sequence[str]) -> bool:
    """Return whether most features are named ``SET.COLUMN``; single names of other programs may contain a dot."""
    named = sum(bool(_SET_COLUMN.fullmatch(name)) for name in names)
    return named > len(names) / 2


def _feature_set(name: str, columns: tuple[str, ...]) -> FeatureSet:
    known = FEATURE_SETS.get(name)
    same = known if known and known.columns == columns else None
    return FeatureSet(
        name=name,
        kind="vector",
        summary="precomputed features of a table",
        source="the feature table",
        columns=columns,
        compute=_no_audio,
        parameters={"recorded": True},
        pretraining=same.pretraining if same else _UNKNOWN_PROGRAM,
        group=same.group if same else None,
        precomputed=True,
        needs=(),
    )


def _no_audio(analysis: object) -> np.ndarray:
    raise CorpusError("the features of a table cannot be computed; the corpus has no audio")


def _faults(table: TableContent, texts: pd.DataFrame, values: np.ndarray, columns: Sequence[str]) -> list[str]:
    """Return for each row why it cannot be used; the empty string for a usable row."""
    required = needed_columns(REQUIRED, table.texts["speaker"])
    required = (*required, "corpus") if any(texts["corpus"]) else required
    cells = zip(*(table.texts[name] for name in required), strict=True)
    finite = np.isfinite(values)
    faults = []
    for row, (keys, complete) in enumerate(zip(cells, finite.all(axis=1).tolist(), strict=True)):
        fault = missing_cells(required, keys)
        if not fault and not complete:
            column = int(np.argmin(finite[row]))
            lacks = "has no value" if np.isnan(values[row, column]) else "is not a finite number"
            fault = f"column {columns[column]!r} {lacks}"
        faults.append(fault)
    rows_of: dict[str, list[int]] = {}
    for row, (clip, fault) in enumerate(zip(texts["clip"], faults, strict=True)):
        if not fault:
            rows_of.setdefault(clip, []).append(row)
    for rows in filter(lambda rows: len(rows) > 1, rows_of.values()):
        differing = differing_columns(texts.iloc[rows].to_dict("records"))
        if len({values[row].tobytes() for row in rows}) > 1:
            differing.append("features")
        different = (
            f"rows of this clip differ in {listed(differing)}; a table has one row per clip" if differing else ""
        )
        for row in rows if differing else rows[1:]:
            faults[row] = different or f"{_DUPLICATE}; {table.unit} {table.rows[rows[0]]} is used"
    return faults


def _with_known_cells(texts: pd.DataFrame, reasons: Sequence[str]) -> pd.DataFrame:
    """Return the usable rows, with what duplicate rows of the same clips add."""
    rows = texts[[not reason for reason in reasons]].copy()
    described = texts[[not reason or reason.startswith(_DUPLICATE) for reason in reasons]]
    repeated = described[described["clip"].duplicated(keep=False)]
    for clip, same in repeated.groupby("clip", sort=False):
        row = joined_row(same.to_dict("records"))
        rows.loc[rows["clip"] == clip, list(row)] = list(row.values())
    return rows.reset_index(drop=True)
