"""Noise conditions: SNR measured back, spectra, every sampling rate and length."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ser_bench.audio import conditions, noises
from ser_bench.audio.activity import active_level
from ser_bench.audio.noises import voices
from ser_bench.audio.synthesis.utterances import GENDERS
from ser_bench.core.errors import ConditionError

CONSTANT = np.full(200, 300, np.int16)
KINDS = [kind.name for kind in conditions.KINDS.values() if kind.family == "noise"]


def utterance(sr: int, seconds: float = 1.0, silence: float = 0.0) -> np.ndarray:
    """A noisy tone with syllables, and digital silence on each side."""
    time = np.arange(round(seconds * sr)) / sr
    tone = np.sin(2 * np.pi * 200 * time) + 0.1 * np.random.default_rng(1).standard_normal(len(time))
    margin = np.zeros(round(silence * sr))
    return np.concatenate([margin, 0.1 * tone * (1.2 + np.sin(2 * np.pi * 4 * time)), margin]).astype(np.float32)


def added(name: str, y: np.ndarray, sr: int) -> np.ndarray:
    """The noise that a condition adds."""
    changed, rate = conditions.get(name).apply(y, sr)
    assert (changed.shape, rate) == (y.shape, sr)
    return changed.astype(float) - y


def level(y: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(y, dtype=float))))


def density(y: np.ndarray, sr: int, lowest: float, highest: float) -> float:
    """Mean power per Hz in a band, in dB."""
    power = np.abs(np.fft.rfft(y)) ** 2
    frequencies = np.fft.rfftfreq(len(y), 1 / sr)
    return float(10 * np.log10(power[(frequencies >= lowest) & (frequencies < highest)].mean()))


@pytest.mark.parametrize("snr", [20, 10, 0, -7.5])
@pytest.mark.parametrize("kind", KINDS)
def test_the_snr_is_over_the_active_level(kind, snr):
    y = utterance(16000, silence=1.0)
    assert active_level(y, 16000) - level(added(f"{kind}-{snr}", y, 16000)) == pytest.approx(snr, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_silence_around_the_speech_gets_noise_and_does_not_weaken_it(kind):
    with_silence, without = utterance(16000, 2.0, silence=1.0), utterance(16000, 2.0)
    noise = added(f"{kind}-10", with_silence, 16000)
    assert level(noise[:16000]) == pytest.approx(level(noise), abs=1.5)
    assert level(noise) == pytest.approx(level(added(f"{kind}-10", without, 16000)), abs=0.6)


@pytest.mark.parametrize("seconds", [0.05, 0.5])
@pytest.mark.parametrize("sr", [4000, 8000, 11025, 44100, 96000])
@pytest.mark.parametrize("kind", KINDS)
def test_any_rate_and_short_clips_are_changed(kind, sr, seconds):
    y = utterance(sr, seconds)
    noise = added(f"{kind}-10", y, sr)
    assert np.isfinite(noise).all()
    assert active_level(y, sr) - level(noise) == pytest.approx(10, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_clip_is_an_error(kind):
    with pytest.raises(ConditionError, match="silent clip"):
        conditions.get(f"{kind}-10").apply(np.zeros(16000, np.float32), 16000)


@pytest.mark.parametrize("kind", KINDS)
def test_levels_and_clips_draw_different_noise(kind):
    y = utterance(16000)
    mild, loud = added(f"{kind}-20", y, 16000), added(f"{kind}-10", y, 16000)
    other = added(f"{kind}-20", y * np.float32(0.5), 16000)
    for a, b in ((mild, loud), (mild, other)):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.99


@pytest.mark.parametrize("sr", [16000, 48000])
def test_white_noise_is_flat_and_pink_noise_falls_by_3_db_per_octave(sr):
    rng, n = np.random.default_rng(0), 6 * sr
    octaves = [(low, 2 * low) for low in (50, 100, 200, 400, 800, 1600, 3200) if 2 * low <= sr / 2]
    for noise, slope in ((noises.white, 0.0), (noises.pink, -10 * np.log10(2))):
        levels = [density(noise(n, sr, rng), sr, *octave) for octave in octaves]
        fitted = np.polyfit(range(len(levels)), levels, 1)[0]
        assert fitted == pytest.approx(slope, abs=0.1)
        assert np.ptp(np.array(levels) - slope * np.arange(len(levels))) < 1.2
    assert density(noises.pink(n, sr, rng), sr, 1, 18) < density(noises.pink(n, sr, rng), sr, 21, 40) - 40


@pytest.mark.parametrize("sr", [16000, 48000])
def test_speech_noise_has_the_band_levels_of_byrne_et_al(sr):
    """Third octaves: 62.1 dB at 500 Hz, 53.7 at 1 kHz, 48.7 at 2 kHz, 45.6 at 4 kHz, 40.7 at 16 kHz."""
    y = noises.speech(8 * sr, sr, np.random.default_rng(0))
    edge = 2 ** (1 / 6)
    published = {125: 57.7, 250: 60.3, 500: 62.1, 1000: 53.7, 2000: 48.7, 4000: 45.6, 8000: 43.7, 16000: 40.7}
    bands = {hz: decibels for hz, decibels in published.items() if hz * edge < sr / 2}
    measured = {hz: density(y, sr, hz / edge, hz * edge) + 10 * np.log10(hz * (edge - 1 / edge)) for hz in bands}
    offset = np.mean([measured[hz] - bands[hz] for hz in bands])
    for hz, decibels in bands.items():
        assert measured[hz] - offset == pytest.approx(decibels, abs=1.0), hz
    assert density(y, sr, 1, 50) < measured[125] - 60
    if sr == 48000:
        assert density(y, sr, 20000, 23999) == pytest.approx(density(y, sr, 15000, 17000), abs=1.0)


@pytest.mark.parametrize("sr", [8000, 11025, 22050, 48000, 47999])
def test_hum_has_lines_at_multiples_of_50_hz_up_to_1_khz(sr):
    y = noises.hum(2 * sr, sr, np.random.default_rng(0))
    amplitudes = np.abs(np.fft.rfft(y.astype(float))) / sr
    lines = 100 * np.arange(1, 21)  # two bins per Hz
    np.testing.assert_allclose(amplitudes[lines], 1 / np.arange(1, 21), rtol=0.01)
    amplitudes[lines] = 0
    assert amplitudes.max() < 1e-3


def test_gains_of_long_recordings_are_not_cached():
    before = noises._gains.cache_info().currsize
    assert len(noises.pink(40 * 4000, 4000, np.random.default_rng(0))) == 40 * 4000
    assert noises._gains.cache_info().currsize == before


def test_hum_stays_below_half_the_sampling_rate():
    y = noises.hum(1500, 1500, np.random.default_rng(0))
    assert np.count_nonzero(np.abs(np.fft.rfft(y)) > 1) == 14


def test_noise_is_named_in_sentences_and_common_where_people_talk():
    assert conditions.get("white-7.5").phrase == "in white noise at 7.5 dB SNR"
    assert conditions.get("hum-10").phrase == "with mains hum at 10 dB SNR"
    assert conditions.get("babble-10").phrase == "in babble of synthetic voices at 10 dB SNR"
    assert {name for name in KINDS if conditions.KINDS[name].common} == {"speech", "babble"}


@pytest.mark.parametrize("sr", [8000, 48000])
def test_babble_has_the_band_of_speech(sr):
    y = noises.NOISES["babble"](4 * sr, sr, np.random.default_rng(0))
    assert density(y, sr, 150, 600) > density(y, sr, 2000, 4000) + 15
    if sr > 16000:
        speech = noises.speech(4 * sr, sr, np.random.default_rng(0))
        assert density(y, sr, 8000, sr / 2) == pytest.approx(density(speech, sr, 8000, sr / 2), abs=0.2)


def test_babble_is_eight_equally_loud_neutral_talkers(monkeypatch):
    spoken = []
    monkeypatch.setattr(voices, "samples", lambda utterances: [(u, spoken.append(u) or CONSTANT) for u in utterances])
    monkeypatch.setattr(voices, "_voices_at", lambda sr: voices._voices.__wrapped__())
    y = voices.talkers(1000, 16000, np.random.default_rng(0))
    np.testing.assert_allclose(y, 8**0.5, rtol=1e-6)
    assert {utterance.emotion for utterance in spoken} == {"neutral"}
    assert Counter(GENDERS[utterance.speaker] for utterance in spoken) == {"male": 12, "female": 12}


def test_babble_repeats_its_talkers_at_different_times():
    """Its level varies little, and no delay of a second or more gives the same sound again."""
    y = noises.NOISES["babble"](12 * 16000, 16000, np.random.default_rng(0)).astype(float)
    seconds = [level(part) for part in np.split(y, 12)]
    assert np.ptp(seconds) < 4
    n = 2 * len(y)
    similarity = np.fft.irfft(np.abs(np.fft.rfft(y, n)) ** 2)[: len(y)]
    assert similarity[16000:].max() < 0.3 * similarity[0]


def test_the_voices_of_babble_are_those_of_its_version():
    """Where this fails, raise the version of the condition: stored features of it are no longer right."""
    joined = np.concatenate(voices._voices()) * 1000
    assert (len(joined), conditions.KINDS["babble"].version) == (697960, 1)
    assert np.abs(np.rint(joined[::997])).sum() == pytest.approx(456864, abs=5)


def test_shaped_noises_have_a_power_of_1():
    """Babble joins voices of this power and the highest bands of speech noise."""
    rng, sr = np.random.default_rng(0), 48000
    assert level(noises.speech(4 * sr, sr, rng)) == pytest.approx(0, abs=0.2)
    assert level(noises.pink(4 * sr, sr, rng)) == pytest.approx(0, abs=0.5)
    assert level(voices.talkers(4 * sr, sr, rng)) == pytest.approx(0, abs=1.0)
