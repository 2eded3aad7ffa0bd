"""The highest frequency with more than rounding noise."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from ser_bench.audio.bandwidth import bandwidth


def rounded(y):
    return (np.round(y * 32768) / 32768).astype(np.float32)


@pytest.fixture(scope="module")
def noise():
    """Two seconds at 48 kHz of noise at all frequencies."""
    return 0.05 * np.random.default_rng(0).standard_normal(96_000)


def test_a_recording_reaches_nearly_half_its_rate(noise):
    assert bandwidth(rounded(noise), 48_000) > 0.96 * 24_000


@pytest.mark.parametrize("low", [8_000, 16_000, 22_050])
def test_an_upsampled_recording_reaches_half_the_lower_rate(noise, low):
    y = soxr.resample(soxr.resample(noise, 48_000, low), low, 48_000)
    assert 0.9 * low / 2 < bandwidth(rounded(y), 48_000) < 1.05 * low / 2


def test_clipped_samples_do_not_hide_it(noise):
    y = soxr.resample(soxr.resample(noise, 48_000, 16_000), 16_000, 48_000)
    y[1000:1010] = 1.0
    assert bandwidth(rounded(y), 48_000) < 8_400


@pytest.mark.parametrize("y", [np.zeros(4000), np.zeros(10)])
def test_silence_has_none(y):
    assert bandwidth(y.astype(np.float32), 16_000) == 0
