"""The active speech level, and where speech starts and ends."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.audio.activity import active_level, active_span

SR = 16000


def bursts(pause: float, sr: int = SR, level: float = 0.1) -> np.ndarray:
    """Two seconds of noise with a pause between them, and half a second of silence on each side."""
    rng = np.random.default_rng(0)
    noise = level * rng.standard_normal((2, sr)).astype(np.float32)
    silence = np.zeros(sr // 2, np.float32)
    return np.concatenate([silence, noise[0], np.zeros(round(pause * sr), np.float32), noise[1], silence])


@pytest.mark.parametrize("sr", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("pause", [0.0, 0.5, 3.0])
def test_the_active_level_does_not_count_pauses(pause, sr):
    y = bursts(pause, sr)
    hangover = 0.2 * (2 if pause else 1)
    assert active_level(y, sr) == pytest.approx(-20 - 10 * np.log10((2 + hangover) / 2), abs=0.3)


def test_the_active_level_follows_the_gain_and_ignores_noise_far_below():
    y = bursts(0.5)
    assert active_level(y * np.float32(0.01), SR) == pytest.approx(active_level(y, SR) - 40, abs=1e-3)
    noise = 1e-4 * np.random.default_rng(1).standard_normal(len(y)).astype(np.float32)
    assert active_level(y + noise, SR) == pytest.approx(active_level(y, SR), abs=0.01)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_the_active_span_is_the_speech_without_the_silence_around_it(noise):
    y = bursts(0.5)
    y = y + noise * np.random.default_rng(1).standard_normal(len(y)).astype(np.float32)
    start, stop = active_span(y, SR)
    assert start / SR == pytest.approx(0.5, abs=0.03)
    assert stop / SR == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize("y", [np.zeros(0), np.zeros(SR), np.ones(1), np.full(SR, 0.5)], ids=len)
def test_silent_and_constant_clips_have_no_level(y):
    y = y.astype(np.float32)
    assert active_level(y, SR) == float("-inf")
    assert active_span(y, SR) == (0, len(y))


@pytest.mark.parametrize("samples", [2, 15, 16, SR])
def test_tiny_clips_have_a_level_and_a_span(samples):
    y = np.resize([1e-18, -1e-18], samples).astype(np.float32)
    assert np.isfinite(active_level(y, SR))
    start, stop = active_span(y, SR)
    assert 0 <= start < stop <= samples


def test_a_clip_too_short_for_the_envelope_has_its_plain_level():
    y = 0.1 * np.random.default_rng(0).standard_normal(SR // 20).astype(np.float32)
    assert active_level(y, SR) == pytest.approx(-20, abs=0.3)
    assert active_level(np.concatenate([np.zeros(SR, np.float32), y]), SR) == pytest.approx(-20, abs=0.5)


def test_an_offset_does_not_change_the_level():
    y = bursts(0.5)
    assert active_level(y + np.float32(0.3), SR) == pytest.approx(active_level(y, SR), abs=0.02)


def recommended(y: np.ndarray, sr: int) -> float:
    """Method B as the recommendation writes it: sample by sample, with thresholds 6 dB apart below full scale."""
    g, wait = np.exp(-1 / (sr * 0.03)), round(0.2 * sr)
    thresholds = 2.0 ** -np.arange(15, 0, -1)
    counts, since = np.zeros(15), np.full(15, wait)
    p = q = 0.0
    for x in np.abs(y).tolist():
        p = g * p + (1 - g) * x
        q = g * q + (1 - g) * p
        since = np.where(q >= thresholds, 0, since + 1)
        counts += since <= wait
    levels = 10 * np.log10(np.sum(y.astype(float) ** 2) / np.maximum(counts, 1))
    excess = levels - 20 * np.log10(thresholds) - 15.9
    first = int(np.flatnonzero(excess <= 0)[0])
    return float(np.interp(0, -excess[first - 1 : first + 1], levels[first - 1 : first + 1]))


@pytest.mark.parametrize("gain", [0.3, 0.02])
def test_the_level_equals_the_recommended_steps_sample_by_sample(gain):
    rng, sr = np.random.default_rng(3), 8000
    contour = np.clip(np.sin(2 * np.pi * 2.3 * np.arange(2 * sr) / sr) + 0.3, 0.01, None) ** 2
    y = np.concatenate([np.zeros(sr // 2), gain * contour * rng.standard_normal(2 * sr), np.zeros(sr // 2)])
    assert active_level(y.astype(np.float32), sr) == pytest.approx(recommended(y, sr), abs=0.15)
