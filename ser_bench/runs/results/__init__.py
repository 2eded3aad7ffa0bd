"""A run's folder: its files written whole or not at all, and read back or refused with the reason.

``run.json`` is removed first and written last, with the SHA-256 of the other files and of itself, so a folder holds
one finished run or none, and what was changed since is refused.
The tables are those of :mod:`ser_bench.runs.results.tables`, and ``predictions.parquet``.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

from ser_bench.core.errors import RunError
from ser_bench.core.files import atomic_write, open_regular, read_bytes, remove_stale
from ser_bench.core.locks import exclusive
from ser_bench.runs.results.checks import disagreement
from ser_bench.runs.results.run_info import MOST, RunInfo
from ser_bench.runs.results.tables import FIT_KEY, TABLES, Table, tables_with

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

FORMAT = 2
"""The number of the layout of a run's files; raised when a reader of the older one would misread them."""

PREDICTION_COLUMNS = ("model", "split", "normalize", "repeat", "fold", "clip", "speaker", "true", "predicted")
"""The columns of ``predictions.parquet`` before ``p_<label>``: a row per fit and tested clip."""


_MOST_ROW_BYTES = 1 << 12
_MOST_FRAME_BYTES = 1 << 20
_LONGEST_NAME = 60
_NAMES = ("model", "split", "normalize", "clip", "speaker", "true", "predicted")


class _SavedInfo(RunInfo):
    """What ``run.json`` holds beside the run's own facts: the rows and SHA-256 of the other files."""

    rows: dict[str, Annotated[int, Field(ge=0, le=MOST)]]
    sha256: dict[str, str]


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run as its folder holds it: ``run.json``, ``predictions.parquet``, and the tables of
    :mod:`ser_bench.runs.results.tables`.

    In ``predictions`` names are categorical (``true`` and ``predicted`` over the run's labels in their
    order) and probabilities float32.
    """

    info: RunInfo
    predictions: pd.DataFrame
    fits: pd.DataFrame
    curves: pd.DataFrame
    clips: pd.DataFrame
    audit: pd.DataFrame
    importance: pd.DataFrame
    folder: Path

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the models chose from, in their order on tables and charts."""
        return self.info.corpus.labels

    @property
    def metrics(self) -> Mapping[str, str]:
        """The titles of the metrics that each fit has, by name; those of a plugin need not be known here."""
        return self.info.metrics


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from writing into a run's folder until the block ends, and clear what dead ones left.

    Raises :class:`ser_bench.core.errors.RunError` where another is at work there.
    """
    with exclusive(folder / ".lock") as free:
        if not free:
            raise RunError(f"another ser-bench writes into {folder}\nwait for it, or give another folder with --out")
        for place in (folder, folder / "charts"):
            remove_stale(place, deep=False)
        yield


def write_run(folder: Path, info: RunInfo, predictions: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a run's files into ``folder``, rows in the order of the run's models and splits.

    ``tables`` holds one per entry of :data:`ser_bench.runs.results.tables.TABLES` by its name; they may lack
    columns only if they have no rows.
    Raises :class:`ser_bench.core.errors.RunError` where the folder cannot be written.
    """
    labels = info.corpus.labels
    columns = list(_prediction_columns(labels))
    shaped = predictions.reindex(columns=columns) if predictions.empty else predictions[columns]
    files = {"predictions.parquet": _as_parquet(_sorted(shaped, info, ("clip",)), labels)}
    files |= {t.file: t.to_csv(_sorted(t.shaped(tables[t.name]), info, t.last)) for t in tables_with(info.metrics)}
    remove_file(folder / "run.json")
    for name, data in files.items():
        write_file(folder / name, data)
    counts = {name: len(rows) for name, rows in tables.items()}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    document = {"format": FORMAT, **info.model_dump(mode="json"), "rows": counts, "sha256": sums}
    text = json.dumps(document | {"checksum": checksum(document)}, indent=2, ensure_ascii=False) + "\n"
    write_file(folder / "run.json", text.encode())


