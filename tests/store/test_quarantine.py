"""Damaged files of the store: found, moved to quarantine with a warning, and only their content computed again."""

from __future__ import annotations

import dataclasses
import errno
import io
import os
import shutil
import time
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_bench import corpora, features
from ser_bench.core.errors import StoreError
from ser_bench.core.progress import NoProgress
from ser_bench.runs import sealed_archive
from ser_bench.runs.extraction import extract
from ser_bench.runs.extraction.near_identical import FINGERPRINT
from ser_bench.runs.extraction.worker import Batch, extract_batch
from ser_bench.runs.fit import FitResult
from ser_bench.runs.fit_cache import FitCache
from ser_bench.store import FeatureStore
from ser_bench.store.file_hashes import FileHashes
from ser_bench.store.quarantine import move_to_quarantine
from ser_bench.store.shards import find_damage
from tests.conftest import tone

NAMES = ("03-01-03-01-01-01-01", "03-01-04-01-01-01-01", "03-01-05-01-01-01-02", "03-01-06-01-01-01-02")
(MFCC,) = features.parse("mfcc")


class Listener(NoProgress):
    """Records the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A corpus of four short clips."""
    folder = tmp_path_factory.mktemp("corpus") / "ravdess"
    folder.mkdir()
    for i, name in enumerate(NAMES):
        soundfile.write(folder / f"{name}.wav", tone(f0=100 + 20 * i, seed=i), 16000)
    return corpora.open_corpus("ravdess", folder)


@pytest.fixture
def store(tmp_path, original) -> FeatureStore:
    """A copy of a store in which every clip has a shard of its own."""
    return FeatureStore(shutil.copytree(original, tmp_path / "store"))


@pytest.fixture(scope="module")
def original(tmp_path_factory, opened) -> Path:
    store = FeatureStore(tmp_path_factory.mktemp("store"))
    store.prepare()
    keys, _ = FileHashes(store.folder, opened.folder).hash_files(opened.clips["path"])
    for path, key in keys.items():
        extract_batch(Batch(store.folder, ((key, path),), ((MFCC, frozenset([key])), (FINGERPRINT, frozenset([key])))))
    return store.folder


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flipped, truncated, emptied])
@pytest.mark.parametrize("folder", ["features", "clips"])
def test_damaged_shard_moves_to_quarantine_and_only_its_clip_is_computed_again(store, opened, folder, damage):
    before = extract(opened, (MFCC,), store, jobs=1)
    values = store.read(MFCC, before.clips["key"])
    shard = min((store.folder / folder).rglob("*.parquet"))
    damage(shard)
    damaged, listener = shard.read_bytes(), Listener()
    after = extract(opened, (MFCC,), store, jobs=1, progress=listener)
    assert (before.n_computed, after.n_computed, after.fingerprint) == (0, 1, before.fingerprint)
    (warning,) = listener.warnings
    assert warning.startswith(f"damaged: {shard} (")
    assert warning.endswith(", recomputing its clips")
    assert [path.read_bytes() for path in (store.folder / "quarantine").iterdir()] == [damaged]
    again = store.read(MFCC, before.clips["key"])
    assert all(np.array_equal(again[key], values[key]) for key in values)


def failing_for(monkeypatch, shard: Path, error: OSError) -> None:
    """Make the bytes of a shard unreadable."""
    read_bytes = Path.read_bytes

    def read(path: Path) -> bytes:
        if path == shard:
            raise error
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read)


def test_shard_that_the_disk_cannot_read_moves_to_quarantine(store, opened, monkeypatch):
    shard = min(store.set_folder(MFCC).glob("*.parquet"))
    failing_for(monkeypatch, shard, OSError(errno.EIO, "Input/output error"))
    listener = Listener()
    assert extract(opened, (MFCC,), store, jobs=1, progress=listener).n_computed == 1
    (warning,) = listener.warnings
    assert warning.startswith(f"damaged: {shard} (Input/output error)")


