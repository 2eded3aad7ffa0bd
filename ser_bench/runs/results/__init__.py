"""A run's folder: its files written whole or not at all, and read back or refused with the reason.

``run.json`` is removed first and written last, with the SHA-256 of the other files and of itself, so a folder holds
one finished run or none, and what was changed since is refused; runs of earlier versions lack these sums.
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
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import RunError
from ser_bench.core.files import atomic_write, open_regular, read_bytes, remove_stale
from ser_bench.core.locks import exclusive
from ser_bench.runs.results import run_info as runinfo
from ser_bench.runs.results.checks import disagreement
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
_NAMES = ("model", "split", "normalize", "clip", "speaker", "true", "predicted")
_CORPUS_KEYS = ("name", "clips", "speakers", "labels")
_INFO_KEYS = ("options", "corpus", "models", "splits", "synthetic", "normalize", "target", "features", "rows")


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run as its folder holds it: ``run.json``, ``predictions.parquet``, and the tables of
    :mod:`ser_bench.runs.results.tables`.

    In ``predictions`` names are categorical (``true`` and ``predicted`` over the run's labels in their
    order) and probabilities float32.
    """

    info: Mapping[str, Any]
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
        return tuple(self.info["corpus"]["labels"])

    @property
    def metrics(self) -> Mapping[str, str]:
        """The titles of the metrics that each fit has, by name; those of a plugin need not be known here."""
        return _metrics(self.info)


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


def write_run(
    folder: Path, info: Mapping[str, Any], predictions: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> None:
    """Write a run's files into ``folder``, rows in the order of the run's models and splits.

    ``tables`` holds one per entry of :data:`ser_bench.runs.results.tables.TABLES` by its name; they may lack
    columns only if they have no rows. ``info`` is what ``run.json`` holds.
    Raises :class:`ser_bench.core.errors.RunError` where the folder cannot be written.
    """
    labels = tuple(info["corpus"]["labels"])
    columns = list(_prediction_columns(labels))
    shaped = predictions.reindex(columns=columns) if predictions.empty else predictions[columns]
    files = {"predictions.parquet": _as_parquet(_sorted(shaped, info, ("clip",)), labels)}
    files |= {t.file: t.to_csv(_sorted(t.shaped(tables[t.name]), info, t.last)) for t in tables_with(_metrics(info))}
    remove_file(folder / "run.json")
    for name, data in files.items():
        write_file(folder / name, data)
    counts = {name: len(rows) for name, rows in tables.items()}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    said = {"format": FORMAT, **info, "rows": counts, "sha256": sums}
    text = json.dumps(said | {"checksum": _checksum(said)}, indent=2, ensure_ascii=False) + "\n"
    write_file(folder / "run.json", text.encode())


def is_finished(folder: Path, identity: str) -> bool:
    """Say whether a folder holds a run of this identity of which no fit failed."""
    try:
        info = _read_info(folder)
        _check_sums(folder, info)
    except RunError:
        return False
    whole = all((folder / name).is_file() for name in ("predictions.parquet", *(table.file for table in TABLES)))
    return whole and info.get("identity") == identity and info.get("work", {}).get("failed") == 0


def read_run(folder: Path) -> SavedRun:
    """Read a run's files; raises :class:`ser_bench.core.errors.RunError` where they are missing or damaged."""
    info = _read_info(folder)
    _check_sums(folder, info)
    labels = tuple(info["corpus"]["labels"])
    tables = {table.name: _read_table(folder / table.file, table) for table in tables_with(_metrics(info))}
    for table in TABLES:
        found, wrote = len(tables[table.name]), info["rows"].get(table.name)
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


def _check_sums(folder: Path, info: Mapping[str, Any]) -> None:
    known = {"predictions.parquet", *(table.file for table in TABLES)}
    for name, digest in info.get("sha256", {}).items():
        if name not in known:  # it may be any path, of a file that is nobody's business or never ends
            raise _damaged(folder / "run.json", "it tells the sum of a file that no run has")
        if digest_of(folder / name) != digest:
            raise _damaged(folder / name, "its bytes are not those that the run wrote")


def _metrics(info: Mapping[str, Any]) -> Mapping[str, str]:
    return info.get("metrics", runinfo.METRIC_TITLES)


def _checksum(said: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _prediction_columns(labels: Sequence[str]) -> tuple[str, ...]:
    return (*PREDICTION_COLUMNS, *(f"p_{label}" for label in labels))


def _sorted(table: pd.DataFrame, info: Mapping[str, Any], last: Sequence[str]) -> pd.DataFrame:
    """Order rows as the run lists its models and splits, so that equal runs leave equal files."""
    orders = {"model": list(info["models"]), "split": list(info["splits"])}

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


def _read_info(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    try:
        info = json.loads(read_bytes(path).decode("utf-8"))
        _check_info(path, info)
        return info
    except (FileNotFoundError, NotADirectoryError):
        what = "has no run.json" if folder.is_dir() else "is not a folder" if folder.exists() else "does not exist"
        raise RunError(
            f"no finished run in {folder}: it {what}\ngive the folder that `ser-bench run` names at its end"
        ) from None
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error


def _check_info(path: Path, info: Any) -> None:
    if not isinstance(info, dict) or "format" not in info:
        raise RunError(f"{path} was not written by ser-bench\ngive the folder of one of its runs")
    if info["format"] != FORMAT:
        what = f"{path} has format {str(info['format'])[:20]}, this ser-bench reads {FORMAT}"
        raise RunError(f"{what}\nuse the version of ser-bench that wrote it, or run again")
    missing = [key for key in _INFO_KEYS if key not in info]
    if missing:
        raise _damaged(path, f"it lacks {', '.join(missing)}")
    corpus = info["corpus"]
    missing = [key for key in _CORPUS_KEYS if not (isinstance(corpus, dict) and corpus.get(key))]
    if missing:
        raise _damaged(path, f"its corpus lacks {', '.join(missing)}")
    said = {key: value for key, value in info.items() if key != "checksum"}
    if info.keys() & {"sha256", "checksum"} and info.get("checksum") != _checksum(said):
        raise _damaged(path, "it is not as the run wrote it")
    if fault := runinfo.fault(info):
        raise _damaged(path, fault)
    json.dumps(info, ensure_ascii=False).encode()  # half a surrogate pair is text that no file can hold


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