def is_finished(folder: Path, identity: str) -> bool:
    """Say whether a folder holds a run of this identity of which no fit failed."""
    try:
        info = _read_info(folder)
        _check_sums(folder, info)
    except RunError:
        return False
    return info.identity == identity and info.work.failed == 0


def read_run(folder: Path) -> SavedRun:
    """Read a run's files; raises :class:`ser_bench.core.errors.RunError` where they are missing or damaged."""
    info = _read_info(folder)
    _check_sums(folder, info)
    labels = info.corpus.labels
    tables = {table.name: _read_table(folder / table.file, table) for table in tables_with(info.metrics)}
    for table in TABLES:
        found, wrote = len(tables[table.name]), info.rows.get(table.name)
        if found != wrote:
            raise _damaged(folder / table.file, f"it has {found} rows, the run wrote {wrote}")
    most = len(tables["clips"]) * len(tables["fits"])
    predictions = _read_predictions(folder / "predictions.parquet", labels, most)
    if wrong := disagreement(info, tables, predictions):
        name, _, reason = wrong.partition(": ")
        raise _damaged(folder / name, reason)
    return SavedRun(info=info, predictions=predictions, folder=folder, **tables)


def write_file(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file whole or not at all, making its folder: beside it, synced to disk, then renamed.

    ``sync=False`` leaves the moment of writing to the system, for what can be made again.
    Raises :class:`ser_bench.core.errors.RunError` where that is impossible.
    """
    try:
        if path.parent.name == "charts" and path.parent.is_symlink():  # a folder from elsewhere chooses no other place
            raise OSError(errno.ELOOP, "charts is a link")
        with atomic_write(path, sync=sync) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"cannot write {path}: {reason}\nmake room or give another folder with --out") from error


def remove_file(path: Path) -> None:
    """Remove a file, if it is there; raises :class:`ser_bench.core.errors.RunError` where that is impossible."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"cannot write into {path.parent}: {error.strerror}\ngive another folder with --out") from error


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes; raises :class:`ser_bench.core.errors.RunError` where it cannot be read."""
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def _check_sums(folder: Path, info: _SavedInfo) -> None:
    known = {"predictions.parquet", *(table.file for table in TABLES)}
    if info.sha256.keys() != known:  # any other name may be a path outside the folder, or a device
        raise _damaged(folder / "run.json", f"sha256 must name {', '.join(sorted(known))}")
    for name, digest in info.sha256.items():
        if digest_of(folder / name) != digest:
            raise _damaged(folder / name, "checksum mismatch")


def checksum(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of ``run.json``'s content, without the key ``checksum``, as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _prediction_columns(labels: Sequence[str]) -> tuple[str, ...]:
    return (*PREDICTION_COLUMNS, *(f"p_{label}" for label in labels))


def _sorted(table: pd.DataFrame, info: RunInfo, last: Sequence[str]) -> pd.DataFrame:
    """Order rows as the run lists its models and splits, so that equal runs leave equal files."""
    orders = {"model": info.models, "split": info.splits}

    def place(column: pd.Series) -> pd.Series:
        order = orders.get(str(column.name))
        return column if order is None else column.astype("str").map({name: i for i, name in enumerate(order)})

    by = [*(name for name in FIT_KEY if name in table.columns), *last]
    return table.sort_values(by, key=place, kind="stable", ignore_index=True)


def _as_parquet(table: pd.DataFrame, labels: Sequence[str]) -> bytes:
    """Return Parquet that any reader sees as plain strings, integers and float32, packed for size."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _prediction_schema(labels)
    plain = table.astype({name: "object" for name in table.columns if name in _NAMES})
    buffer = io.BytesIO()
    pq.write_table(
        pa.Table.from_pandas(plain, schema=schema, preserve_index=False),
        buffer,
        compression="zstd",
        compression_level=9,
        write_page_checksum=True,
        use_dictionary=[field.name for field in schema if not field.name.startswith("p_")],
        # The bytes of floats pack well only when each is laid beside its like.
        column_encoding={f"p_{label}": "BYTE_STREAM_SPLIT" for label in labels},
    )
    return buffer.getvalue()


def _prediction_schema(labels: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    kinds = {"repeat": pa.int32(), "fold": pa.int32()}
    named = [(name, kinds.get(name, pa.string())) for name in PREDICTION_COLUMNS]
    return pa.schema(named + [(f"p_{label}", pa.float32()) for label in labels])


def _read_info(folder: Path) -> _SavedInfo:
    path = folder / "run.json"
    try:
        data = read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        what = "has no run.json" if folder.is_dir() else "is not a folder" if folder.exists() else "does not exist"
        raise RunError(
            f"no finished run in {folder}: it {what}\ngive the folder that `ser-bench run` names at its end"
        ) from None
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        _check_document(path, json.loads(data.decode("utf-8")))
        return _SavedInfo.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))[:_LONGEST_NAME]
        message = first["msg"].removeprefix("Value error, ")
        raise _damaged(path, f"invalid value for {name}: {message}" if name else message) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error


