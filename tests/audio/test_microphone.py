"""Microphones and converters: responses, levels and rounding measured back."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.audio import conditions
from ser_bench.audio.activity import active_level, active_span
from ser_bench.audio.conditions import microphone
from tests.features.feature_signals import padded, tone, voice

SPEECH = padded(voice(16000, 1.0), 16000, 0.5)


def changed(name: str, y: np.ndarray = SPEECH, sr: int = 16000) -> np.ndarray:
    samples, rate = conditions.get(name).apply(y, sr)
    assert rate == sr
    assert len(samples) == len(y)
    return samples


def response_db(name: str, sr: int, frequencies: list[float]) -> np.ndarray:
    """Return the frequency response in dB from an impulse."""
    impulse = np.zeros(sr, np.float32)
    impulse[100] = 0.5
    spectrum = np.abs(np.fft.rfft(changed(name, impulse, sr)))
    return 20 * np.log10(spectrum[[round(f) for f in frequencies]] / 0.5)


@pytest.mark.parametrize("sr", [44100, 48000])
@pytest.mark.parametrize("corner", [8000, 4000, 2000, 300])
def test_the_low_pass_filter_is_flat_below_its_frequency_and_steep_above(corner, sr):
    low, at, above = response_db(f"lowpass-{corner}", sr, [0.75 * corner, corner, 2 * corner])
    assert low == pytest.approx(0, abs=0.1)
    assert at == pytest.approx(-3.01, abs=0.05)
    assert above < -47


def test_a_clip_whose_rate_allows_no_higher_frequency_passes_the_low_pass_filter_unchanged():
    assert np.array_equal(changed("lowpass-4000", SPEECH, 8000), SPEECH)


@pytest.mark.parametrize("sr", [8000, 16000, 48000])
def test_the_tilt_falls_by_six_decibels_an_octave_outside_its_corners(sr):
    bass, corner, middle, treble, high = response_db("tilt", sr, [25, 50, 447, 1700, 3400])
    assert corner - bass == pytest.approx(6, abs=0.3)
    assert treble - high == pytest.approx(5.2, abs=0.3)
    assert middle - high == pytest.approx(9.4, abs=0.3)
    stated = 20 * np.log10(np.abs(microphone.tilt_response(np.array([200.0, 447.2, 1000.0]))))
    assert stated == pytest.approx([-3.18, -1.58, -3.18], abs=0.01)


def test_the_tilt_keeps_the_level():
    assert np.mean(changed("tilt") ** 2) == pytest.approx(np.mean(SPEECH**2), rel=1e-5)


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_a_tenth_of_the_speech_is_clipped_at_full_scale(gain):
    y = (SPEECH * gain).astype(np.float32)
    clipped = changed("clipped", y)
    start, stop = active_span(y, 16000)
    assert np.mean(np.abs(clipped[start:stop]) >= 1) == pytest.approx(0.1, abs=0.001)
    assert np.abs(clipped).max() == 1
    unclipped = np.abs(clipped) < 1
    assert np.ptp(y[unclipped & (y != 0)] / clipped[unclipped & (y != 0)]) < 1e-6


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_quiet_speech_has_the_stated_level_in_16_bits(gain):
    quiet = changed("quiet", (SPEECH * gain).astype(np.float32))
    assert active_level(quiet, 16000) == pytest.approx(microphone.QUIET_LEVEL, abs=0.02)
    assert np.array_equal(quiet * 2**15, np.round(quiet * 2**15))
    assert 50 < len(np.unique(quiet)) < 300


def test_the_offset_is_as_strong_as_the_active_speech():
    offset = changed("dc") - SPEECH
    assert 20 * np.log10(np.mean(offset)) == pytest.approx(active_level(SPEECH, 16000), abs=0.01)
    assert np.ptp(offset) < 1e-6


@pytest.mark.parametrize("bits", [2, 4, 6, 8, 12])
@pytest.mark.parametrize("peak", [1.0, 0.02])
def test_rounding_noise_is_that_of_the_stated_bits(bits, peak):
    y = tone(16000, 1.0, 441.7, level=peak)
    noise = changed(f"bits-{bits}", y) - y
    step = peak / 2 ** (bits - 1)
    assert np.abs(noise).max() == pytest.approx(step / 2, rel=0.1)
    assert np.std(noise) == pytest.approx(step / np.sqrt(12), rel=0.2)
    assert len(np.unique(changed(f"bits-{bits}", y))) <= 2**bits + 1


def test_silence_stays_silent():
    zeros = np.zeros(8000, np.float32)
    assert [
        k.name for k in conditions.KINDS.values() if k.family == "microphone" and changed(k.listed[0].name, zeros).any()
    ] == []
