"""The feature store and the hashes of files: values come back by key, and damage is found."""

from __future__ import annotations

import os
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ser_bench.core.errors import StoreError
from ser_bench.core.progress import NoProgress
from ser_bench.features.base import FeatureSet
from ser_bench.store import FEATURE_COLUMNS, FeatureStore, shards
from ser_bench.store.file_hashes import FileHashes


def feature_set(kind="vector", **changes) -> FeatureSet:
    about = {"name": "test", "kind": kind, "summary": "", "source": "", "columns": ("a", "b", "c")}
    return FeatureSet(**about | {"compute": lambda analysis: np.zeros(3, np.float32)} | changes)


@pytest.fixture
def store(tmp_path) -> FeatureStore:
    return FeatureStore(tmp_path / "store")


def rows(*keys: str, t: int = 0) -> dict[str, np.ndarray]:
    shape = (t, 3) if t else (3,)
    return {k: np.random.default_rng(i).standard_normal(shape).astype(np.float32) for i, k in enumerate(keys)}


@pytest.mark.parametrize(("kind", "t"), [("vector", 0), ("frames", 1), ("frames", 7)])
def test_rows_are_read_by_key_from_several_shards(store, kind, t):
    test_set = feature_set(kind)
    first, second = rows("x", "y", t=t), rows("z", t=t)
    store.write(test_set, first)
    store.write(test_set, second)
    read = store.read(test_set, ["z", "x"])
    assert store.keys(test_set) == {"x", "y", "z"}
    assert set(read) == {"x", "z"}
    np.testing.assert_array_equal(read["x"], first["x"])
    np.testing.assert_array_equal(read["z"], second["z"])


def test_other_parameters_or_another_version_use_another_folder(store):
    store.write(feature_set(), rows("x"))
    assert store.keys(feature_set(parameters={"n_mfcc": 20})) == set()
    assert store.keys(feature_set(version=2)) == set()


def test_pandas_reads_the_folder_of_a_set(store):
    store.write(feature_set(), rows("x", "y"))
    folder = store.set_folder(feature_set())
    table = pd.read_parquet(sorted(folder.glob("*.parquet")))
    assert table["key"].tolist() == ["x", "y"]


def test_error_for_a_missing_row_names_the_command_to_run(store):
    store.write(feature_set(), rows("x"))
    with pytest.raises(StoreError, match="has no test of 1 clip; run ser-bench extract"):
        store.read(feature_set(), ["x", "y"])


def damage(store: FeatureStore) -> None:
    """Flip a byte in the middle of every shard."""
    for shard in store.folder.rglob("*.parquet"):
        content = bytearray(shard.read_bytes())
        content[len(content) // 3] ^= 0xFF
        shard.write_bytes(content)


def test_verify_names_a_damaged_shard_and_the_remedy(store):
    store.write(feature_set(), rows(*(f"k{i}" for i in range(50))))
    assert list(store.verify()) == []
    damage(store)
    (line,) = store.verify()
    assert line.startswith("damaged: ")
    assert "(checksum mismatch)\ndelete it and run ser-bench extract" in line


def test_damaged_values_are_never_read(store):
    values = rows(*(f"k{i}" for i in range(50)))
    store.write(feature_set(), values)
    damage(store)
    with pytest.raises(StoreError, match=r"damaged: .*checksum mismatch"):
        store.read(feature_set(), values)


def test_folder_that_cannot_be_written_is_refused_with_a_hint(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"(?s)cannot write to.*--store"):
        FeatureStore(tmp_path / "file" / "store").prepare()


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clips" / "a.wav"
    path.parent.mkdir()
    path.write_bytes(b"sound")
    os.utime(path, (time.time() - 60,) * 2)
    return path


def hashed(tmp_path, path) -> str:
    return FileHashes(tmp_path / "store", path.parent).hash_files([str(path)])[0][str(path)]


def test_unchanged_file_is_not_read_again(tmp_path, clip, monkeypatch):
    before = hashed(tmp_path, clip)
    monkeypatch.setattr("ser_bench.store.file_hashes._hashed", lambda path: pytest.fail(f"{path} was read"))
    assert hashed(tmp_path, clip) == before


def test_changed_file_is_read_again(tmp_path, clip):
    before = hashed(tmp_path, clip)
    clip.write_bytes(b"other")
    os.utime(clip, (time.time() - 30,) * 2)
    assert hashed(tmp_path, clip) != before


def test_file_changed_within_two_seconds_is_read_again(tmp_path, clip):
    os.utime(clip)
    stat = clip.stat()
    before = hashed(tmp_path, clip)
    clip.write_bytes(b"other")
    os.utime(clip, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert hashed(tmp_path, clip) != before


def test_damaged_hash_cache_is_ignored(tmp_path, clip):
    before = hashed(tmp_path, clip)
    (file,) = (tmp_path / "store" / "index").iterdir()
    file.write_text("{broken")
    assert hashed(tmp_path, clip) == before


def test_missing_file_is_named(tmp_path, clip):
    hashes, errors = FileHashes(tmp_path / "store", clip.parent).hash_files([str(clip), str(clip) + "x"])
    assert list(hashes) == [str(clip)]
    assert "cannot be opened" in errors[str(clip) + "x"]


def write_shard(store, **columns) -> None:
    """Write a shard of one row, with other columns and the right checksum."""
    store.write(feature_set(), rows("a"))
    (shard,) = shards.list_shards(store.set_folder(feature_set()))
    table = pq.read_table(shard)
    shard.unlink()
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    shards.write(shard.parent, table)


def test_shard_with_columns_of_other_types_moves_to_quarantine(store):
    write_shard(store, t=pa.array(["0"]))
    store.quarantine_damaged((feature_set(),), NoProgress())
    assert store.keys(feature_set()) == set()
    assert len(list((store.folder / "quarantine").iterdir())) == 1


def test_shard_is_read_whatever_arrow_names_the_element_of_a_list():
    for name in ("item", "element"):
        schema = pa.schema([("values", pa.list_(pa.field(name, pa.float32())))])
        shards._check_columns(schema, {"values": FEATURE_COLUMNS["values"]})


@pytest.mark.parametrize("columns", [{"d": pa.array([1], pa.int32())}, {"t": pa.array([-1], pa.int32())}])
def test_row_of_another_shape_is_refused_with_the_remedy(store, columns):
    write_shard(store, **columns)
    with pytest.raises(StoreError, match="delete it and run ser-bench extract"):
        store.read(feature_set(), ["a"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_pipes_and_links_are_not_shards(store, tmp_path):
    folder = store.set_folder(feature_set())
    store.write(feature_set(), rows("a"))
    (shard,) = shards.list_shards(folder)
    shard.rename(tmp_path / shard.name)
    shard.symlink_to(tmp_path / shard.name)
    os.mkfifo(folder / "pipe.parquet")
    assert store.keys(feature_set()) == set()
