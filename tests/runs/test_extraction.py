"""Extraction: each usable clip is computed once, and unusable clips are reported."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ser_bench import audio, corpora, features
from ser_bench.core.errors import CorpusError, StoreError
from ser_bench.features.base import FeatureSet
from ser_bench.runs import extraction
from ser_bench.runs.extraction import extract, preload_sets, remote, warm_up_workers
from ser_bench.runs.results.losses import report_problems
from ser_bench.runs.workers import TaskResult
from ser_bench.store import FeatureStore
from tests.conftest import tone
from tests.features.installed import INSTALLED

NAMES = ("03-01-03-01-01-01-01", "03-01-04-01-01-01-01", "03-01-05-01-01-01-02", "03-01-06-01-01-01-02")


@pytest.fixture
def folder(tmp_path, write_wav) -> Path:
    """A RAVDESS-like folder of four short sounds."""
    for i, name in enumerate(NAMES):
        write_wav(tmp_path / "ravdess" / f"{name}.wav", tone(f0=100 + 20 * i, seed=i))
    return tmp_path / "ravdess"


@pytest.fixture
def store(tmp_path) -> FeatureStore:
    return FeatureStore(tmp_path / "store")


def run(folder: Path, store: FeatureStore, sets: str = "mfcc"):
    opened = corpora.open_corpus("ravdess", folder)
    return extract(opened, features.parse(sets), store, jobs=1)


def test_stored_features_equal_those_of_compute(folder, store):
    done = run(folder, store, "mfcc+chroma")
    assert done.clips["clip"].tolist() == sorted(NAMES)
    from ser_bench.audio import load

    for feature_set in features.parse("mfcc+chroma"):
        rows = store.read(feature_set, done.clips["key"])
        for key, path in zip(done.clips["key"], done.clips["path"], strict=True):
            np.testing.assert_array_equal(rows[key], features.compute([feature_set], *load(path))[feature_set.name])


def test_stored_features_are_not_computed_again(folder, store, write_wav):
    assert run(folder, store).n_computed == 4
    assert run(folder, store).n_computed == 0
    assert run(folder, store, "mfcc+chroma").n_computed == 4
    write_wav(folder / f"{NAMES[0]}.wav", tone(f0=300))
    assert run(folder, store, "mfcc+chroma").n_computed == 1


def test_features_are_found_after_the_corpus_moved(folder, store, tmp_path):
    run(folder, store)
    shutil.move(folder, tmp_path / "elsewhere")
    assert run(tmp_path / "elsewhere", store).n_computed == 0


def clips_of(done):
    """Return the clips that could not be used, without the classes and speakers that are lost with them."""
    return [problem for problem in done.problems if problem.kind == "clip"]


def test_unusable_clips_are_reported_and_the_others_kept(folder, store, write_wav):
    write_wav(folder / "03-01-01-01-01-01-03.wav", np.zeros(16000))
    (folder / "03-01-01-01-02-01-03.wav").write_bytes(b"")
    (folder / "03-01-02-01-01-01-03.wav").write_text("not a sound")
    for _ in range(2):  # the second time from what the store remembers
        done = run(folder, store)
        assert len(done.clips) == 4
        assert [(p.kind, p.path, p.reason) for p in done.problems if p.kind != "clip"] == [
            ("class", "calm", "no clip can be read: 1 clip"),
            ("class", "neutral", "no clip can be read: 2 clips"),
            ("speaker", "03", "no clip can be read: 3 clips"),
        ]
        assert [Path(p.path).stem for p in clips_of(done)] == [
            "03-01-01-01-01-01-03",
            "03-01-01-01-02-01-03",
            "03-01-02-01-01-01-03",
        ]
        assert [p.reason.split(":")[0].split(" (")[0] for p in clips_of(done)] == [
            "silent",
            "empty file",
            "not an audio file but a text file",
        ]


@pytest.mark.parametrize("columns", [{}, {"reader": "earlier", "total": 0, "channel": 0}])
def test_a_stored_error_expires_when_the_reader_changes(folder, store, monkeypatch, columns):
    key = hashlib.sha256((folder / f"{NAMES[0]}.wav").read_bytes()).hexdigest()
    row = {"key": key, "digest": "", "sr": 0, "samples": 0, "error": "truncated", "length": 0.0, "fingerprint": b""}
    with monkeypatch.context() as earlier:
        if not columns:
            earlier.setattr("ser_bench.store.ADDED_COLUMNS", {})  # as a version without these columns
        store.write_clip_metadata([row | columns])
    done = run(folder, store)
    assert (done.n_computed, done.problems, len(done.clips)) == (4, (), 4)
    (folder / f"{NAMES[1]}.wav").write_bytes(b"")
    assert run(folder, store).n_computed == 1
    done = run(folder, store)
    assert (done.n_computed, [problem.reason for problem in clips_of(done)]) == (0, ["empty file"])


def test_channels_that_cancel_give_a_warning_also_from_the_store(folder, store, write_wav):
    y = tone(f0=111)
    for name in NAMES[:2]:
        write_wav(folder / f"{name}.wav", np.stack([y, -y], axis=1))
        y = tone(f0=222)
    for _ in range(2):
        done = run(folder, store)
        warning = f"{NAMES[0]}: the channels cancel (inverted polarity); only channel 1 is used (and 1 more)"
        assert warning in done.warnings
        assert len(done.clips) == 4


def test_clips_with_identical_samples_are_dropped_and_named(folder, store):
    shutil.copy(folder / f"{NAMES[0]}.wav", folder / "03-01-03-01-01-02-01.wav")
    done = run(folder, store)
    assert len(done.clips) == 4
    assert [(p.path, p.reason) for p in done.duplicates] == [
        ("03-01-03-01-01-02-01", f"holds the same samples as {NAMES[0]}")
    ]


def test_a_corpus_without_usable_clips_is_an_error(tmp_path, store):
    (tmp_path / "03-01-01-01-01-01-01.wav").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"no clip of ravdess can be used.*empty file"):
        run(tmp_path, store)


def test_the_fingerprint_depends_on_the_content_only(folder, store, tmp_path, write_wav):
    before = run(folder, store).fingerprint
    shutil.copytree(folder, tmp_path / "copy")
    assert run(tmp_path / "copy", store).fingerprint == before
    write_wav(folder / f"{NAMES[0]}.wav", tone(f0=300))
    assert run(folder, store).fingerprint != before


def test_workers_are_warmed_up_only_if_the_store_is_empty(folder, store, monkeypatch):
    warmed = []
    monkeypatch.setattr(extraction, "start_workers", lambda *given, jobs: warmed.append(given) or nullcontext())
    sets = features.parse("mfcc")
    warm_up_workers(sets, store, 1)
    assert warmed == [(preload_sets, sets)]
    run(folder, store)
    warm_up_workers(sets, store, 1)
    assert len(warmed) == 1


def test_every_feature_set_can_be_preloaded():
    preload_sets(tuple(INSTALLED.values()))


def test_workers_need_the_files_of_feature_sets_and_equal_versions_of_their_extras():
    plain, egemaps = features.FEATURE_SETS["mfcc"], features.FEATURE_SETS["egemaps"]
    network = replace(plain, name="network", files=("/networks/a.onnx",), needs=("onnxruntime",), extra="onnx")
    requirements = remote._requirements(["clip.wav"], [plain, egemaps, network])
    assert requirements.visible == (Path("clip.wav"), Path("/networks/a.onnx"))
    assert requirements.libraries[-2:] == ("opensmile", "onnxruntime")
    assert "numba" not in requirements.libraries


LOUD = 0.9
"""Peak above which the feature sets below fail."""


def _level(analysis):
    return np.array([np.abs(analysis.y).max()], np.float32)


def _raising(analysis):
    if np.abs(analysis.y).max() > LOUD:
        raise ZeroDivisionError("first line\nsecond line")
    return _level(analysis)


def _exiting(analysis):
    if np.abs(analysis.y).max() > LOUD:
        sys.exit(3)
    return _level(analysis)


def _deadly(analysis):
    if np.abs(analysis.y).max() > LOUD:
        os._exit(9)
    return _level(analysis)


def _segfault(analysis):
    if np.abs(analysis.y).max() > LOUD:
        os.kill(os.getpid(), signal.SIGSEGV)
    return _level(analysis)


def made_set(compute, name: str = "odd") -> FeatureSet:
    return FeatureSet(name=name, kind="vector", summary="", source="", columns=("level",), compute=compute)


@pytest.fixture
def opened(folder, write_wav):
    """The four sounds and a fifth one, on which the feature sets below fail."""
    write_wav(folder / "03-01-07-01-01-01-03.wav", np.clip(20 * tone(), -0.99, 0.99))
    return corpora.open_corpus("ravdess", folder)


@pytest.mark.parametrize(
    ("compute", "reason"),
    [(_raising, "ZeroDivisionError: first line"), (_exiting, "it called sys.exit(3)")],
)
def test_a_failing_set_affects_one_clip_only(opened, store, compute, reason):
    sets = (made_set(compute), *features.parse("mfcc"))
    done = extract(opened, sets, store, jobs=2)
    assert done.clips["clip"].tolist() == sorted(NAMES)
    assert [(Path(p.path).stem, p.reason) for p in clips_of(done)] == [
        ("03-01-07-01-01-01-03", f"odd failed: {reason}")
    ]
    assert len(extract(opened, sets[1:], store, jobs=1).clips) == 5


@pytest.mark.parametrize("compute", [_deadly, pytest.param(_segfault, marks=pytest.mark.slow)])
def test_a_clip_that_kills_its_worker_is_found_and_the_others_are_computed(opened, store, compute):
    done = extract(opened, (made_set(compute),), store, jobs=1)
    assert done.clips["clip"].tolist() == sorted(NAMES)
    assert [Path(p.path).stem for p in clips_of(done)] == ["03-01-07-01-01-01-03"]
    assert "its worker process died" in done.problems[0].reason
    assert store.keys(made_set(compute)) == set(done.clips["key"])


def test_failures_of_a_set_are_not_recorded_in_the_store(opened, store):
    assert len(clips_of(extract(opened, (made_set(_raising),), store, jobs=1))) == 1
    mended = extract(opened, (made_set(_level),), store, jobs=1)
    assert (len(mended.clips), mended.n_computed, mended.problems) == (5, 1, ())


def test_extraction_stops_if_workers_keep_dying(folder, store, monkeypatch):
    tried = []

    def all_die(function, tasks, **_):
        for key, batch in tasks:
            tried.append(len(batch.clips))
            yield TaskResult(key, error="its worker process died", status="died")

    monkeypatch.setattr(extraction, "_MAX_DEATHS", 2)
    monkeypatch.setattr(extraction, "run_tasks", all_die)
    with pytest.raises(StoreError, match=r"extraction stopped: 2 clips in a row failed: its worker process died"):
        run(folder, store)
    assert tried == [4, 1, 1]


def test_large_features_are_written_before_the_end_of_a_batch(folder, store, monkeypatch):
    from ser_bench.runs.extraction import worker as batches

    monkeypatch.setattr(batches, "_SHARD_BYTES", 1)
    keys = [(str(i), str(folder / f"{name}.wav")) for i, name in enumerate(NAMES)]
    (mfcc,) = features.parse("mfcc")
    batches.extract_batch(batches.Batch(store.folder, tuple(keys), ((mfcc, frozenset("0123")),)))
    assert len(list(store.set_folder(mfcc).glob("*.parquet"))) == 4
    assert store.keys(mfcc) == set("0123")


class Listener(extraction.NoProgress):
    """Records warnings."""

    def __init__(self):
        self.warnings = []

    def warning(self, text):
        self.warnings.append(text)


def test_long_recordings_give_one_warning(tmp_path, store, write_wav):
    sr, listener = 4000, Listener()
    for i in range(3):
        write_wav(tmp_path / f"{i}.wav", tone((audio.MAX_SECONDS, 301, 302)[i], sr=sr, seed=i), sr=sr)
    rows = [f"{i}.wav,anna,happy" for i in range(3)]
    (tmp_path / "m.csv").write_text("\n".join(["path,speaker,emotion", *rows]))
    opened = corpora.open_corpus(str(tmp_path / "m.csv"), None)
    report_problems(opened, extract(opened, (made_set(_level),), store, jobs=1), listener)
    assert listener.warnings == ["1.wav: long recording; only its middle 300 s of 301 s are used (and 1 more)"]
