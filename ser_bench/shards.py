"""A shard: a Parquet file that is named after the SHA-256 of its bytes, so that damage anywhere in it is found.

Earlier versions named shards at random; of these the checksums inside, of pages and rows, have to do.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.errors import StoreError
from ser_bench.paths import replacing

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_PREFIX = "shard-"
_MEND = "ser-bench extract, or run, moves it aside and computes its clips again, and only these"


def listed(folder: Path) -> list[Path]:
    """Return the shards in a folder, in one order."""
    return sorted(folder.glob("*.parquet"))


def write(folder: Path, table: pa.Table) -> None:
    """Write a table as a shard, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = pa.BufferOutputStream()
    pq.write_table(table, stream, compression="zstd", use_dictionary=False, write_page_checksum=True)
    content = stream.getvalue()
    with replacing(folder / f"{_PREFIX}{hashlib.sha256(content).hexdigest()}.parquet") as temporary:
        temporary.write_bytes(content)


def tables(folder: Path, columns: list[str] | None = None) -> Iterator[tuple[Path, pa.Table]]:
    """Yield each shard of a folder with its table; one that another process sets aside meanwhile is passed over.

    Raises :class:`StoreError` for a shard that cannot be read.
    """
    for shard in listed(folder):
        try:
            table = _read(shard, columns)
        except FileNotFoundError:
            continue
        except StoreError as error:
            raise damaged(shard, str(error)) from None
        yield shard, table


def rows(table: pa.Table) -> Iterator[tuple[str, np.ndarray, bool]]:
    """Yield the key and values, in their shape, of each row of features, and whether its checksum is right."""
    if not table.num_rows:
        return
    lists = table["values"].combine_chunks()
    flat, offsets = lists.values.to_numpy(zero_copy_only=False), lists.offsets.to_numpy()
    columns = (table[name].to_pylist() for name in ("key", "t", "d", "crc"))
    for i, (key, t, d, crc) in enumerate(zip(*columns, strict=True)):
        values = flat[offsets[i] : offsets[i + 1]]
        whole = values.size == max(t, 1) * d
        yield key, values.reshape(t, d) if t and whole else values, whole and zlib.crc32(values.tobytes()) == crc


def damaged(shard: Path, reason: str) -> StoreError:
    """Return the error that names a damaged shard and its mend."""
    return StoreError(f"damaged: {shard} ({reason})\n{_MEND}")


def fault(shard: Path) -> str:
    """Return what is wrong with a shard's bytes; empty for a sound one, and for one that is no longer there."""
    try:
        with shard.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        name = shard.stem.removeprefix(_PREFIX)
        if len(name) == len(digest):
            return "" if name == digest else "its bytes are not those that were written"
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
    bad = sum(not sound for _, _, sound in rows(table))
    return f"{bad} row{'s do' if bad > 1 else ' does'} not match the checksum" if bad else ""


def _read(shard: Path, columns: list[str] | None = None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(shard, page_checksum_verification=True) as opened:
            return opened.read(columns=columns, use_threads=False)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise StoreError(next(iter(str(error).strip().splitlines()), "unreadable")[:120]) from None
