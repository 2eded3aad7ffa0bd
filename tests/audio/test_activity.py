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


@pytest.mark.parametrize("y", [np.zeros(0), np.zeros(SR), np.ones(1), np.full(SR, 1e-20)], ids=len)
def test_short_silent_and_tiny_clips_have_a_level_and_a_span(y):
    y = y.astype(np.float32)
    level = active_level(y, SR)
    assert level == float("-inf") if not y.any() else np.isfinite(level)
    start, stop = active_span(y, SR)
    assert 0 <= start <= stop <= len(y)
    assert (stop > start) == bool(len(y))
