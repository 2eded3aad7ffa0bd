"""A corpus without audio: a CSV or Parquet table of features with one row per clip.

The table is what ``ser-bench export`` writes, or any table with the columns ``clip,speaker,emotion`` and numeric
columns. Columns named ``SET.COLUMN``, as in an export, belong to the set ``SET``. In other tables every numeric
column is a feature of one set, called ``table``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ser_bench.core.errors import CorpusError
from ser_bench.core.labels import canonical_label
from ser_bench.corpora.clip_table import (
    CLIP_COLUMNS,
    PERSON_PREFIX,
    PREFIXED_COLUMNS,
    FeatureTable,
    Listing,
    Problem,
    clip_table,
    empty_columns,
    with_corpus_prefix,
)
from ser_bench.features import FEATURE_SETS
from ser_bench.features.base import FeatureSet

REQUIRED = ("clip", "speaker", "emotion")
TEXT_COLUMNS = (*REQUIRED, "corpus", "gender", "text", "intensity", "person", "path", "file", "label")
"""Columns that are never features."""

DEFAULT_SET = "table"
"""Name of the feature set where column names do not give one."""

_ROW_NUMBER = re.compile(r"(unnamed: \d+|index|row|)")
_SET_COLUMN = re.compile(r"([A-Za-z][\w@:-]*)\.(.+)")


def read(path: Path) -> pd.DataFrame:
    """Read a table of features.

    Parameters
    ----------
    path
        A CSV file in UTF-8, or a Parquet file.

    Returns
    -------
    pandas.DataFrame
        All columns; those in :data:`TEXT_COLUMNS` are strings with lower-case names.

    Raises
    ------
    CorpusError
        If the file is not a table, or lacks or repeats a column.
    """
    table = _loaded(path)
    names = [str(column).strip() for column in table.columns]
    table.columns = pd.Index([name.lower() if name.lower() in TEXT_COLUMNS else name for name in names])
    if missing := [column for column in REQUIRED if column not in table]:
        raise CorpusError(
            f"invalid feature table {path}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)}\n"
            f"the table must have the columns {','.join(REQUIRED)} and may have corpus,gender,text,intensity,person"
        )
    if len(set(table.columns)) < len(table.columns):
        repeated = table.columns[table.columns.duplicated()][0]
        raise CorpusError(f"invalid feature table {path}: column {repeated!r} occurs twice; rename or delete one")
    return table.assign(**{name: _as_text(table[name]) for name in TEXT_COLUMNS if name in table})


def _loaded(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        columns = [str(column) for column in pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns]
        texts = {column: str for column in columns if column.strip().lower() in TEXT_COLUMNS}
        return pd.read_csv(path, dtype=texts, na_values=[""], keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(f"cannot read the feature table {path}: {error.strerror or error}") from None
    except Exception as error:  # pandas and pyarrow raise many types for damaged files
        reason = str(error).strip() or type(error).__name__
        message = f"invalid feature table {path}: expected CSV in UTF-8, or Parquet; {reason.splitlines()[0][:200]}"
        raise CorpusError(message) from None


def _as_text(column: pd.Series) -> pd.Series:
    """Convert values to strings; a Parquet file may hold numbers or lists. Missing values stay missing."""
    return column.astype(object).map(lambda value: value if isinstance(value, str) else str(value), na_action="ignore")


def list_clips(table: pd.DataFrame) -> Listing:
    """List the clips of a table of features.

    Parameters
    ----------
    table
        A table, as :func:`read` returns it.

    Returns
    -------
    Listing
        One row per clip, with the features. A row with a missing value, or of a clip that an earlier row
        has, is a problem.

    Raises
    ------
    CorpusError
        If no row or no feature is usable, or a feature is a code for emotion or speaker.
    """
    columns = _feature_columns(table)
    texts = _texts(table)
    values = table[columns].to_numpy(dtype=np.float32)
    reasons = list(_faults(texts, values, columns))
    problems = tuple(
        Problem(clip or f"row {row}", reason)
        for row, (clip, reason) in enumerate(zip(texts["clip"], reasons, strict=True), 2)
        if reason
    )
    usable = np.array([not reason for reason in reasons])
    if not usable.any():
        example = f"; {problems[0].path}: {problems[0].reason}" if problems else ""
        raise CorpusError(f"the feature table has no usable row{example}")
    texts, values = texts[usable].reset_index(drop=True), values[usable]
    _refuse_labels(texts, values, columns)
    texts = _prefixed(texts)
    features = FeatureTable(_feature_sets(table), values, {clip: row for row, clip in enumerate(texts["clip"])})
    persons = ("person",) if "person" in table else ()
    clips = clip_table(texts.to_dict("records"), (*CLIP_COLUMNS, "corpus", *persons))
    return Listing(clips if (clips["corpus"] != "").all() else clips.drop(columns="corpus"), problems, features)


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of the clip table, stripped and with canonical emotions; missing values are empty."""
    names = (*(name for name in CLIP_COLUMNS if name != "path"), "corpus", "person")
    filled = {name: table[name].astype(object).where(table[name].notna(), "") for name in names if name in table}
    texts = {name: [str(value).strip() for value in filled.get(name, [""] * len(table))] for name in names}
    return pd.DataFrame(texts | {"emotion": [canonical_label(label) for label in texts["emotion"]]})


