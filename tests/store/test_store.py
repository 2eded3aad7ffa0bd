"""The store and its index: what is written comes back, damage is found, and nothing half-written is seen."""

from __future__ import annotations

import json
import os
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ser_bench.core import files
from ser_bench.core.errors import StoreError
from ser_bench.core.progress import NoProgress
from ser_bench.features.base import FeatureSet
from ser_bench.store import FeatureStore, shards
from ser_bench.store import file_hashes as index
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
def test_rows_come_back_by_key_from_several_shards(store, kind, t):
    kept = feature_set(kind)
    first, second = rows("x", "y", t=t), rows("z", t=t)
    store.write(kept, first)
    store.write(kept, second)
    read = store.read(kept, ["z", "x"])
    assert store.keys(kept) == {"x", "y", "z"}
    assert set(read) == {"x", "z"}
    np.testing.assert_array_equal(read["x"], first["x"])
    np.testing.assert_array_equal(read["z"], second["z"])


def test_other_parameters_or_another_version_is_another_place(store):
    store.write(feature_set(), rows("x"))
    assert store.keys(feature_set(parameters={"n_mfcc": 20})) == set()
    assert store.keys(feature_set(version=2)) == set()


def test_pandas_opens_a_set_s_folder(store):
    store.write(feature_set(), rows("x", "y"))
    folder = store.set_folder(feature_set())
    table = pd.read_parquet(sorted(folder.glob("*.parquet")))
    assert table["key"].tolist() == ["x", "y"]


def test_a_missing_row_says_what_to_run(store):
    store.write(feature_set(), rows("x"))
    with pytest.raises(StoreError, match="1 clips have no test"):
        store.read(feature_set(), ["x", "y"])


