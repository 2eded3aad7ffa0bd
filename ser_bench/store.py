"""The feature store: content-addressed Parquet shards that many processes may write at once.

One folder per feature set and parameter hash, ``features/<set>-<key>/``; in it shards with a row per clip:

========  ==============  ==========================================================================
column    type            content
========  ==============  ==========================================================================
key       string          SHA-256 of the clip's file
t, d      int32           shape of the values: ``t`` frames (0 for a vector) of ``d`` columns
values    list<float32>   the values, row by row
crc       int64           CRC-32 of the values' bytes
========  ==============  ==========================================================================

A shard is written to a temporary name, synced and renamed, so a killed process leaves at most a stale
temporary file; writers never share a file. ``pandas.read_parquet`` opens a folder.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.errors import StoreError
from ser_bench.features import set_key
from ser_bench.paths import make_writable, mark_used, remove_stale, replacing

if TYPE_CHECKING:
    import pyarrow as pa

    from ser_bench.features.base import FeatureSet

FACTS = "clips"
"""The folder of what decoding told of each clip: digest of its samples, rate, length, sound print, or why it is bad."""

FACT_COLUMNS = ("key", "digest", "sr", "samples", "error", "length", "print")


class FeatureStore:
    """The feature store below a folder. Reading and writing need no lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()  # workers may have another working folder

    def prepare(self) -> None:
        """Make the folder and clear stale temporary files; raises :class:`StoreError` where it cannot write."""
        make_writable(self.folder, StoreError, "--store")
        tag = self.folder / "CACHEDIR.TAG"  # backup programs leave such a folder out
        if not tag.exists():
            tag.write_text("Signature: 8a477f597d28d172789f06886806bc55\n", encoding="ascii")
        remove_stale(self.folder)

    def set_folder(self, feature_set: FeatureSet) -> Path:
        """Return the folder of a feature set with its parameters."""
        return self.folder / "features" / f"{feature_set.name}-{set_key(feature_set)}"

    def holds(self, feature_set: FeatureSet) -> bool:
        """Say whether there is a shard of a feature set."""
        return bool(_shards(self.set_folder(feature_set)))

    def keys(self, feature_set: FeatureSet) -> set[str]:
        """Return the keys of the clips whose features lie in the store."""
        shards = _shards(self.set_folder(feature_set))
        for shard in shards:
            mark_used(shard)
        return {key for shard in shards for key in _read_shard(shard, ["key"])["key"].to_pylist()}

    def write(self, feature_set: FeatureSet, rows: Mapping[str, np.ndarray]) -> None:
        """Add a shard with a row per clip: key → float32 ``(d,)`` or ``(t, d)``."""
        import pyarrow as pa

        if not rows:
            return
        folder = self.set_folder(feature_set)
        _describe(folder, feature_set)
        arrays = [np.ascontiguousarray(row, dtype=np.float32) for row in rows.values()]
        table = pa.table(
            {
                "key": pa.array(list(rows), pa.string()),
                "t": pa.array([a.shape[0] if a.ndim == 2 else 0 for a in arrays], pa.int32()),
                "d": pa.array([a.shape[-1] for a in arrays], pa.int32()),
                "values": pa.array([a.ravel() for a in arrays], pa.list_(pa.float32())),
                "crc": pa.array([zlib.crc32(a.tobytes()) for a in arrays], pa.int64()),
            }
        )
        _write_shard(folder, table)

    def read(self, feature_set: FeatureSet, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the features of the clips asked for, each checked against its checksum.

        Raises :class:`StoreError` where a key is missing or a row is damaged.
        """
        wanted = set(keys)
        found: dict[str, np.ndarray] = {}
        for shard in _shards(self.set_folder(feature_set)):
            for key, values, crc in _rows(_read_shard(shard)):
                if key in wanted and key not in found:
                    if zlib.crc32(values.tobytes()) != crc:
                        raise StoreError(_mend(shard, "a row does not match its checksum"))
                    found[key] = values
        if missing := wanted - set(found):
            raise StoreError(f"{len(missing)} clips have no {feature_set.name} in {self.folder}; run ser-bench extract")
        return found

    def facts(self) -> dict[str, dict[str, Any]]:
        """Return what decoding told of each clip seen so far, by key; facts of an older layout do not count."""
        shards = _shards(self.folder / FACTS)
        rows = (row for shard in shards for row in _read_shard(shard).to_pylist())
        return {row["key"]: row for row in rows if len(row) == len(FACT_COLUMNS)}

    def write_facts(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add a shard of facts, each a mapping with :data:`FACT_COLUMNS`."""
        import pyarrow as pa

        rows = list(rows)
        if rows:
            types = (pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string(), pa.float64(), pa.binary())
            schema = pa.schema(list(zip(FACT_COLUMNS, types, strict=True)))
            _write_shard(self.folder / FACTS, pa.Table.from_pylist([dict(row) for row in rows], schema=schema))

    def verify(self) -> Iterator[str]:
        """Re-read every row of every shard and yield a line for each that is wrong, with how to mend it."""
        for shard in sorted((self.folder / "features").glob("*/*.parquet")):
            try:
                bad = sum(zlib.crc32(values.tobytes()) != crc for _, values, crc in _rows(_read_shard(shard)))
            except StoreError as error:
                yield str(error)
                continue
            if bad:
                yield _mend(shard, f"{bad} row{'s do' if bad > 1 else ' does'} not match the checksum")
        for shard in _shards(self.folder / FACTS):
            try:
                _read_shard(shard)
            except StoreError as error:
                yield str(error)


def _shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def _describe(folder: Path, feature_set: FeatureSet) -> None:
    """Leave a readable note of what the folder holds, column by column."""
    note = folder / "set.json"
    if not note.exists():
        about = {
            "name": feature_set.name,
            "kind": feature_set.kind,
            "version": feature_set.version,
            "parameters": dict(feature_set.parameters),
            "columns": list(feature_set.columns),
        }
        with replacing(note) as temporary:
            temporary.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _write_shard(folder: Path, table: pa.Table) -> None:
    import uuid

    import pyarrow.parquet as pq

    with replacing(folder / f"shard-{uuid.uuid4().hex}.parquet") as temporary:
        pq.write_table(table, temporary, compression="zstd", use_dictionary=False, write_page_checksum=True)


def _read_shard(shard: Path, columns: list[str] | None = None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(shard, page_checksum_verification=True) as opened:
            return opened.read(columns=columns, use_threads=False)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise StoreError(_mend(shard, str(error).strip().splitlines()[0][:120])) from None


def _rows(table: pa.Table) -> Iterator[tuple[str, np.ndarray, int]]:
    """Yield key, values in their shape, and checksum, of each row."""
    if not table.num_rows:
        return
    lists = table["values"].combine_chunks()
    flat, offsets = lists.values.to_numpy(zero_copy_only=False), lists.offsets.to_numpy()
    columns = (table[name].to_pylist() for name in ("key", "t", "d", "crc"))
    for i, (key, t, d, crc) in enumerate(zip(*columns, strict=True)):
        values = flat[offsets[i] : offsets[i + 1]]
        whole = values.size == max(t, 1) * d
        yield key, values.reshape(t, d) if t and whole else values, crc if whole else -1


def _mend(shard: Path, what: str) -> str:
    return f"damaged: {shard} ({what})\ndelete that file and run ser-bench extract again; only its clips are redone"
