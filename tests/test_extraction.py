"""Extraction: sound clips land in the store once, bad ones are named, and nothing is computed twice."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from ser_bench import corpora, extraction, features
from ser_bench.errors import CorpusError
from ser_bench.extraction import extract, load_everything, workers_ready
from ser_bench.store import FeatureStore

from .conftest import tone

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


def test_every_clip_s_features_are_those_of_the_function_itself(folder, store):
    done = run(folder, store, "mfcc+chroma")
    assert done.clips["clip"].tolist() == sorted(NAMES)
    from ser_bench.audio import load

    for feature_set in features.parse("mfcc+chroma"):
        rows = store.read(feature_set, done.clips["key"])
        for key, path in zip(done.clips["key"], done.clips["path"], strict=True):
            np.testing.assert_array_equal(rows[key], features.compute([feature_set], *load(path))[feature_set.name])


def test_what_is_there_is_not_computed_again(folder, store, write_wav):
    assert run(folder, store).computed == 4
    assert run(folder, store).computed == 0
    assert run(folder, store, "mfcc+chroma").computed == 4
    write_wav(folder / f"{NAMES[0]}.wav", tone(f0=300))
    assert run(folder, store, "mfcc+chroma").computed == 1


def test_a_moved_corpus_finds_its_features_again(folder, store, tmp_path):
    run(folder, store)
    shutil.move(folder, tmp_path / "elsewhere")
    assert run(tmp_path / "elsewhere", store).computed == 0


def test_bad_clips_are_named_with_their_reasons_and_the_others_kept(folder, store, write_wav):
    write_wav(folder / "03-01-01-01-01-01-03.wav", np.zeros(16000))
    (folder / "03-01-01-01-02-01-03.wav").write_bytes(b"")
    (folder / "03-01-02-01-01-01-03.wav").write_text("not a sound")
    for _ in range(2):  # the second time from what the store remembers
        done = run(folder, store)
        assert len(done.clips) == 4
        assert [Path(p.path).stem for p in done.problems] == [
            "03-01-01-01-01-01-03",
            "03-01-01-01-02-01-03",
            "03-01-02-01-01-01-03",
        ]
        assert [p.reason.split(":")[0].split(" (")[0] for p in done.problems] == [
            "silent",
            "empty file",
            "not an audio file that can be read",
        ]


def test_identical_samples_count_once_and_the_later_is_named(folder, store):
    shutil.copy(folder / f"{NAMES[0]}.wav", folder / "03-01-03-01-01-02-01.wav")
    done = run(folder, store)
    assert len(done.clips) == 4
    assert [(p.path, p.reason) for p in done.dropped] == [
        ("03-01-03-01-01-02-01", f"holds the same samples as {NAMES[0]}")
    ]


def test_a_corpus_of_bad_clips_only_is_refused(tmp_path, store):
    (tmp_path / "03-01-01-01-01-01-01.wav").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"no clip of ravdess can be used.*empty file"):
        run(tmp_path, store)


def test_the_fingerprint_tells_the_corpus_by_content(folder, store, tmp_path, write_wav):
    before = run(folder, store).fingerprint
    shutil.copytree(folder, tmp_path / "copy")
    assert run(tmp_path / "copy", store).fingerprint == before
    write_wav(folder / f"{NAMES[0]}.wav", tone(f0=300))
    assert run(folder, store).fingerprint != before


def test_workers_are_warmed_where_the_store_is_empty_only(folder, store, monkeypatch):
    warmed = []
    monkeypatch.setattr(extraction, "warm_workers", lambda *given, jobs: warmed.append(given) or nullcontext())
    sets = features.parse("mfcc")
    workers_ready(sets, store, 1)
    assert warmed == [(load_everything, sets)]
    run(folder, store)
    workers_ready(sets, store, 1)
    assert len(warmed) == 1


def test_every_set_can_be_loaded_before_there_is_a_clip():
    load_everything(tuple(features.FEATURE_SETS.values()))
