"""The run folder: write the files of a run, and read them back after every check.

Each file is written whole or not at all. ``run.json`` is removed first and written last, with the SHA-256 of the other
files and of itself, so that a folder holds one finished run or none, and a later change is found.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError

from ser_bench.audio.conditions import CLEAN
from ser_bench.core.errors import RunError
from ser_bench.core.files import atomic_write, open_regular, read_bytes, remove_stale
from ser_bench.core.locks import exclusive
from ser_bench.runs.results.checks import find_fault
from ser_bench.runs.results.predictions import (
    PREDICTION_COLUMNS,
    PREDICTIONS_FILE,
    UNCALIBRATED,
    from_parquet,
    prediction_columns,
    to_parquet,
)
from ser_bench.runs.results.run_info import MOST, RunInfo
from ser_bench.runs.results.tables import FIT_KEY, TABLES, Table, fits_table, tables_with

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PREDICTION_COLUMNS",
    "UNCALIBRATED",
    "ForeignRunError",
    "SavedRun",
    "checksum",
    "condition_names",
    "file_checksum",
    "find_run",
    "locked_folder",
    "prediction_columns",
    "read_fits",
    "read_info",
    "read_run",
    "remove_file",
    "write_file",
    "write_run",
]

FORMAT = 6
"""Version of the file layout; raised when older readers would misread the files."""

_LONGEST_NAME = 60
_AGAIN = "run it again; finished fits are not repeated"


class ForeignRunError(RunError):
    """A ``run.json`` of another version of ser-bench, or of another program."""


class _SavedInfo(RunInfo):
    """The content of ``run.json``: a description of the run, and rows and SHA-256 of the other files."""

    rows: dict[str, Annotated[int, Field(ge=0, le=MOST)]]
    sha256: dict[str, str]


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run as read from its folder.

    Attributes
    ----------
    info : RunInfo
        The content of ``run.json``.
    predictions : pandas.DataFrame
        A row per fit and test clip as recorded. Names are categorical, ``true`` and ``predicted`` over the run's labels
        in their order; probabilities are float32.
    under_conditions : pandas.DataFrame
        A row per fit, recording condition and test clip; ``condition`` is categorical in the order of the run.
    fits, curves, clips, audit, importance, losses : pandas.DataFrame
        The tables of :mod:`ser_bench.runs.results.tables`.
    folder : Path
        The run folder.
    """

    info: RunInfo
    predictions: pd.DataFrame
    under_conditions: pd.DataFrame
    fits: pd.DataFrame
    curves: pd.DataFrame
    clips: pd.DataFrame
    audit: pd.DataFrame
    importance: pd.DataFrame
    losses: pd.DataFrame
    folder: Path

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the run, in the order of tables and charts."""
        return self.info.corpus.labels

    @property
    def metrics(self) -> Mapping[str, str]:
        """The titles of the metrics by name; a plugin's metric need not be loaded."""
        return self.info.metrics


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Lock a run folder against other processes, and remove temporary files that dead ones left.

    Parameters
    ----------
    folder : Path
        The run folder.

    Raises
    ------
    RunError
        If another process holds the lock.
    """
    with exclusive(folder / ".lock") as acquired:
        if not acquired:
            raise RunError(f"another ser-bench writes into {folder}\nwait for it, or name another folder with --out")
        for directory in (folder, folder / "charts"):
            remove_stale(directory, deep=False)
        yield


def write_run(folder: Path, info: RunInfo, predictions: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the files of a run, rows in the order of its models and splits.

    Parameters
    ----------
    folder : Path
        The run folder.
    info : RunInfo
        What ``run.json`` says about the run.
    predictions : pandas.DataFrame
        A row per fit, condition and test clip.
    tables : mapping of str to pandas.DataFrame
        The tables of :mod:`ser_bench.runs.results.tables` by name. A table without rows may lack columns.

    Raises
    ------
    RunError
        If a file cannot be written.
    """
    labels = info.corpus.labels
    columns = list(prediction_columns(labels))
    predictions = predictions.reindex(columns=columns) if predictions.empty else predictions[columns]
    files = {PREDICTIONS_FILE: to_parquet(_sort(predictions, info, ("condition", "clip")), labels)}
    for table in tables_with(info.metrics):
        files[table.file] = table.to_csv(_sort(table.select_columns(tables[table.name]), info, table.last))
    remove_file(folder / "run.json")
    for name, data in files.items():
        write_file(folder / name, data)
    document = {
        "format": FORMAT,
        **info.model_dump(mode="json"),
        "rows": {name: len(rows) for name, rows in tables.items()},
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    text = json.dumps(document | {"checksum": checksum(document)}, indent=2, ensure_ascii=False) + "\n"
    write_file(folder / "run.json", text.encode())


def find_run(folder: Path, identity: str) -> SavedRun | None:
    """Return the run of this identity, if the folder holds it undamaged and no fit failed.

    Parameters
    ----------
    folder : Path
        The run folder.
    identity : str
        The identity in ``run.json``.

    Returns
    -------
    SavedRun or None
    """
    try:
        info = _read_info(folder)
        return _read_files(folder, info) if info.identity == identity and not info.work.failed else None
    except RunError:
        return None


def read_run(folder: Path) -> SavedRun:
    """Read a run folder.

    Parameters
    ----------
    folder : Path
        The run folder.

    Returns
    -------
    SavedRun

    Raises
    ------
    RunError
        If a file is missing or damaged, or if the files do not belong together.
    """
    return _read_files(folder, _read_info(folder))


def read_info(folder: Path) -> RunInfo:
    """Read ``run.json`` only.

    Parameters
    ----------
    folder : Path
        The run folder.

    Returns
    -------
    RunInfo

    Raises
    ------
    RunError
        If the folder holds no run, or if ``run.json`` is damaged.
    """
    return _read_info(folder)


def read_fits(folder: Path) -> tuple[RunInfo, pd.DataFrame]:
    """Read ``run.json`` and ``fits.csv`` only.

    Parameters
    ----------
    folder : Path
        The run folder.

    Returns
    -------
    info : RunInfo
        The content of ``run.json``.
    fits : pandas.DataFrame
        The rows of ``fits.csv``.

    Raises
    ------
    ForeignRunError
        If another version of ser-bench, or another program, wrote ``run.json``.
    RunError
        If the folder holds no run, or if one of the files is damaged.
    """
    info = _read_info(folder)
    table = fits_table(info.metrics)
    path = folder / table.file
    if path.name not in info.sha256:
        raise _damaged(folder / "run.json", f"sha256 must name {path.name}")
    return info, _parse_table(path, _read_checked(path, info), table)


def _read_files(folder: Path, info: _SavedInfo) -> SavedRun:
    """Read each file once: compare its checksum, then parse it."""
    known = {PREDICTIONS_FILE, *(table.file for table in TABLES)}
    if info.sha256.keys() != known:  # any other name may be a path outside the folder, or a device
        raise _damaged(folder / "run.json", f"sha256 must name {', '.join(sorted(known))}")
    tables = {}
    for table in tables_with(info.metrics):
        path = folder / table.file
        rows = _parse_table(path, _read_checked(path, info), table)
        if len(rows) != info.rows.get(table.name):
            raise _damaged(path, f"expected {info.rows.get(table.name)} rows, found {len(rows)}")
        tables[table.name] = rows
    path, conditions = folder / PREDICTIONS_FILE, condition_names(info)
    max_rows = len(tables["clips"]) * len(tables["fits"]) * len(conditions)
    try:
        predictions = from_parquet(_read_checked(path, info), info.corpus.labels, conditions, max_rows)
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if fault := find_fault(info, tables, predictions):
        raise _damaged(folder / fault.file, fault.reason)
    clean = predictions["condition"] == CLEAN
    as_recorded, changed = (predictions[chosen].reset_index(drop=True) for chosen in (clean, ~clean))
    return SavedRun(info=info, predictions=as_recorded, under_conditions=changed, folder=folder, **tables)


def condition_names(info: RunInfo) -> tuple[str, ...]:
    """Return the conditions of a run, ``clean`` first.

    Parameters
    ----------
    info : RunInfo
        The content of ``run.json``.

    Returns
    -------
    tuple of str
    """
    return (CLEAN, *(condition.name for condition in info.conditions))


def _read_checked(path: Path, info: _SavedInfo) -> bytes:
    try:
        data = read_bytes(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if hashlib.sha256(data).hexdigest() != info.sha256[path.name]:
        raise _damaged(path, "checksum mismatch")
    return data


def write_file(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file whole or not at all, and create its folder.

    Parameters
    ----------
    path : Path
        The file.
    data : bytes
        Its content.
    sync : bool
        Whether the file is on disk when the function returns; False for files that can be made again.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    try:
        if path.parent.name == "charts" and path.parent.is_symlink():  # the link may lead anywhere
            raise OSError(errno.ELOOP, "charts is a link")
        with atomic_write(path, sync=sync) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise RunError(
            f"cannot write {path}: {error.strerror or error}\nfree disk space or name another folder with --out"
        ) from error


def remove_file(path: Path) -> None:
    """Remove a file if it exists.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    RunError
        If the file cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(f"cannot write into {path.parent}: {error.strerror}\nname another folder with --out") from error


def file_checksum(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    RunError
        If the file cannot be read.
    """
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def checksum(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content of ``run.json`` without ``checksum``, as JSON with sorted keys.

    Parameters
    ----------
    document : mapping
        The content of ``run.json``.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _sort(table: pd.DataFrame, info: RunInfo, last: Sequence[str]) -> pd.DataFrame:
    """Sort rows by model and split as the run lists them, so that equal runs give equal files."""
    orders = {"model": info.models, "split": info.splits, "condition": condition_names(info)}

    def rank(column: pd.Series) -> pd.Series:
        order = orders.get(str(column.name))
        return column if order is None else column.astype("str").map({name: i for i, name in enumerate(order)})

    by = [*(name for name in FIT_KEY if name in table.columns), *last]
    return table.sort_values(by, key=rank, kind="stable", ignore_index=True)


def _read_info(folder: Path) -> _SavedInfo:
    path = folder / "run.json"
    try:
        data = read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        reason = "has no run.json" if folder.is_dir() else "is not a folder" if folder.exists() else "does not exist"
        raise RunError(
            f"no finished run in {folder}: it {reason}\nname the folder that `ser-bench run` shows at its end"
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
        raise ForeignRunError(f"{path} was not written by ser-bench\nname the folder of one of its runs")
    if document["format"] != FORMAT:
        raise ForeignRunError(
            f"{path} has format {str(document['format'])[:20]}, this ser-bench reads {FORMAT}"
            "\nuse the version of ser-bench that wrote it, or run again"
        )
    if document.pop("checksum", None) != checksum(document):
        raise _damaged(path, "checksum mismatch")


def _parse_table(path: Path, data: bytes, table: Table) -> pd.DataFrame:
    try:
        return table.from_csv(data)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise _damaged(path, str(error)) from error


def _unreadable(path: Path, error: OSError) -> RunError:
    return RunError(f"cannot read {path}: {error.strerror or error}\nthe run is incomplete; {_AGAIN}")


def _damaged(path: Path, reason: str) -> RunError:
    first = reason.strip().splitlines()[0] if reason.strip() else "unreadable"
    return RunError(f"{path} is damaged: {first}\n{_AGAIN}")
