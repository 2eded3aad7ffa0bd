"""Descriptors of recordings: each is measured back on clips that a condition changed in a stated way."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest

from ser_bench.audio import conditions
from ser_bench.audio.descriptors import NAMES, SNR_LIMITS, Descriptors, describe
from ser_bench.audio.speech_spectrum import spectrum_level

SR = 48000


def speech_like(sr: int = SR, seconds: float = 3.0, lowest: float = 100.0) -> np.ndarray:
    """Noise with the average spectrum of speech, in syllables with abrupt ends, between two pauses of 0.5 s."""
    n = round(seconds * sr)
    lines = np.random.default_rng(2).standard_normal(n // 2 + 1) * np.exp(1j * np.arange(n // 2 + 1) ** 2)
    hz = np.maximum(np.fft.rfftfreq(n, 1 / sr), 1.0)
    y = np.fft.irfft(lines * 10 ** (spectrum_level(hz) / 20) * (hz > lowest), n)
    time = np.arange(n) / sr
    syllables = np.where(time % 0.25 < 0.15, 1.0, 0.02) * ((time > 0.5) & (time < seconds - 0.5)) + 1e-3
    return (0.1 * syllables * y / y.std()).astype(np.float32)


CLEAN = speech_like()


def under(name: str) -> Descriptors:
    return describe(*conditions.get(name).apply(CLEAN, SR))


def test_a_clean_clip_has_its_whole_band_and_no_noise_that_matters():
    clean = describe(CLEAN, SR)
    assert clean.low < 120
    assert clean.high > 20_000
    assert clean.snr == SNR_LIMITS[1]
    assert clean.tilt == pytest.approx(0, abs=0.5)
    assert clean.clipped < 1e-4
    assert clean.decay > 400


@pytest.mark.parametrize(
    ("name", "hz"),
    [("phone", 3400), ("phone-alaw", 3400), ("wideband", 7000), ("lowpass-8000", 9200), ("lowpass-2000", 2300)],
)
def test_the_upper_edge_is_where_the_condition_attenuates_by_15_db(name, hz):
    assert under(name).high == pytest.approx(hz, rel=0.12)


def test_the_lower_edge_is_that_of_the_clip():
    assert describe(speech_like(lowest=300.0), SR).low == pytest.approx(300, rel=0.12)


@pytest.mark.parametrize("snr", [20, 10, 0])
@pytest.mark.parametrize(("kind", "slope"), [("white", 0.0), ("pink", -3.0), ("speech", -5.3)])
def test_snr_and_colour_of_noise_are_measured_back(kind, slope, snr):
    noisy = under(f"{kind}-{snr}")
    assert noisy.snr == pytest.approx(snr, abs=2.5)
    assert noisy.noise_tilt == pytest.approx(slope, abs=0.6)


@pytest.mark.parametrize("snr", [20, 10, 0])
def test_babble_has_pauses_so_its_snr_is_too_high(snr):
    assert snr < under(f"babble-{snr}").snr < snr + 10


def test_digital_silence_does_not_count_as_noise():
    silence = np.zeros(SR, np.float32)
    noisy, _ = conditions.get("white-10").apply(CLEAN, SR)
    expected = describe(noisy, SR)
    padded = describe(np.concatenate([silence, noisy, silence]), SR)
    assert padded.snr == pytest.approx(expected.snr, abs=0.5)
    assert padded.high == expected.high


def test_clipped_samples_are_counted_also_with_an_offset_and_at_a_low_level():
    clipped, _ = conditions.get("clipped").apply(CLEAN, SR)
    share = np.mean(np.abs(clipped) >= 0.9999 * np.abs(clipped).max())
    assert share > 0.02
    assert describe(0.1 * clipped, SR).clipped == pytest.approx(share, rel=0.1)
    assert describe(0.1 * clipped + 0.05, SR).clipped == pytest.approx(share, rel=0.1)


def test_sound_decays_more_slowly_in_a_room_that_reverberates_longer():
    speeds = [describe(CLEAN, SR).decay, *(under(f"room-{t60}").decay for t60 in ("0.3", "0.6", "1.0"))]
    assert speeds == sorted(speeds, reverse=True)
    assert speeds[-1] == pytest.approx(60, abs=40)


def test_the_level_of_a_clip_changes_nothing():
    assert astuple(describe(0.01 * CLEAN, SR)) == pytest.approx(astuple(describe(CLEAN, SR)), rel=1e-3, nan_ok=True)


@pytest.mark.parametrize("sr", [4000, 11025, 768_000])
@pytest.mark.parametrize("seconds", [0.05, 0.3])
@pytest.mark.parametrize("sound", ["noise", "tone", "impulse", "step"])
def test_any_usable_clip_has_finite_descriptors_or_nan(sound, seconds, sr):
    time = np.arange(round(seconds * sr)) / sr
    y = {
        "noise": np.random.default_rng(0).standard_normal(len(time)),
        "tone": np.sin(2 * np.pi * 440 * time),
        "impulse": (np.arange(len(time)) == len(time) // 2) * 1.0,
        "step": (time > seconds / 2) * 1.0,
    }[sound]
    values = dict(zip(NAMES, astuple(describe(y.astype(np.float32), sr)), strict=True))
    assert not any(math.isinf(value) for value in values.values())
    assert all(math.isfinite(values[name]) for name in ("low", "high", "snr", "clipped"))
    assert values["low"] <= values["high"] <= sr / 2
