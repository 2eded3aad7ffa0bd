"""Novelty detection: new speakers are not novel, other sounds are; saved values are validated."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from ser_bench.audio import load
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy import load_model, novelty, speech, worker_fit
from ser_bench.deploy.file import container, parts
from ser_bench.deploy.novelty import NoveltyDetector


def voices(speakers, clips=40, width=30, seed=0):
    """Return vectors of speakers who differ by an offset each, and their names."""
    generator = np.random.default_rng(seed)
    mixing = np.random.default_rng(1).normal(size=(8, width))
    offsets = generator.normal(size=(speakers, 1, 8))
    factors = offsets + generator.normal(size=(speakers, clips, 8))
    X = (factors @ mixing + 0.3 * generator.normal(size=(speakers, clips, width))).reshape(-1, width)
    names = np.repeat([f"s{seed}{k:02d}" for k in range(speakers)], clips)
    return (100 + 3 * X).astype(np.float32), names


def test_about_one_percent_of_the_clips_of_new_speakers_is_novel():
    """The bound is wide: the clips of a speaker are novel together."""
    detector = novelty.fit(*voices(24))
    assert detector is not None
    new, _ = voices(40, seed=5)
    assert 0.001 < np.mean(detector.distances(new) > detector.threshold) < 0.04


def test_the_threshold_is_higher_than_that_of_known_speakers():
    X, names = voices(12)
    detector = novelty.fit(X, names)
    assert detector.threshold > np.quantile(detector.distances(X), 0.99)


def test_values_far_from_the_training_data_are_novel_in_and_beyond_the_axes():
    X, names = voices(12)
    detector = novelty.fit(X, names)
    beyond = X[:1].copy()
    beyond[0, 3] += 100
    shuffled = np.random.default_rng(0).permuted(X[:50], axis=1)
    assert detector.distances(beyond)[0] > detector.threshold
    assert np.all(detector.distances(100 + 3 * (X[:1] - 100)) > detector.threshold)
    assert np.mean(detector.distances(shuffled) > detector.threshold) > 0.9


def test_a_speaker_with_many_clips_does_not_decide_the_threshold():
    X, names = voices(12)
    often = np.concatenate([np.arange(len(X)), np.tile(np.flatnonzero(names == names[0]), 20)])
    alone = novelty._speaker_quantile(np.arange(4.0), np.array([0, 0, 1, 2]))
    assert alone == 3.0
    codes = np.unique(names[often], return_inverse=True)[1]
    distances = np.where(codes == 0, 100.0, np.linspace(0, 1, len(codes)))
    assert novelty._speaker_quantile(distances, codes) == 100.0
    assert np.mean(distances == 100.0) > 0.5
    shares = np.where(codes == 0, 100.0, 1.0)
    assert novelty._speaker_quantile(shares[codes != 1], codes[codes != 1]) == 100.0


@pytest.mark.parametrize("names", [["a", "b"] * 20, ["a"] * 40, ["a", "b", "c", ""] * 10])
def test_few_or_unknown_speakers_give_no_detector(names):
    assert novelty.fit(np.random.default_rng(0).normal(size=(40, 5)), np.array(names)) is None


def test_frames_become_mean_and_deviation_without_padding():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(300, 9, 4)).astype(np.float32)
    X[1, 5:] = np.nan
    vectors = novelty.clip_vectors(X)
    assert vectors.shape == (300, 8)
    np.testing.assert_allclose(vectors[1], [*X[1, :5].mean(axis=0), *X[1, :5].std(axis=0)], rtol=1e-5)
    np.testing.assert_array_equal(novelty.clip_vectors(X[:, 0]), X[:, 0])


def test_constant_columns_are_ignored():
    X, names = voices(6)
    X[:, 0] = 7.0
    detector = novelty.fit(X, names)
    changed = X.copy()
    changed[:, 0] = 8.0
    np.testing.assert_array_equal(detector.distances(changed), detector.distances(X))


def test_a_saved_detector_gives_the_same_distances():
    X, names = voices(6)
    detector = novelty.fit(X, names)
    _, saved = parts.unpack(parts.pack(None, detector))
    np.testing.assert_array_equal(NoveltyDetector.from_saved(saved, 30).distances(X), detector.distances(X))


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": -1.0},
        {"threshold": 3},
        {"threshold": float("inf")},
        {"residual": 0.0},
        {"mean": np.zeros(29, np.float32)},
        {"mean": np.full(30, np.nan, np.float32)},
        {"mean": np.zeros(30)},
        {"mean": [0.0] * 30},
        {"precision": np.full(30, -1, np.float32)},
        {"variances": np.zeros(1, np.float32), "axes": np.zeros((1, 30), np.float32)},
        {"axes": np.zeros((3, 30), np.float32)},
        {"axes": np.zeros((500, 30), np.float32), "variances": np.ones(500, np.float32)},
        {"more": 1},
    ],
)
def test_invalid_saved_values_are_refused(changes):
    saved = novelty.fit(*voices(6)).to_saved() | changes
    with pytest.raises(ModelFileError, match="novelty detector"):
        NoveltyDetector.from_saved(saved, 30)


@pytest.mark.parametrize("saved", [3, [], {}, "x"])
def test_other_values_than_a_detector_are_refused(saved):
    with pytest.raises(ModelFileError, match="novelty detector"):
        NoveltyDetector.from_saved(saved, 30)


# -- predictions ------------------------------------------------------------------------------------


def test_clips_of_the_corpus_are_reliable_and_other_sounds_are_not(svm, corpus):
    model = load_model(svm)
    clips = sorted(corpus.parent.rglob("*.wav"))
    assert np.mean([prediction.reliable for prediction in model.predict(clips)]) > 0.8
    sr, t = 16_000, np.arange(32_000) / 16_000
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(t))
    hiss, tone = model.predict(
        [(noise.astype(np.float32), sr), ((0.3 * np.sin(880 * np.pi * t)).astype(np.float32), sr)]
    )
    assert not hiss.reliable
    assert not tone.reliable
    assert any("no speech was found: 0.00 s of voiced sound" in reason for reason in hiss.reasons)
    assert "outside the training data (distance " in tone.reasons[-1]
    assert set(hiss.reasons) <= set(hiss.warnings)


def test_voiced_sound_shorter_than_a_syllable_is_no_speech():
    assert speech.missing(np.zeros((100, 1)))
    assert not speech.missing(np.ones((100, 1)))
    assert speech.missing(np.r_[np.ones((9, 1)), np.zeros((91, 1))])


def test_a_file_without_a_detector_knows_speech_only(svm, clip, tmp_path):
    content, members = container.read(svm)
    estimator, _ = parts.unpack(members)
    container.write(tmp_path / "x.ser", content, parts.pack(estimator, None))
    y, sr = load(clip)
    loud = dataclasses.replace(load_model(svm).novelty, threshold=1e-3)
    container.write(tmp_path / "y.ser", content, parts.pack(estimator, loud))
    assert load_model(tmp_path / "x.ser").predict((y, sr))[0].reliable
    assert not load_model(tmp_path / "y.ser").predict((y, sr))[0].reliable


def test_copies_under_conditions_are_inside_and_those_at_other_speeds_are_not(tmp_path):
    """Features of a phone call are not novel to a model that heard telephones."""
    X, names = voices(8)
    paths = [tmp_path / "slow.npy", tmp_path / "phone.npy"]
    slower, telephone = np.where(np.arange(X.shape[1]) % 2, 100.0, -100.0), np.full(X.shape[1], 30.0)
    for path, shift in zip(paths, (slower, telephone), strict=True):
        np.save(path, (X + shift).astype(np.float32))
    model = SimpleNamespace(conditions=("phone",))
    task = SimpleNamespace(model=model, augmented=tuple(paths), train=np.arange(len(X)))
    detector = worker_fit._novelty_detector(task, X.astype(np.float32), names)
    as_recorded, phone, slow = (detector.distances(X + shift).mean() for shift in (0.0, telephone, slower))
    assert max(as_recorded, phone) < detector.threshold < slow
