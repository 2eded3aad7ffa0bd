"""Features as one table for other programs: CSV or Parquet with a row per clip.

The columns are :data:`CLIP_COLUMNS`, then the features, each named ``<set>.<column>`` for one set as for several
joined sets. Values are the store's float32. CSV has nine significant digits, from which float32 or float64 gives back
the same bits. Texts are as in the clip table, so a speaker may be called ``01`` and must be read as text::

    texts = ("clip", "corpus", "speaker", "text", "intensity")
    pandas.read_csv("features.csv", dtype=dict.fromkeys(texts, str), keep_default_na=False)
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

CLIP_COLUMNS = ("clip", "corpus", "speaker", "gender", "emotion", "text", "intensity")
"""The columns before the features; unknown values are empty strings."""

_CHUNK = 1024
"""Rows written at a time: a Parquet row group."""


def column_names(sets: Sequence[FeatureSet]) -> list[str]:
    """Return the names of the features in a table.

    Parameters
    ----------
    sets : sequence of FeatureSet
        The joined sets.

    Returns
    -------
    list of str
        ``<set>.<column>`` for each column.
    """
    return [f"{feature_set.name}.{column}" for feature_set in sets for column in feature_set.columns]


def check_vectors(sets: Sequence[FeatureSet], vectors: Sequence[str]) -> None:
    """Check that every set gives one vector per clip.

    Parameters
    ----------
    sets : sequence of FeatureSet
        The sets to export.
    vectors : sequence of str
        Names of the sets that can be exported, for the message.

    Raises
    ------
    ConfigError
        If a set gives frames.
    """
    if frames := [feature_set.name for feature_set in sets if feature_set.kind != "vector"]:
        verb = "give" if len(frames) > 1 else "gives"
        raise ConfigError(
            f"cannot export {' and '.join(frames)}, which {verb} a sequence of frames instead of one row per clip\n"
            f"choose vector sets with --features: {', '.join(vectors)}"
        )


def check_output(path: Path) -> None:
    """Check that a table can be written, and make its folder.

    Parameters
    ----------
    path : Path
        The file to write.

    Raises
    ------
    ConfigError
        If the file's suffix is not ``.csv`` or ``.parquet``, or the path is a folder.
    ExportError
        If its folder cannot be written.
    """
    if path.suffix.lower() not in _WRITERS:
        raise ConfigError(f"cannot export to {path}: its name must end in .csv or .parquet")
    if path.is_dir():
        raise ConfigError(f"cannot export to {path}: it is a folder; name a file in it")
    ensure_writable(path.parent, ExportError, "-o")


def write_table(path: Path, clips: pd.DataFrame, X: np.ndarray, columns: Sequence[str]) -> None:
    """Write a table of features; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
        The file, ``.csv`` or ``.parquet``.
    clips : DataFrame
        Clips with :data:`CLIP_COLUMNS`.
    X : ndarray of float32, shape (n, d)
        Features in the order of ``clips``.
    columns : sequence of str
        Names of the features.

    Raises
    ------
    ExportError
        If the file cannot be written, for example on a full disk.
    """
    try:
        with atomic_write(path) as temporary:
            _WRITERS[path.suffix.lower()](temporary, clips[list(CLIP_COLUMNS)], X, columns)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error  # pyarrow's own message is long
        raise ExportError(f"cannot write {path}: {reason}") from None


def _write_csv(path: Path, texts: pd.DataFrame, X: np.ndarray, columns: Sequence[str]) -> None:
    numbers = ",".join(["%#.9g"] * len(columns))  # '#' keeps the point: "-0" would be read as the integer 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_csv_line((*texts.columns, *columns)) + "\n")
        for rows, values in _chunks(texts, X):
            for cells, row in zip(rows.itertuples(index=False, name=None), values, strict=True):
                file.write(f"{_csv_line(cells)},{numbers % tuple(row.tolist())}\n")


def _csv_line(cells: Sequence[str]) -> str:
    """Return cells as one line, quoted where necessary."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # older Pythons quote only characters of the terminator
    return line.getvalue().removesuffix("\r\n")


def _write_parquet(path: Path, texts: pd.DataFrame, X: np.ndarray, columns: Sequence[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = [(name, pa.string()) for name in texts.columns] + [(name, pa.float32()) for name in columns]
    schema = pa.schema(types)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=list(CLIP_COLUMNS)) as writer:
        for rows, values in _chunks(texts, X):
            cells = [pa.array(rows[name].tolist(), pa.string()) for name in texts.columns]
            writer.write_table(pa.Table.from_arrays([*cells, *map(pa.array, values.T.copy())], schema=schema))


def _chunks(texts: pd.DataFrame, X: np.ndarray) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    for start in range(0, len(X), _CHUNK):
        yield texts.iloc[start : start + _CHUNK], X[start : start + _CHUNK]


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet}
"""Writers by the file's suffix."""