def test_shard_without_permission_to_read_it_is_named(store, monkeypatch):
    shard = min(store.set_folder(MFCC).glob("*.parquet"))
    failing_for(monkeypatch, shard, PermissionError(errno.EACCES, "Permission denied"))
    for use in (lambda: store.quarantine_damaged((MFCC,), NoProgress()), lambda: store.read(MFCC, ["a"])):
        with pytest.raises(StoreError, match=f"cannot read {shard}: Permission denied"):
            use()


def test_every_flipped_bit_of_a_shard_is_found(store):
    shard = min(store.set_folder(MFCC).glob("*.parquet"))
    content = shard.read_bytes()
    for bit in np.random.default_rng(0).integers(0, 8 * len(content), 100):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << (bit % 8)
        shard.write_bytes(changed)
        assert find_damage(shard)


def test_file_that_another_run_has_just_moved_causes_no_warning(store):
    listener = Listener()
    move_to_quarantine(store.folder, store.folder / "features" / "gone.parquet", "empty", "nothing", listener)
    assert listener.warnings == []
    assert find_damage(store.folder / "features" / "gone.parquet") == ""


def test_error_for_a_damaged_file_that_cannot_be_moved_says_what_to_do(store):
    (store.folder / "quarantine").write_text("a file is in the way")
    shard = min(store.set_folder(MFCC).glob("*.parquet"))
    truncated(shard)
    with pytest.raises(StoreError, match=r"delete it; moving it to .* failed"):
        store.quarantine_damaged((MFCC,), NoProgress())


SHUFFLED = {"a": np.array(["x", "y"])}
RESULT = FitResult(np.array(["sad", "happy"]), np.eye(2, dtype=np.float32), 1.0, 0.1, shuffled=SHUFFLED)


@pytest.fixture
def fit(tmp_path) -> Path:
    """The file of a saved fit under the key ``aa``."""
    FitCache(tmp_path).save("aa", RESULT)
    return tmp_path / "fits" / "aa" / "aa.npz"


@pytest.mark.parametrize("damage", [flipped, truncated, emptied])
def test_damaged_fit_moves_to_quarantine_with_a_warning(fit, tmp_path, damage):
    damage(fit)
    listener = Listener()
    assert FitCache(tmp_path, listener).load("aa") is None
    (warning,) = listener.warnings
    assert warning.startswith(f"damaged: {fit} (")
    assert warning.endswith(", recomputing the fit")
    assert not fit.exists()
    assert len(list((tmp_path / "quarantine").iterdir())) == 1


def test_calibration_and_end_of_training_are_read_as_saved(tmp_path):
    ended = {"epochs": 9, "best_epoch": 7, "why": "patience"}
    numbers = {"temperature": 1.5, "set_threshold": 0.9, "calibration_clips": 8, "calibration_speakers": 2}
    result = dataclasses.replace(RESULT, uncalibrated=np.eye(2), n_weights=12, ended=ended, **numbers)
    FitCache(tmp_path).save("aa", result)
    read = FitCache(tmp_path).load("aa")
    np.testing.assert_array_equal(read.uncalibrated, np.eye(2))
    assert (read.n_weights, read.ended) == (12, ended)
    assert {name: getattr(read, name) for name in numbers} == numbers
    plain = FitCache(tmp_path)
    plain.save("ab", RESULT)
    assert plain.load("ab").uncalibrated is None
    assert plain.load("ab").temperature is None


def test_missing_fit_causes_no_warning(tmp_path):
    listener = Listener()
    assert FitCache(tmp_path, listener).load("aa") is None
    assert listener.warnings == []


def test_fit_with_any_byte_changed_is_read_unchanged_or_refused(fit, tmp_path):
    """Bytes that a reader of archives ignores, such as a date, change no value."""
    content = fit.read_bytes()
    for index in range(len(content)):
        changed = bytearray(content)
        changed[index] ^= 0xFF
        fit.write_bytes(changed)
        read = FitCache(tmp_path).load("aa")
        assert read is None or (read.probabilities == RESULT.probabilities).all()
        assert read is None or (read.predicted == RESULT.predicted).all()


