"""A shard: a Parquet file that is named after the SHA-256 of its bytes, so that damage anywhere in it is found.

Earlier versions named shards at random; of these the checksums inside, of pages and rows, have to do. A store may be
shared: what a shard claims of its columns, rows and bytes is looked at before memory is taken for it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import StoreError
from ser_bench.core.files import atomic_write

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

_PREFIX = "shard-"
_LEAST_ROW_BYTES = 16
"""A row's key alone, 256 random bits, takes more of a file, however well that is packed."""
_MOST_BYTES = 1 << 30
_MOST_TIMES = 64
"""A shard unpacks to a GiB at most, larger ones to so many times their size."""
_KINDS = {
    **{"key": "string", "t": "int32", "d": "int32", "values": "floats", "crc": "int64", "digest": "string"},
    **{"sr": "int64", "samples": "int64", "error": "string", "length": "double", "fingerprint": "binary"},
}
"""The kinds of the columns of features and of facts, by their names."""

_MEND = "ser-bench extract, or run, moves it aside and computes its clips again, and only these"
_DELETE = "delete it, as it was made so; ser-bench extract computes its clips again"


def list_shards(folder: Path) -> list[Path]:
    """Return the shards in a folder, in one order; a link is none, as it may lead anywhere, nor is a pipe."""
    return sorted(path for path in folder.glob("*.parquet") if path.is_file() and not path.is_symlink())


def write(folder: Path, table: pa.Table) -> None:
    """Write a table as a shard, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, compression="zstd", use_dictionary=False, write_page_checksum=True)
    content = stream.getvalue()
    with atomic_write(folder / f"{_PREFIX}{hashlib.sha256(content).hexdigest()}.parquet") as temporary:
        temporary.write_bytes(content)


def read_shards(folder: Path, columns: Sequence[str], *, strict: bool = True) -> Iterator[tuple[Path, pa.Table]]:
    """Yield each shard of a folder with these columns; one that another process sets aside meanwhile is passed over.

    So is one that lacks a column, unless ``strict``. Raises :class:`StoreError` for a shard that cannot be read.
    """
    for shard in list_shards(folder):
        try:
            table = _read(shard, list(columns))
        except FileNotFoundError:
            continue
        except StoreError as error:
            raise damage_error(shard, str(error)) from None
        if len(table.column_names) == len(columns):
            yield shard, table
        elif strict:
            raise damage_error(shard, "it lacks a column")


def rows(table: pa.Table) -> Iterator[tuple[str, np.ndarray, bool]]:
    """Yield the key and values, in their shape, of each row of features, and whether its checksum is right."""
    if not table.num_rows:
        return
    lists = table["values"].combine_chunks()
    flat, offsets = lists.values.to_numpy(zero_copy_only=False), lists.offsets.to_numpy()
    columns = (table[name].to_pylist() for name in ("key", "t", "d", "crc"))
    for i, (key, t, d, crc) in enumerate(zip(*columns, strict=True)):
        values = flat[offsets[i] : offsets[i + 1]]
        whole = t >= 0 and d >= 0 and values.size == max(t, 1) * d
        yield key, values.reshape(t, d) if t and whole else values, whole and zlib.crc32(values.tobytes()) == crc


def damage_error(shard: Path, reason: str) -> StoreError:
    """Return the error that names a damaged shard and its mend."""
    return StoreError(f"damaged: {shard} ({reason})\n{_MEND if find_damage(shard) else _DELETE}")


def find_damage(shard: Path) -> str:
    """Return what is wrong with a shard's bytes; empty for a sound one, and for one that is no longer there."""
    try:
        with shard.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        name = shard.stem.removeprefix(_PREFIX)
        if len(name) == len(digest):
            if name != digest:
                return "its bytes are not those that were written"
            _read(shard, [])  # nobody but ser-bench need have written them
            return ""
        return _fault_inside(_read(shard))
    except FileNotFoundError:
        return ""
    except PermissionError as error:
        raise StoreError(f"cannot read {shard}: {error.strerror}") from None
    except StoreError as error:
        return str(error)
    except OSError as error:
        return error.strerror or str(error)


def _fault_inside(table: pa.Table) -> str:
    if "values" not in table.column_names:
        return ""
    if {"key", "t", "d", "crc"} - set(table.column_names):
        return "it lacks a column"
    bad = sum(not sound for _, _, sound in rows(table))
    return f"{bad} row{'s do' if bad > 1 else ' does'} not match the checksum" if bad else ""


def _read(shard: Path, columns: list[str] | None = None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(shard, page_checksum_verification=True) as opened:
            _check(opened, shard.stat().st_size)
            table = opened.read(columns=columns, use_threads=False)
        if any(column.null_count for column in table.columns):
            raise ValueError("a value is missing")
        return table
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise StoreError(next(iter(str(error).strip().splitlines()), "unreadable")[:120]) from None


def _check(shard: pq.ParquetFile, size: int) -> None:
    """Raise ValueError for a shard with columns of other kinds than ours, or which claims more than its bytes hold."""
    about, kinds = shard.metadata, [(field.name, _kind(field.type)) for field in shard.schema_arrow]
    if len(dict(kinds)) < len(kinds) or any(_KINDS.get(name, kind) != kind for name, kind in kinds):
        raise ValueError("its columns are not those of a shard")
    claimed = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if not 0 <= about.num_rows * _LEAST_ROW_BYTES <= size or not 0 <= claimed <= max(_MOST_BYTES, _MOST_TIMES * size):
        raise ValueError(f"it claims {about.num_rows} rows and {claimed} bytes, more than its size can hold")


def _kind(type_: pa.DataType) -> str:
    import pyarrow as pa

    return "floats" if pa.types.is_list(type_) and type_.value_type == pa.float32() else str(type_)
