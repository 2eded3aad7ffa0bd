"""``predictions.parquet``: a row per fit, condition and test clip, written so that any Parquet reader opens it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

PREDICTIONS_FILE = "predictions.parquet"

PREDICTION_COLUMNS = (
    *("model", "split", "normalize", "repeat", "fold", "condition"),
    *("clip", "speaker", "true", "predicted"),
)
"""The columns before ``p_<label>``."""

UNCALIBRATED = ("uncalibrated_confidence", "uncalibrated_log_loss", "uncalibrated_brier")
"""The columns behind ``p_<label>``: highest probability, log loss and Brier score before calibration.

They are float32, and NaN where a model is not calibrated and for clips under a recording condition.
"""

_NAMES = tuple(name for name in PREDICTION_COLUMNS if name not in ("repeat", "fold"))
_MAX_ROW_BYTES = 1 << 12
_MAX_EXTRA_BYTES = 1 << 20


def prediction_columns(labels: Sequence[str]) -> tuple[str, ...]:
    """Return all columns of the predictions of a run with these labels.

    Parameters
    ----------
    labels : sequence of str
        Labels of the run.

    Returns
    -------
    tuple of str
    """
    return (*PREDICTION_COLUMNS, *_probability_columns(labels), *UNCALIBRATED)


def _probability_columns(labels: Sequence[str]) -> list[str]:
    return [f"p_{label}" for label in labels]


def to_parquet(table: pd.DataFrame, labels: Sequence[str]) -> bytes:
    """Return the content of the file: names as strings, ``repeat`` and ``fold`` as int32, probabilities as float32.

    Parameters
    ----------
    table : pandas.DataFrame
        The predictions with all columns.
    labels : sequence of str
        Labels of the run.

    Returns
    -------
    bytes
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(labels)
    stream = io.BytesIO()
    pq.write_table(
        pa.Table.from_pandas(table.astype(dict.fromkeys(_NAMES, "object")), schema=schema, preserve_index=False),
        stream,
        compression="zstd",
        compression_level=9,
        write_page_checksum=True,
        use_dictionary=list(PREDICTION_COLUMNS),
        # floats compress well only when their bytes are stored by position
        column_encoding=dict.fromkeys((*_probability_columns(labels), *UNCALIBRATED), "BYTE_STREAM_SPLIT"),
    )
    return stream.getvalue()


def from_parquet(data: bytes, labels: Sequence[str], conditions: Sequence[str], max_rows: int) -> pd.DataFrame:
    """Read the content of the file.

    Parameters
    ----------
    data : bytes
        Content of the file.
    labels : sequence of str
        Labels of the run.
    conditions : sequence of str
        Conditions of the run.
    max_rows : int
        Upper bound of the rows; a file that claims more is refused before memory is allocated.

    Returns
    -------
    pandas.DataFrame
        The predictions; names are categorical, ``true`` and ``predicted`` over ``labels``, ``condition`` over
        ``conditions`` in their order.

    Raises
    ------
    ValueError
        If the file is damaged or does not fit the run.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(io.BytesIO(data), read_dictionary=_NAMES, page_checksum_verification=True) as file:
            _check_size(file.metadata, max_rows)
            arrow = file.read(columns=list(prediction_columns(labels)))
        table = _check_columns(arrow, labels).to_pandas()
    except (pa.ArrowException, OSError, KeyError) as error:
        raise ValueError(str(error)) from error
    for column, names in (("true", labels), ("predicted", labels), ("condition", conditions)):
        if unknown := set(table[column].cat.categories) - set(names):
            raise ValueError(f"column {column!r}: {min(unknown)[:40]!r} is not in run.json")
        table[column] = table[column].cat.set_categories(list(names))
    return table


def _schema(labels: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    numbers = (*_probability_columns(labels), *UNCALIBRATED)
    types = {"repeat": pa.int32(), "fold": pa.int32()} | dict.fromkeys(numbers, pa.float32())
    return pa.schema([(name, types.get(name, pa.string())) for name in prediction_columns(labels)])


def _check_size(metadata: pq.FileMetaData, max_rows: int) -> None:
    n_bytes = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    max_bytes = _MAX_ROW_BYTES * (max_rows + 1) + _MAX_EXTRA_BYTES
    if not 0 <= metadata.num_rows <= max_rows or not 0 <= n_bytes <= max_bytes:
        raise ValueError(
            f"expected at most {max_rows} rows and {max_bytes} bytes, the file claims {metadata.num_rows} and {n_bytes}"
        )


def _check_columns(arrow: pa.Table, labels: Sequence[str]) -> pa.Table:
    """Return the table with its columns in order; raise ValueError for missing columns, types or values."""
    schema = _schema(labels)
    if sorted(arrow.column_names) != sorted(schema.names):
        raise ValueError("unexpected columns for the labels in run.json")
    arrow = arrow.select(schema.names)
    for field in schema:
        column = arrow[field.name]
        if getattr(column.type, "value_type", column.type) != field.type:
            raise ValueError(f"column {field.name!r}: expected {field.type}")
        if column.null_count and field.name not in UNCALIBRATED:
            raise ValueError(f"column {field.name!r}: expected {field.type} without missing values")
    return arrow