def test_fit_under_the_name_of_another_is_refused(fit, tmp_path):
    (fit.parent.with_name("ab")).mkdir()
    fit.rename(tmp_path / "fits" / "ab" / "ab.npz")
    (message,) = FitCache(tmp_path).verify()
    assert "checksum mismatch" in message
    listener = Listener()
    assert FitCache(tmp_path, listener).load("ab") is None
    assert "checksum mismatch" in listener.warnings[0]


@pytest.mark.parametrize(
    ("n_test", "labels", "kept"), [(2, ("happy", "sad"), True), (3, ("happy", "sad"), False), (2, ("a", "b"), False)]
)
def test_fit_of_other_clips_or_labels_moves_to_quarantine(fit, tmp_path, n_test, labels, kept):
    FitCache(tmp_path).save("aa", dataclasses.replace(RESULT, shuffled={}))
    assert (FitCache(tmp_path).load("aa", n_test, labels) is not None) == kept
    assert fit.exists() == kept


@pytest.mark.parametrize(
    "invalid",
    [
        {"predicted": np.array("sad")},
        {"predicted": np.array([1.0, 2.0])},
        {"probabilities": np.zeros(2)},
        {"probabilities": np.full((2, 2), np.nan)},
        {"shuffled": {"a": np.array(["x"])}},
        {"history": {"loss": [1.0], "accuracy": [1.0, 2.0]}},
        {"history": {"loss": ["low"]}},
        {"fit_seconds": "long"},
        {"model_bytes": -1},
        {"uncalibrated": np.zeros((2, 3))},
        {"temperature": 0.0},
        {"set_threshold": 1.5},
        {"calibration_clips": -1},
        {"ended": {"epochs": 3, "best_epoch": 2, "why": "boredom"}},
    ],
)
def test_forged_fit_with_the_right_checksum_moves_to_quarantine(fit, tmp_path, invalid):
    FitCache(tmp_path).save("aa", dataclasses.replace(RESULT, **invalid))
    assert len(list(FitCache(tmp_path).verify())) == 1
    assert FitCache(tmp_path).load("aa") is None
    assert not fit.exists()


def test_forged_archive_with_the_right_checksum_moves_to_quarantine(fit, tmp_path):
    fit.write_bytes(b"PK" + sealed_archive._checksum("aa", b"PK"))
    listener = Listener()
    assert FitCache(tmp_path, listener).load("aa") is None
    assert "invalid content" in listener.warnings[0]


def test_hash_cache_with_swapped_keys_is_ignored(tmp_path, opened):
    index = FileHashes(tmp_path / "store", tmp_path)
    for path in opened.clips["path"]:
        os.utime(path, (time.time() - 60,) * 2)
    keys, _ = index.hash_files(opened.clips["path"])
    (file,) = (tmp_path / "store" / "index").iterdir()
    first, second = list(keys.values())[:2]
    text = file.read_text()
    assert first in text
    file.write_text(text.replace(first, "x").replace(second, first).replace("x", second))
    assert FileHashes(tmp_path / "store", tmp_path).hash_files(opened.clips["path"])[0] == keys


def test_array_that_claims_a_huge_size_takes_no_memory(fit, tmp_path):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<U9", "fortran_order": False, "shape": (10**8,)})
    with zipfile.ZipFile(fit) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(fit, "w") as archive:
        for name, member in (members | {"predicted.npy": stream.getvalue()}).items():
            archive.writestr(name, member)
    tracemalloc.start()
    assert FitCache(tmp_path).load("aa") is None
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_damaged_files_do_not_follow_a_link_out_of_the_store(fit, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "quarantine").symlink_to(tmp_path / "elsewhere")
    emptied(fit)
    with pytest.raises(StoreError, match="is a link"):
        FitCache(tmp_path).load("aa")
    assert list((tmp_path / "elsewhere").iterdir()) == []
