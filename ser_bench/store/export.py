"""Features as one table for other programs: CSV or Parquet, a row per clip.

The columns are :data:`CLIP_COLUMNS`, then the features, each named ``<set>.<column>``: always, for one set as for
several joined, so that a value has the same name in every export, never that of a clip's column, and what
stands before the first dot is the set. Values are the store's float32. In CSV they have nine significant
digits and a point, which read back to the same bits as float32 or float64; texts are as in the clip table,
so a speaker may be called ``01`` and has to be read as text::

    pandas.read_csv("features.csv", dtype=dict.fromkeys(("clip", "corpus", "speaker"), str), keep_default_na=False)
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError, ExportError
from ser_bench.core.files import atomic_write, ensure_writable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ser_bench.features.base import FeatureSet

CLIP_COLUMNS = ("clip", "corpus", "speaker", "gender", "emotion")
"""What is told of each clip before its features; what is not known is the empty string."""

_CHUNK = 1024
"""Rows that are turned into a file's bytes at once: a Parquet row group."""


def column_names(sets: Sequence[FeatureSet]) -> list[str]:
    """Return the features' names in a table of these sets."""
    return [f"{feature_set.name}.{column}" for feature_set in sets for column in feature_set.columns]


def check_vectors(sets: Sequence[FeatureSet], vectors: Sequence[str]) -> None:
    """Raise :class:`ConfigError`, naming the sets that can be exported, where one gives frames."""
    if frames := [feature_set.name for feature_set in sets if feature_set.kind != "vector"]:
        verb = "give" if len(frames) > 1 else "gives"
        raise ConfigError(
            f"{' and '.join(frames)} {verb} a sequence of frames, which is no row of a table\n"
            f"name vector sets with --features: {', '.join(vectors)}"
        )


def check_output(path: Path) -> None:
    """Make the file's folder, if need be, and try whether it can be written.

    Raises
    ------
    ConfigError
        For a file that has another ending than the two known, or is a folder.
    ExportError
        Where its folder cannot be written.
    """
    if path.suffix.lower() not in _WRITERS:
        raise ConfigError(f"cannot export to {path}: its name must end in .csv or .parquet")
    if path.is_dir():
        raise ConfigError(f"cannot export to {path}: it is a folder; name a file in it")
    ensure_writable(path.parent, ExportError, "-o")


def write_table(path: Path, clips: pd.DataFrame, X: np.ndarray, columns: Sequence[str]) -> None:
    """Write the table: ``clips`` has the columns :data:`CLIP_COLUMNS`, ``X`` is float32 ``(n, d)`` in their order.

    The file appears whole or not at all. Beside ``X``, memory is needed for a thousand rows.
    Raises :class:`ExportError` where it cannot be written, as on a full disk.
    """
    try:
        with atomic_write(path) as temporary:
            _WRITERS[path.suffix.lower()](temporary, clips[list(CLIP_COLUMNS)], X, columns)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error  # pyarrow's own words are long
        raise ExportError(f"cannot write {path}: {reason}") from None


def _write_csv(path: Path, texts: pd.DataFrame, X: np.ndarray, columns: Sequence[str]) -> None:
    numbers = ",".join(["%#.9g"] * len(columns))  # '#' keeps the point: "-0" would be read as the integer 0
    with path.open("w", encoding="utf-8", newline="") as opened:
        opened.write(_csv_line((*texts.columns, *columns)) + "\n")
        for rows, values in _chunks(texts, X):
            told = rows.itertuples(index=False, name=None)
            for text, row in zip(told, values, strict=True):
                opened.write(f"{_csv_line(text)},{numbers % tuple(row.tolist())}\n")


def _csv_line(cells: Sequence[str]) -> str:
    """Return cells as one line, quoted where they need it."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # what ends its lines is quoted in older Pythons, no more
    return line.getvalue().removesuffix("\r\n")


def _write_parquet(path: Path, texts: pd.DataFrame, X: np.ndarray, columns: Sequence[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = [(name, pa.string()) for name in texts.columns] + [(name, pa.float32()) for name in columns]
    schema = pa.schema(types)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=list(CLIP_COLUMNS)) as writer:
        for rows, values in _chunks(texts, X):
            told = [pa.array(rows[name].tolist(), pa.string()) for name in texts.columns]
            writer.write_table(pa.Table.from_arrays([*told, *map(pa.array, values.T.copy())], schema=schema))


def _chunks(texts: pd.DataFrame, X: np.ndarray) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    for begun in range(0, len(X), _CHUNK):
        yield texts.iloc[begun : begun + _CHUNK], X[begun : begun + _CHUNK]


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet}
"""What writes a table, by the file's ending."""
