"""Shards: Parquet files named by the SHA-256 of their bytes, which a reader verifies.

A shard is written once and never changed, so that many processes may write to one folder without a lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import StoreError
from ser_bench.core.files import atomic_write

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_PREFIX = "shard-"


def list_shards(folder: Path) -> list[Path]:
    """Return the shards in a folder.

    Parameters
    ----------
    folder : Path
        A folder of shards; may be missing.

    Returns
    -------
    list of Path
        Regular files in order of their names, without links.
    """
    return sorted(path for path in folder.glob("*.parquet") if path.is_file() and not path.is_symlink())


def write(folder: Path, table: pa.Table) -> None:
    """Write a table as a shard; the file appears whole or not at all.

    Parameters
    ----------
    folder : Path
        The folder of the shard.
    table : pyarrow.Table
        Its rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, compression="zstd", use_dictionary=False)
    content = stream.getvalue()
    with atomic_write(folder / f"{_PREFIX}{hashlib.sha256(content).hexdigest()}.parquet") as temporary:
        temporary.write_bytes(content)


def read_shards(
    folder: Path, columns: Mapping[str, str], optional: Mapping[str, str] | None = None
) -> Iterator[tuple[Path, pa.Table]]:
    """Read every shard in a folder and verify its checksum.

    Parameters
    ----------
    folder : Path
        A folder of shards.
    columns : mapping of str to str
        The columns to read with their Arrow types.
    optional : mapping of str to str, optional
        Columns to read from the shards that have them.

    Yields
    ------
    shard : Path
        The file. A shard that another process moves to quarantine meanwhile is skipped.
    table : pyarrow.Table
        Its rows.

    Raises
    ------
    StoreError
        If a shard is damaged or cannot be read.
    """
    import pyarrow as pa

    for shard in list_shards(folder):
        try:
            content = _verified(shard)
            yield shard, _parse(pa.BufferReader(content), columns, optional)
        except FileNotFoundError:
            continue
        except ValueError as error:
            raise damage_error(shard, str(error)) from None
        except OSError as error:
            raise _read_error(shard, error) from None


def read_keys(folder: Path) -> set[str]:
    """Return the keys of all rows in a folder of shards, without verifying checksums.

    Parameters
    ----------
    folder : Path
        A folder of shards.

    Returns
    -------
    set of str
        The keys.

    Raises
    ------
    StoreError
        If a shard is damaged.
    """
    keys: set[str] = set()
    for shard in list_shards(folder):
        try:
            keys.update(_parse(shard, {"key": "string"})["key"].to_pylist())
        except FileNotFoundError:
            continue
        except ValueError as error:
            raise damage_error(shard, str(error)) from None
    return keys


def rows(table: pa.Table) -> Iterator[tuple[str, np.ndarray]]:
    """Return the features in a table, row by row.

    Parameters
    ----------
    table : pyarrow.Table
        Columns ``key``, ``t``, ``d`` and ``values`` of a shard of features.

    Yields
    ------
    key : str
        The clip's key.
    values : ndarray of float32, shape (d,) or (t, d)
        Its features.

    Raises
    ------
    ValueError
        If a row has another number of values than its shape.
    """
    if not table.num_rows:
        return
    lists = table["values"].combine_chunks()
    flat, offsets = lists.values.to_numpy(zero_copy_only=False), lists.offsets.to_numpy()
    for i, (key, t, d) in enumerate(zip(*(table[name].to_pylist() for name in ("key", "t", "d")), strict=True)):
        values = flat[offsets[i] : offsets[i + 1]]
        yield key, values.reshape((t, d) if t else (d,))


def damage_error(shard: Path, reason: str) -> StoreError:
    """Return the error for a damaged shard.

    Parameters
    ----------
    shard : Path
        The file.
    reason : str
        What is wrong with it.

    Returns
    -------
    StoreError
        Names the file, the reason and the remedy.
    """
    return StoreError(
        f"damaged: {shard} ({reason})\ndelete it and run ser-bench extract, which computes its clips again"
    )


def find_damage(shard: Path, columns: Mapping[str, str] | None = None) -> str:
    """Return what is wrong with a shard.

    Parameters
    ----------
    shard : Path
        The file.
    columns : mapping of str to str, optional
        Columns that it must have, with their Arrow types.

    Returns
    -------
    str
        The reason; empty for a whole shard and for one that no longer exists.

    Raises
    ------
    StoreError
        If reading the file is not permitted.
    """
    import pyarrow.parquet as pq

    try:
        content = _verified(shard)
        if columns:
            import pyarrow as pa

            _check_columns(pq.read_schema(pa.BufferReader(content)), columns)
        return ""
    except FileNotFoundError:
        return ""
    except ValueError as error:
        return str(error)
    except PermissionError as error:
        raise _read_error(shard, error) from None
    except OSError as error:  # a fault of the disk; the file can still be moved aside
        return error.strerror or str(error)


def _read_error(shard: Path, error: OSError) -> StoreError:
    return StoreError(f"cannot read {shard}: {error.strerror or error}")


def _verified(shard: Path) -> bytes:
    """Return the bytes of a shard; raise ValueError if their checksum is not its name."""
    content = shard.read_bytes()
    if hashlib.sha256(content).hexdigest() != shard.stem.removeprefix(_PREFIX):
        raise ValueError("checksum mismatch")
    return content


def _parse(
    source: Path | pa.BufferReader, columns: Mapping[str, str], optional: Mapping[str, str] | None = None
) -> pa.Table:
    """Return the rows of a Parquet file; raise ValueError if it is invalid or has other columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source) as opened:
            present = {name: alias for name, alias in (optional or {}).items() if name in opened.schema_arrow.names}
            _check_columns(opened.schema_arrow, {**columns, **present})
            return opened.read(columns=[*columns, *present], use_threads=False)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise ValueError(next(iter(str(error).strip().splitlines()), "unreadable")[:120]) from None


def _check_columns(schema: pa.Schema, columns: Mapping[str, str]) -> None:
    """Raise ValueError if a shard lacks a column or has it with another type."""
    types = {field.name: _type_name(field.type) for field in schema}
    for name, type_ in columns.items():
        if types.get(name) != type_:
            raise ValueError(f"column {name!r}: expected {type_}, got {types.get(name, 'none')}")


def _type_name(type_: pa.DataType) -> str:
    """Return the name of an Arrow type; versions of Arrow name the element of a list differently."""
    import pyarrow as pa

    return f"list<{type_.value_type}>" if pa.types.is_list(type_) else str(type_)