def _prefixed(texts: pd.DataFrame) -> pd.DataFrame:
    """Add prefixes to a table of several corpora, unless every value has one, as in an export."""
    if texts["corpus"].nunique() < 2:
        return texts
    rows = texts[["corpus", *PREFIXED_COLUMNS]].itertuples(index=False)
    done = all(
        not value or value.startswith((f"{corpus}/", PERSON_PREFIX)) for corpus, *values in rows for value in values
    )
    return texts if done else with_corpus_prefix(texts)


def _feature_sets(table: pd.DataFrame) -> tuple[FeatureSet, ...]:
    """Group the feature columns of a table into sets, in the order of their first column."""
    columns: dict[str, list[str]] = {}
    by_set = _is_export(table)
    for column in _feature_columns(table):
        name, _, short_name = column.partition(".") if by_set else (DEFAULT_SET, "", column)
        columns.setdefault(name, []).append(short_name)
    return tuple(_feature_set(name, tuple(names)) for name, names in columns.items())


def _feature_columns(table: pd.DataFrame) -> list[str]:
    """Return the feature columns, those of one set side by side; raise if there is none."""
    numeric = [
        str(column)
        for column in table.columns
        if column not in TEXT_COLUMNS
        and not _ROW_NUMBER.fullmatch(str(column).lower())
        and pd.api.types.is_numeric_dtype(table[column])
    ]
    if _is_export(table):
        numeric = [column for column in numeric if _SET_COLUMN.fullmatch(column)]
        order: dict[str, int] = {}
        numeric.sort(key=lambda column: order.setdefault(column.partition(".")[0], len(order)))
    if not numeric:
        others = ", ".join([str(column) for column in table.columns if column not in TEXT_COLUMNS][:3])
        raise CorpusError(f"the feature table has no numeric feature column; other columns: {others or 'none'}")
    return numeric


def _is_export(table: pd.DataFrame) -> bool:
    """Return whether most columns are named ``SET.COLUMN``; single names of other programs may contain a dot."""
    named = sum(bool(_SET_COLUMN.fullmatch(str(column))) for column in table.columns)
    return named > len(table.columns) / 2


def _feature_set(name: str, columns: tuple[str, ...]) -> FeatureSet:
    known = FEATURE_SETS.get(name)
    return FeatureSet(
        name=name,
        kind="vector",
        summary="precomputed features of a table",
        source="the feature table",
        columns=columns,
        compute=_no_audio,
        parameters={"recorded": True},
        group=known.group if known and known.columns == columns else None,
        precomputed=True,
        needs=(),
    )


def _no_audio(analysis: object) -> np.ndarray:
    raise CorpusError("the features of a table cannot be computed; the corpus has no audio")


def _faults(texts: pd.DataFrame, values: np.ndarray, columns: Sequence[str]) -> Iterator[str]:
    """Yield for each row why it cannot be used; the empty string for a usable row."""
    seen = set()
    finite = np.isfinite(values)
    complete = finite.all(axis=1)
    for row, keys in enumerate(texts[list(REQUIRED)].itertuples(index=False, name=None)):
        if empty := [name for name, value in zip(REQUIRED, keys, strict=True) if not value]:
            yield empty_columns(empty)
        elif keys[0] in seen:
            yield "duplicate row; the first row is used"
        elif not complete[row]:
            yield f"column {columns[int(np.argmin(finite[row]))]!r} is not a finite number"
        else:
            yield ""
        seen.add(keys[0])


def _refuse_labels(texts: pd.DataFrame, values: np.ndarray, columns: Sequence[str]) -> None:
    """Raise if a feature has one distinct value per emotion, or per speaker: a code, not a feature."""
    for name in ("emotion", "speaker"):
        codes, labels = pd.factorize(texts[name])
        if len(labels) < 2 or len(labels) > len(codes) / 2:
            continue
        first = values[[int(np.argmax(codes == code)) for code in range(len(labels))]]
        constant = (values == first[codes]).all(axis=0)
        for column in np.flatnonzero(constant).tolist():
            if len(set(first[:, column].tolist())) == len(labels):
                raise CorpusError(
                    f"column {columns[column]!r} of the feature table encodes the {name}; delete the column"
                )