def _check_document(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or "format" not in document:
        raise RunError(f"{path} was not written by ser-bench\ngive the folder of one of its runs")
    if document["format"] != FORMAT:
        raise RunError(
            f"{path} has format {str(document['format'])[:20]}, this ser-bench reads {FORMAT}"
            "\nuse the version of ser-bench that wrote it, or run again"
        )
    if document.pop("checksum", None) != checksum(document):
        raise _damaged(path, "checksum mismatch")


def _read_table(path: Path, table: Table) -> pd.DataFrame:
    try:
        return table.from_csv(read_bytes(path))
    except OSError as error:
        raise _unreadable(path, error) from error
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise _damaged(path, str(error)) from error


def _read_predictions(path: Path, labels: Sequence[str], most: int) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [name for name in PREDICTION_COLUMNS if name in _NAMES]
    try:
        data = io.BytesIO(read_bytes(path))
        with pq.ParquetFile(data, read_dictionary=names, page_checksum_verification=True) as file:
            _check_size(file.metadata, most)
            arrow = file.read(columns=list(_prediction_columns(labels)))
        table = _checked_predictions(arrow, labels).to_pandas()
        for column in ("true", "predicted"):
            if not set(table[column].cat.categories) <= set(labels):
                raise ValueError(f"column {column!r} holds other labels than run.json")
            table[column] = table[column].cat.set_categories(list(labels))
        return table
    except OSError as error:
        # Arrow calls a damaged file an OSError without a number; a real one has it.
        raise (_unreadable(path, error) if error.errno else _damaged(path, str(error))) from error
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise _damaged(path, str(error)) from error


def _check_size(metadata: pq.FileMetaData, most: int) -> None:
    """Refuse a file that claims more than the run's clips and fits can have, before memory is taken for it."""
    claimed = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if not 0 <= metadata.num_rows <= most or not 0 <= claimed <= _MOST_ROW_BYTES * (most + 1) + _MOST_FRAME_BYTES:
        raise ValueError(f"it claims {metadata.num_rows} rows and {claimed} bytes, more than its clips and fits give")


def _checked_predictions(arrow: pa.Table, labels: Sequence[str]) -> pa.Table:
    """Return the columns in their order and kinds; raises ValueError where one lacks, is of another, or has gaps."""
    schema = _prediction_schema(labels)
    if sorted(arrow.column_names) != sorted(schema.names):
        raise ValueError("its columns are not those of a run with these labels")
    arrow = arrow.select(schema.names)
    for field in schema:
        column = arrow[field.name]
        kind = getattr(column.type, "value_type", column.type)
        if kind != field.type or column.null_count:
            raise ValueError(f"column {field.name!r} is of another kind, or has gaps")
    return arrow


def _unreadable(path: Path, error: OSError) -> RunError:
    return RunError(f"cannot read {path}: {error.strerror or error}\nthe run is incomplete; run it again")


def _damaged(path: Path, reason: str) -> RunError:
    first = reason.strip().splitlines()[0] if reason.strip() else "unreadable"
    return RunError(f"{path} is damaged: {first}\nrun it again; fits already done are not repeated")
