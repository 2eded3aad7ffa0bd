"""Speech frames: trimming, levels, F0, and independence of the sampling rate."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.features import FEATURE_SETS
from ser_bench.features.analysis import Analysis
from ser_bench.features.speech import convolutions, framing, mel
from tests.features.feature_signals import padded, tone, voice


def test_silence_at_both_ends_is_trimmed():
    speech_part = Analysis(padded(voice(), 16000, 1.0), 16000).speech
    assert 0.9 * 16000 < len(speech_part) < 1.1 * 16000


def test_trimming_does_not_depend_on_the_level():
    y = padded(voice(), 16000, 0.5)
    assert len(Analysis(y, 16000).speech) == len(Analysis(y * np.float32(0.01), 16000).speech)


def test_click_does_not_turn_speech_into_silence():
    y = voice() * np.float32(0.01)
    y[8000] = 1.0
    assert len(Analysis(y, 16000).speech) > 0.9 * len(y)


def test_noise_around_speech_is_trimmed():
    rng = np.random.default_rng(0)
    y = padded(voice(), 16000, 1.0)
    noisy = y + 0.005 * rng.standard_normal(len(y)).astype(np.float32)
    assert len(Analysis(noisy, 16000).speech) < 1.3 * 16000


@pytest.mark.parametrize("sr", [8000, 11025, 22050, 44100, 48000, 96000])
def test_frame_count_depends_on_seconds_alone(sr):
    assert framing.frame_count(round(1.234 * sr), sr) == framing.frame_count(round(1.234 * 16000), 16000)


def test_full_scale_sine_is_three_db_below_full_scale_in_its_band():
    sine = tone(16000, 0.5, 1000, level=1.0)
    energies = Analysis(sine, 16000).band_energies
    assert 10 * np.log10(energies.sum(axis=1)).mean() == pytest.approx(-3.0, abs=1.0)


@pytest.mark.parametrize("sr", [22050, 44100, 48000])
def test_logmel_barely_depends_on_the_rate(sr):
    slow, fast = (Analysis(voice(rate, 1.0, hz=150.0), rate).log_mel for rate in (16000, sr))
    voiced_bands = slice(3, 50)
    frames = min(len(slow), len(fast))
    difference = slow[:frames, voiced_bands].mean(axis=0) - fast[:frames, voiced_bands].mean(axis=0)
    assert np.abs(difference).max() < 3.0
    assert np.abs(difference).mean() < 0.7


@pytest.mark.parametrize("hz", [80.0, 120.0, 220.0, 400.0])
@pytest.mark.parametrize("sr", [8000, 48000])
def test_f0_of_a_voice_is_found(hz, sr):
    track = Analysis(voice(sr, 1.0, hz=hz), sr).pitch
    assert track.voiced.mean() > 0.6
    assert np.median(track.hz[track.voiced]) == pytest.approx(hz, rel=0.06)


def test_noise_is_not_voiced():
    noise = (0.1 * np.random.default_rng(3).standard_normal(16000)).astype(np.float32)
    assert Analysis(noise, 16000).pitch.voiced.mean() < 0.1


def test_decimation_keeps_low_and_removes_high_frequencies():
    low = framing.decimate(tone(48000, 0.5, 500), 6)[100:-100]
    high = framing.decimate(tone(48000, 0.5, 7000), 6)[100:-100]
    np.testing.assert_allclose(low, tone(8000, 0.5, 500)[100:-100], atol=2e-3)
    assert np.abs(high).max() < 1e-3


def test_delta_of_a_ramp_is_its_slope():
    ramp = np.arange(20, dtype=np.float32)[:, None] * np.float32([1.0, -2.0])
    np.testing.assert_allclose(mel.delta(ramp)[2:-2], np.tile([1.0, -2.0], (16, 1)), atol=1e-6)


def test_cepstrum_equals_the_orthonormal_cosine_transform():
    from scipy.fft import dct

    log_mel = np.random.default_rng(0).standard_normal((7, 64)).astype(np.float32)
    np.testing.assert_allclose(mel.cepstrum(log_mel, 20), dct(log_mel, norm="ortho", axis=1)[:, :20], atol=1e-5)


def named(y: np.ndarray, sr: int) -> dict[str, float]:
    functionals = FEATURE_SETS["functionals"]
    return dict(zip(functionals.columns, functionals.compute(Analysis(y, sr)).tolist(), strict=True))


def test_f0_statistics_are_in_semitones_above_150_hz():
    assert named(voice(hz=300.0), 16000)["f0_p50"] == pytest.approx(12.0, abs=0.6)


def test_f0_slope_follows_a_rising_voice():
    time = np.arange(16000) / 16000
    phase = 2 * np.pi * np.cumsum(150 * 2**time) / 16000  # an octave a second
    rising = sum(np.sin(k * phase) / k for k in range(1, 12)).astype(np.float32) * np.float32(0.1)
    values = named(rising, 16000)
    assert values["f0_slope"] == pytest.approx(12.0, rel=0.1)
    assert values["f0_end"] > 0 > values["f0_start"]


def test_gain_moves_absolute_levels_and_leaves_relative_bands():
    quiet, loud = (named(voice() * np.float32(gain), 16000) for gain in (0.1, 1.0))
    assert loud["level_mean"] - quiet["level_mean"] == pytest.approx(20.0, abs=0.1)
    assert loud["level_peak"] - quiet["level_peak"] == pytest.approx(20.0, abs=0.1)
    assert loud["band_05_mean"] == pytest.approx(quiet["band_05_mean"], abs=0.1)
    assert loud["centroid_mean"] == pytest.approx(quiet["centroid_mean"], abs=0.1)


def test_syllables_are_counted():
    assert named(voice(seconds=2.0), 16000)["peaks_per_second"] == pytest.approx(4.0, abs=0.6)


def test_pause_is_measured():
    y = np.concatenate([voice(), np.zeros(8000, dtype=np.float32), voice()])
    values = named(y, 16000)
    assert values["pause_mean_seconds"] == pytest.approx(0.5, abs=0.1)
    assert values["duration"] == pytest.approx(2.5, abs=0.1)
    assert values["pauses_per_second"] == pytest.approx(1 / 2.5, abs=0.1)


def test_quantiles_equal_numpy():
    from ser_bench.features.speech.summary import quantiles

    matrix = np.random.default_rng(0).standard_normal((37, 4))
    np.testing.assert_allclose(quantiles(matrix, (0.05, 0.5, 0.95)), np.quantile(matrix, (0.05, 0.5, 0.95), axis=0))


def resonant(frequencies: list[float], sr: int = 16000, hz: float = 110.0) -> np.ndarray:
    """A pulse train through resonances of 80 Hz bandwidth."""
    from scipy.signal import lfilter

    y = np.zeros(sr)
    y[:: round(sr / hz)] = 1.0
    for frequency in frequencies:
        radius, angle = np.exp(-np.pi * 80 / sr), 2 * np.pi * frequency / sr
        y = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], y)
    return (0.3 * y / np.abs(y).max()).astype(np.float32)


@pytest.mark.parametrize("vowel", [[730, 1090, 2440], [330, 1870, 2600], [570, 840, 2410]])
def test_formants_of_a_vowel_are_found(vowel):
    values = named(resonant([*vowel, 3400]), 16000)
    formants = [500 * 2 ** (values[f"formant_{n}_median"] / 12) for n in (1, 2, 3)]
    assert formants == pytest.approx(vowel, rel=0.15)  # harmonics are 110 Hz apart and pull the peaks to them


def test_strong_and_weak_first_harmonics_differ():
    time = np.arange(16000) / 16000

    def harmonics(first: float) -> np.ndarray:
        rest = sum(np.sin(2 * np.pi * 200 * k * time) / k for k in range(2, 12))
        return np.float32(0.1) * (first * np.sin(2 * np.pi * 200 * time) + rest).astype(np.float32)

    breathy, pressed = (named(harmonics(first), 16000)["h1_h2_mean"] for first in (4.0, 0.5))
    assert breathy - pressed == pytest.approx(20 * np.log10(8), abs=1.5)


def test_contours_that_rise_together_correlate():
    time = np.arange(16000) / 16000
    phase = 2 * np.pi * np.cumsum(150 * 2**time) / 16000
    rising = sum(np.sin(k * phase) / k for k in range(1, 12))
    louder, softer = (named((0.1 * rising * gain).astype(np.float32), 16000) for gain in (10**time, 10**-time))
    assert louder["correlation_f0_level"] > 0.9
    assert softer["correlation_f0_level"] < -0.9


def test_treble_is_the_energy_above_8_khz():
    treble = FEATURE_SETS["treble"]

    def values(hz: float, sr: int) -> dict[str, float]:
        sound = voice(sr) + tone(sr, 1.0, hz, level=0.1)
        return dict(zip(treble.columns, treble.compute(Analysis(sound, sr)).tolist(), strict=True))

    assert values(9500, 48000)["9khz_mean"] > values(12000, 48000)["9khz_mean"] + 20
    narrow = values(3000, 16000)
    assert {narrow[f"{band}khz_mean"] for band in ("8", "9", "17.5")} == {-80.0}


def test_prosody_has_f0_in_semitones_and_interpolates_unvoiced_frames():
    prosody = FEATURE_SETS["prosody"]
    gap = np.zeros(3200, dtype=np.float32)
    frames = prosody.compute(Analysis(np.concatenate([voice(hz=300.0), gap, voice(hz=300.0)]), 16000))
    f0, voiced = (frames[:, prosody.columns.index(name)] for name in ("f0", "voiced"))
    assert 0 < voiced.mean() < 1
    assert np.median(f0[voiced == 0]) == pytest.approx(12.0, abs=1.5)


def test_random_kernels_are_drawn_alike_everywhere():
    """A change of these integers and sums is another feature set, so ``rocket`` then needs another version."""
    kernels = convolutions.draw(77)
    assert len(kernels.dilations) == len(FEATURE_SETS["rocket"].columns)
    assert kernels.channels[:6].tolist() == [54, 22, 27, 43, 51, 39]
    assert kernels.dilations[:6].tolist() == [2, 3, 1, 7, 1, 2]
    assert kernels.thresholds[:4].tolist() == [-0.5, 0.75, 0.875, -1.25]
    assert kernels.weights[0, :3] == pytest.approx([-0.190692, -0.095346, 0.127128], abs=1e-6)


def test_random_convolutions_do_not_depend_on_the_level():
    sound = voice(16000)
    loud, quiet = (FEATURE_SETS["rocket"].compute(Analysis(gain * sound, 16000)) for gain in (1.0, 0.25))
    np.testing.assert_allclose(loud, quiet, atol=0.02)


def test_random_convolutions_depend_on_the_order_of_frames():
    """Functionals of a contour are almost the same when it is reversed."""
    rising = np.repeat(np.linspace(-1, 1, 80, dtype=np.float32)[:, None], 77, axis=1)
    first, second = (convolutions.summarised(frames) for frames in (rising, rising[::-1]))
    assert np.abs(first - second).mean() > 0.05
