"""Changes that no listener hears: what they leave the same."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.audio import conditions
from tests.features.feature_signals import voice


def changed(name: str, y: np.ndarray, sr: int) -> np.ndarray:
    samples, rate = conditions.get(name).apply(y, sr)
    assert (len(samples), rate) == (len(y), sr)
    return samples


def test_a_gain_of_three_decibels():
    y = voice()
    assert changed("level-3", y, 16000) == pytest.approx(y * 10**-0.15, rel=1e-6)


def test_a_shift_by_one_sample():
    y = voice()
    shifted = changed("shift-1", y, 16000)
    assert np.array_equal(shifted[1:], y[:-1])
    assert shifted[0] == 0


@pytest.mark.parametrize("sr", [8000, 16000, 44100, 48000])
def test_resampling_and_back_leaves_what_is_below_nine_tenths_of_the_lower_band(sr):
    y = voice(sr, 0.5)[: sr // 2 - 1]
    back = changed("resampled", y, sr)
    assert not np.array_equal(back, y)
    middle = slice(sr // 20, -sr // 20)
    difference = np.fft.rfft((back - y)[middle] * np.hanning(len(y[middle])))
    spectrum = np.fft.rfft(y[middle] * np.hanning(len(y[middle])))
    below = np.fft.rfftfreq(len(y[middle]), 1 / sr) < 0.85 * min(sr, 44100) / 2
    assert np.linalg.norm(difference[below]) < 1e-3 * np.linalg.norm(spectrum[below])


@pytest.mark.parametrize("sr", [8000, 16000, 44100, 48000])
def test_mp3_at_192_kbit_per_s_leaves_little_noise_and_no_delay(sr):
    y = voice(sr, 1.0)
    noise = changed("transparent-mp3", y, sr) - y
    assert 20 * np.log10(np.std(noise) / np.std(y)) < -25
    assert noise.any()


def test_the_family_is_the_inaudible_kinds():
    assert [k.name for k in conditions.KINDS.values() if not k.audible] == [
        k.name for k in conditions.KINDS.values() if k.family == "inaudible"
    ]
