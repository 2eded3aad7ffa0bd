"""The feature store: content-addressed Parquet shards that many processes may write at once.

Each feature set with its parameters has one folder, ``features/<set>-<key>/``; its shards have a row per clip:

========  ==============  ==========================================================================
column    type            content
========  ==============  ==========================================================================
key       string          SHA-256 of the clip's file
t, d      int32           shape of the values: ``t`` frames (0 for a vector) of ``d`` columns
values    list<float32>   the values, row by row
========  ==============  ==========================================================================

A shard is written to a temporary name, synced and renamed to the SHA-256 of its bytes
(:mod:`ser_bench.store.shards`). A killed process therefore leaves at most a temporary file, and writers never share a
file. Damaged shards are moved to ``quarantine/``. ``pandas.read_parquet`` opens a folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.core.errors import StoreError
from ser_bench.core.files import atomic_write, ensure_writable, mark_used, remove_stale
from ser_bench.core.text import plural
from ser_bench.features import stored_name
from ser_bench.store import shards
from ser_bench.store.quarantine import move_to_quarantine

if TYPE_CHECKING:
    from ser_bench.core.progress import Progress
    from ser_bench.features.base import FeatureSet

METADATA_FOLDER = "clips"
"""The folder of clip metadata."""

FEATURE_COLUMNS = {"key": "string", "t": "int32", "d": "int32", "values": "list<float>"}
METADATA_COLUMNS = {"key": "string", "digest": "string", "sr": "int64", "samples": "int64", "error": "string"}
"""Clip metadata: digest of the samples, sampling rate in Hz, number of samples, decoding error or the empty string."""

ADDED_COLUMNS: dict[str, tuple[str, Any]] = {
    "reader": ("string", ""),
    **dict.fromkeys(("total", "channel", "unread"), ("int64", 0)),
}
"""Metadata that older shards may lack, with the value for them: version of the code that read the clip, number of
samples of the whole recording (0 if unknown), number of the only channel used (0 for all), bytes that were not read."""


class FeatureStore:
    """The feature store below a folder. Reading and writing need no lock.

    Parameters
    ----------
    folder : Path
        Folder of the store.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()  # workers may have another working folder

    def prepare(self) -> None:
        """Make the folder and remove stale temporary files.

        Raises
        ------
        StoreError
            If the folder cannot be written.
        """
        ensure_writable(self.folder, StoreError, "--store")
        tag = self.folder / "CACHEDIR.TAG"  # backup programs skip folders with this file
        if not tag.exists():
            with atomic_write(tag) as temporary:
                temporary.write_text("Signature: 8a477f597d28d172789f06886806bc55\n", encoding="ascii")
        remove_stale(self.folder)

    def quarantine_damaged(self, sets: Iterable[FeatureSet], progress: Progress) -> None:
        """Move damaged shards of clip metadata and of feature sets to quarantine; the store then lacks their clips.

        Parameters
        ----------
        sets : iterable of FeatureSet
            The sets to check.
        progress : Progress
            Receives a warning for each damaged shard.
        """
        folders = {self.folder / METADATA_FOLDER: METADATA_COLUMNS}
        folders |= {self.set_folder(feature_set): FEATURE_COLUMNS for feature_set in sets}
        for folder, columns in folders.items():
            for shard in shards.list_shards(folder):
                if reason := shards.find_damage(shard, columns):
                    move_to_quarantine(self.folder, shard, reason, "its clips", progress)

    def set_folder(self, feature_set: FeatureSet) -> Path:
        """Return the folder of a feature set with its parameters.

        Parameters
        ----------
        feature_set : FeatureSet
            The set.

        Returns
        -------
        Path
            The folder; may be missing.
        """
        return self.folder / "features" / stored_name(feature_set)

    def holds(self, feature_set: FeatureSet) -> bool:
        """Return whether the store has a shard of a feature set.

        Parameters
        ----------
        feature_set : FeatureSet
            The set.

        Returns
        -------
        bool
            Whether there is a shard.
        """
        return bool(shards.list_shards(self.set_folder(feature_set)))

    def keys(self, feature_set: FeatureSet) -> set[str]:
        """Return the keys of the clips whose features are in the store.

        Parameters
        ----------
        feature_set : FeatureSet
            The set.

        Returns
        -------
        set of str
            SHA-256 of each clip's file.
        """
        folder = self.set_folder(feature_set)
        for shard in shards.list_shards(folder):
            mark_used(shard)
        return shards.read_keys(folder)

    def write(self, feature_set: FeatureSet, rows: Mapping[str, np.ndarray]) -> None:
        """Add a shard of features.

        Parameters
        ----------
        feature_set : FeatureSet
            The set.
        rows : mapping of str to ndarray of float32, shape (d,) or (t, d)
            Features by the clip's key.
        """
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
            }
        )
        shards.write(folder, table)

    def read(self, feature_set: FeatureSet, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """Return the features of clips.

        Parameters
        ----------
        feature_set : FeatureSet
            The set.
        keys : iterable of str
            SHA-256 of each clip's file.

        Returns
        -------
        dict of str to ndarray of float32, shape (d,) or (t, d)
            Features by the clip's key.

        Raises
        ------
        StoreError
            If a key is missing or a shard is damaged.
        """
        missing = set(keys)
        features: dict[str, np.ndarray] = {}
        shape = (1 if feature_set.kind == "vector" else 2, feature_set.dimension)
        for shard, table in shards.read_shards(self.set_folder(feature_set), FEATURE_COLUMNS):
            try:
                for key, values in shards.rows(table):
                    if key in missing:
                        if (values.ndim, values.shape[-1]) != shape:
                            raise ValueError(f"expected {feature_set.dimension} columns, got shape {values.shape}")
                        features[key] = values
                        missing.discard(key)
            except ValueError as error:
                raise shards.damage_error(shard, str(error)) from None
        if missing:
            raise StoreError(
                f"{self.folder} has no {feature_set.name} of {plural(len(missing), 'clip')}; run ser-bench extract"
            )
        return features

    def clip_metadata(self, reader: str = "") -> dict[str, dict[str, Any]]:
        """Return the metadata of every clip decoded so far.

        Parameters
        ----------
        reader : str
            Version of the code that reads clips: errors of other versions are left out. Empty keeps all.

        Returns
        -------
        dict of str to dict
            A mapping with :data:`METADATA_COLUMNS` and :data:`ADDED_COLUMNS` by the clip's key.
        """
        added = {name: alias for name, (alias, _) in ADDED_COLUMNS.items()}
        defaults = {name: default for name, (_, default) in ADDED_COLUMNS.items()}
        metadata: dict[str, dict[str, Any]] = {}
        for _, table in shards.read_shards(self.folder / METADATA_FOLDER, METADATA_COLUMNS, added):
            for row in (defaults | row for row in table.to_pylist()):
                if row["error"] and reader and row["reader"] != reader:
                    continue
                best = metadata.setdefault(row["key"], row)
                if (not row["error"], row["reader"] != "") > (not best["error"], best["reader"] != ""):
                    metadata[row["key"]] = row
        return metadata

    def write_clip_metadata(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add a shard of clip metadata.

        Parameters
        ----------
        rows : iterable of mapping
            One mapping with :data:`METADATA_COLUMNS` and :data:`ADDED_COLUMNS` per clip.
        """
        import pyarrow as pa

        rows = [dict(row) for row in rows]
        if rows:
            columns = METADATA_COLUMNS | {name: alias for name, (alias, _) in ADDED_COLUMNS.items()}
            schema = pa.schema([(name, pa.type_for_alias(alias)) for name, alias in columns.items()])
            shards.write(self.folder / METADATA_FOLDER, pa.Table.from_pylist(rows, schema=schema))

    def verify(self) -> Iterator[str]:
        """Read every shard of the store and verify its checksum.

        Yields
        ------
        str
            A message for each damaged shard, with the remedy.
        """
        for folder in (self.folder / METADATA_FOLDER, *sorted((self.folder / "features").glob("*/"))):
            for shard in shards.list_shards(folder):
                if reason := shards.find_damage(shard):
                    yield str(shards.damage_error(shard, reason))


def _describe(folder: Path, feature_set: FeatureSet) -> None:
    """Write a description of the feature set for readers of the folder."""
    description = folder / "set.json"
    if not description.exists():
        content = {
            "name": feature_set.name,
            "kind": feature_set.kind,
            "version": feature_set.version,
            "parameters": dict(feature_set.parameters),
            "columns": list(feature_set.columns),
        }
        with atomic_write(description) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