def damage(store: FeatureStore) -> None:
    """Flip a byte in the middle of every shard."""
    for shard in store.folder.rglob("*.parquet"):
        content = bytearray(shard.read_bytes())
        content[len(content) // 3] ^= 0xFF
        shard.write_bytes(content)


def test_verify_names_a_damaged_shard_and_the_mend(store):
    store.write(feature_set(), rows(*(f"k{i}" for i in range(50))))
    assert list(store.verify()) == []
    damage(store)
    (line,) = store.verify()
    assert "damaged" in line
    assert "moves it aside and computes its clips again" in line


def test_damaged_values_are_never_read(store):
    kept = rows(*(f"k{i}" for i in range(50)))
    store.write(feature_set(), kept)
    damage(store)
    with pytest.raises(StoreError, match="damaged"):
        store.read(feature_set(), kept)


def test_a_folder_that_cannot_be_written_is_refused_with_a_hint(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"(?s)cannot write to.*--store"):
        FeatureStore(tmp_path / "file" / "store").prepare()


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("before")
    with pytest.raises(RuntimeError), files.atomic_write(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_stale_temporary_files_are_removed_and_young_ones_kept(tmp_path):
    old, young, foreign = (
        tmp_path / name for name in (f".a.{8 * '0'}-{12 * 'a'}.tmp", f".b.{8 * '0'}-{12 * 'b'}.tmp", ".vi.tmp")
    )
    scratch = tmp_path / ".scratch-z"
    for path in (old, young, foreign):
        path.write_text("")
    scratch.mkdir()
    for path in (old, foreign, scratch):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    files.remove_stale(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {young.name, foreign.name}


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_what_a_living_process_writes_is_kept_whatever_the_clock_says(tmp_path, monkeypatch):
    with files.scratch_folder(tmp_path) as scratch, files.atomic_write(tmp_path / "a") as temporary:
        monkeypatch.setattr(time, "time", lambda: 4e9)
        files.remove_stale(tmp_path)
        assert scratch.is_dir()
        assert temporary.is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such locks")
def test_what_a_dead_process_of_this_machine_left_is_removed_at_once(tmp_path):
    with files.scratch_folder(tmp_path) as scratch, files.atomic_write(tmp_path / "a") as temporary:
        names = scratch.name, temporary.name
    (tmp_path / names[0]).mkdir()
    (tmp_path / names[1]).touch()
    files.remove_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clips" / "a.wav"
    path.parent.mkdir()
    path.write_bytes(b"sound")
    os.utime(path, (time.time() - 60,) * 2)
    return path


def indexed(tmp_path, path) -> str:
    return FileHashes(tmp_path / "store", path.parent).hash_files([str(path)])[0][str(path)]


def test_an_unchanged_file_is_not_read_again(tmp_path, clip, monkeypatch):
    before = indexed(tmp_path, clip)
    monkeypatch.setattr("ser_bench.store.file_hashes._hashed", lambda path: pytest.fail(f"{path} was read"))
    assert indexed(tmp_path, clip) == before


def test_a_changed_file_is_read_again(tmp_path, clip):
    before = indexed(tmp_path, clip)
    clip.write_bytes(b"other")
    os.utime(clip, (time.time() - 30,) * 2)
    assert indexed(tmp_path, clip) != before


def test_a_file_changed_just_now_is_not_trusted_by_its_time(tmp_path, clip):
    os.utime(clip)
    stat = clip.stat()
    before = indexed(tmp_path, clip)
    clip.write_bytes(b"other")
    os.utime(clip, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert indexed(tmp_path, clip) != before


def test_a_damaged_index_costs_time_and_nothing_else(tmp_path, clip):
    before = indexed(tmp_path, clip)
    (index,) = (tmp_path / "store" / "index").iterdir()
    index.write_text("{broken")
    assert indexed(tmp_path, clip) == before


def test_a_file_that_is_gone_is_named(tmp_path, clip):
    keys, errors = FileHashes(tmp_path / "store", clip.parent).hash_files([str(clip), str(clip) + "x"])
    assert list(keys) == [str(clip)]
    assert "cannot be opened" in errors[str(clip) + "x"]


def replaced(store, **columns) -> None:
    """Write a shard with other columns under the name that its bytes have."""
    held = feature_set()
    store.write(held, rows("a"))
    (shard,) = shards.list_shards(store.set_folder(held))
    table = pq.read_table(shard)
    shard.unlink()
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    shards.write(shard.parent, table)


def test_a_shard_with_columns_of_other_kinds_is_set_aside_though_its_name_is_right(store):
    replaced(store, t=pa.array(["0"]))
    store.quarantine_damaged((feature_set(),), NoProgress())
    assert store.keys(feature_set()) == set()
    assert len(list((store.folder / "quarantine").iterdir())) == 1


def test_a_shard_that_claims_more_rows_than_its_bytes_can_hold_is_not_read(store):
    folder = store.set_folder(feature_set())
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"key": pa.array(["a"] * 100_000)}), folder / f"shard-{'0' * 32}.parquet")
    with pytest.raises(StoreError, match="it claims 100000 rows"):
        store.keys(feature_set())


@pytest.mark.parametrize("columns", [{"d": pa.array([1], pa.int32())}, {"t": pa.array([-1], pa.int32())}])
def test_a_row_of_another_shape_is_refused_with_what_to_do(store, columns):
    replaced(store, **columns)
    with pytest.raises(StoreError, match="delete it"):
        store.read(feature_set(), ["a"])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes")
def test_neither_pipes_nor_links_are_shards(store, tmp_path):
    folder = store.set_folder(feature_set())
    store.write(feature_set(), rows("a"))
    (shard,) = shards.list_shards(folder)
    shard.rename(tmp_path / shard.name)
    shard.symlink_to(tmp_path / shard.name)
    os.mkfifo(folder / "pipe.parquet")
    assert store.keys(feature_set()) == set()


@pytest.mark.parametrize("changes", [{"sr": 0}, {"samples": -1}, {"length": float("nan")}, {"fingerprint": b"short"}])
def test_facts_that_no_clip_has_do_not_count(store, changes):
    fact = {"key": "a", "digest": "d", "sr": 8000, "samples": 9, "error": "", "length": 1.0, "fingerprint": b"p" * 192}
    store.write_clip_metadata([fact, fact | {"key": "b"} | changes])
    assert list(store.clip_metadata()) == ["a"]


@pytest.mark.parametrize("entry", [5, [1, 2, 3, 4], [1, 2, 3, 4, "../x"], {}])
def test_an_index_with_other_entries_is_not_believed_though_its_sum_is_right(tmp_path, clip, entry):
    before = indexed(tmp_path, clip)
    (file,) = (tmp_path / "store" / "index").iterdir()
    known = {str(clip): entry}
    file.write_text(json.dumps({"sha256": index._digest(known), "known": known}))
    assert indexed(tmp_path, clip) == before
