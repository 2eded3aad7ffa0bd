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

A shard is written to a temporary name, synced and renamed to the SHA-256 of its bytes
(:mod:`ser_bench.store.shards`), so
a killed process leaves at most a stale temporary file; writers never share a file. Damaged shards are moved to
``quarantine/``. ``pandas.read_parquet`` opens a folder.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.audio.fingerprint import FINGERPRINT_BYTES
from ser_bench.core.errors import StoreError
from ser_bench.core.files import atomic_write, ensure_writable, mark_used, remove_stale
from ser_bench.features import set_key
from ser_bench.store import shards
from ser_bench.store.quarantine import move_to_quarantine

if TYPE_CHECKING:
    from ser_bench.core.progress import Progress
    from ser_bench.features.base import FeatureSet

_MOST_SAMPLES = 1 << 40

METADATA_FOLDER = "clips"
"""The folder of the metadata of each clip: digest of its samples, rate, length, audio fingerprint, or its error."""

FEATURE_COLUMNS = ("key", "t", "d", "values", "crc")
METADATA_COLUMNS = ("key", "digest", "sr", "samples", "error", "length", "fingerprint")


class FeatureStore:
    """The feature store below a folder. Reading and writing need no lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()  # workers may have another working folder

    def prepare(self) -> None:
        """Make the folder and clear stale temporary files; raises :class:`StoreError` where it cannot write."""
        ensure_writable(self.folder, StoreError, "--store")
        tag = self.folder / "CACHEDIR.TAG"  # backup programs leave such a folder out
        if not tag.exists():
            with atomic_write(tag) as temporary:
                temporary.write_text("Signature: 8a477f597d28d172789f06886806bc55\n", encoding="ascii")
        remove_stale(self.folder)

    def quarantine_damaged(self, sets: Iterable[FeatureSet], progress: Progress) -> None:
        """Set damaged shards of these sets, and of facts, aside and tell so: the store then lacks their clips."""
        for folder in (self.folder / METADATA_FOLDER, *map(self.set_folder, sets)):
            for shard in shards.list_shards(folder):
                if fault := shards.find_damage(shard):
                    move_to_quarantine(self.folder, shard, fault, "its clips are computed again", progress)

    def set_folder(self, feature_set: FeatureSet) -> Path:
        """Return the folder of a feature set with its parameters."""
        return self.folder / "features" / f"{feature_set.name}-{set_key(feature_set)}"

    def holds(self, feature_set: FeatureSet) -> bool:
        """Say whether there is a shard of a feature set."""
        return bool(shards.list_shards(self.set_folder(feature_set)))

    def keys(self, feature_set: FeatureSet) -> set[str]:
        """Return the keys of the clips whose features lie in the store."""
        folder = self.set_folder(feature_set)
        for shard in shards.list_shards(folder):
            mark_used(shard)
        return {key for _, table in shards.read_shards(folder, ["key"]) for key in table["key"].to_pylist()}

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
        shards.write(folder, table)

    def read(self, feature_set: FeatureSet, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the features of the clips asked for, each checked against its checksum.

        Raises :class:`StoreError` where a key is missing or a row is damaged.
        """
        wanted = set(keys)
        found: dict[str, np.ndarray] = {}
        shape = (feature_set.kind == "frames", feature_set.dimension)
        for shard, table in shards.read_shards(self.set_folder(feature_set), FEATURE_COLUMNS):
            for key, values, sound in shards.rows(table):
                if key in wanted and key not in found:
                    if not sound:
                        raise shards.damage_error(shard, "a row does not match its checksum")
                    if (values.ndim == 2, values.shape[-1]) != shape:
                        raise shards.damage_error(shard, "a row is of other features")
                    found[key] = values
        if missing := wanted - set(found):
            raise StoreError(f"{len(missing)} clips have no {feature_set.name} in {self.folder}; run ser-bench extract")
        return found

    def clip_metadata(self) -> dict[str, dict[str, Any]]:
        """Return what decoding told of each clip seen so far, by key; facts of an older layout do not count."""
        tables = shards.read_shards(self.folder / METADATA_FOLDER, METADATA_COLUMNS, strict=False)
        return {row["key"]: row for _, table in tables for row in table.to_pylist() if _can_be(row)}

    def write_clip_metadata(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add a shard of facts, each a mapping with :data:`METADATA_COLUMNS`."""
        import pyarrow as pa

        rows = list(rows)
        if rows:
            types = (pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string(), pa.float64(), pa.binary())
            schema = pa.schema(list(zip(METADATA_COLUMNS, types, strict=True)))
            shards.write(
                self.folder / METADATA_FOLDER, pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
            )

    def verify(self) -> Iterator[str]:
        """Re-read every shard and yield a line for each that is damaged, with how to mend it."""
        for folder in (self.folder / METADATA_FOLDER, *sorted((self.folder / "features").glob("*/"))):
            for shard in shards.list_shards(folder):
                if fault := shards.find_damage(shard):
                    yield str(shards.damage_error(shard, fault))


def _can_be(fact: Mapping[str, Any]) -> bool:
    """Say whether a clip may have such facts; others do not count, and the clip is decoded again."""
    heard = fact["sr"] > 0 and 0 < fact["samples"] < _MOST_SAMPLES and 0 <= fact["length"] < _MOST_SAMPLES
    return bool(fact["error"]) or (heard and len(fact["fingerprint"]) == FINGERPRINT_BYTES)


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
        with atomic_write(note) as temporary:
            temporary.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
