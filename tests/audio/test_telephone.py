"""Telephone lines, against the tables of ITU-T G.711, libsndfile and the response of the filter."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from scipy.signal import freqz

from ser_bench.audio import conditions
from ser_bench.audio.conditions import g711, telephone
from ser_bench.core.errors import ConditionError

NOISE = np.random.default_rng(0).normal(0, 0.1, 96_000).astype(np.float32)


@pytest.mark.parametrize(("law", "subtype"), [("mu", "ULAW"), ("A", "ALAW")])
def test_g711_equals_libsndfile_for_every_sample(law, subtype):
    samples = np.arange(-(2**15), 2**15).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, samples, 8000, format="WAV", subtype=subtype)
    file.seek(0)
    np.testing.assert_array_equal(g711.round_trip(samples, law), soundfile.read(file, dtype="int16")[0])


@pytest.mark.parametrize(
    ("law", "decisions", "outputs"),
    [
        (
            "mu",
            [1, 3, 31, 35, 95, 103, 223, 479, 991, 2015, 4063, 7903],
            [0, 2, 33, 99, 231, 495, 1023, 2079, 4191, 8031],
        ),
        ("A", [2, 4, 32, 62, 64, 68, 128, 256, 512, 1024, 2048, 3968], [1, 3, 33, 66, 132, 264, 528, 1056, 2112, 4032]),
    ],
)
def test_levels_are_those_of_the_standard(law, decisions, outputs):
    borders, values = g711.magnitudes(law)
    assert (len(borders), len(values)) == (127, 128)
    assert np.isin(decisions, borders).all()
    np.testing.assert_array_equal(values[[0, 1, *range(16, 128, 16), 127]], outputs)


def test_a_decoded_sample_is_encoded_as_itself():
    samples = np.arange(-(2**15), 2**15).astype(np.int16)
    for law in g711.LAWS:
        decoded = g711.round_trip(samples, law)
        np.testing.assert_array_equal(g711.round_trip(decoded, law), decoded)
        assert len(np.unique(decoded)) == {"mu": 255, "A": 256}[law]


def sine(frequency, sr, seconds=0.5):
    """Return a sine of amplitude 0.3."""
    return (0.3 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * sr)) / sr)).astype(np.float32)


def response(rate, frequencies):
    """Return the response of a line in dB."""
    return 20 * np.log10(np.abs(freqz(telephone.band_filter(rate), worN=frequencies, fs=rate)[1]))


def test_the_narrow_band_is_300_to_3400_hz():
    assert np.abs(response(8000, np.arange(300, 3401, 10))).max() < 0.1
    assert response(8000, [250, 3500]).min() > -3
    assert max(response(8000, np.arange(0, 151, 10)).max(), response(8000, np.arange(3700, 4001, 10)).max()) < -50


def test_the_wide_band_is_50_to_7000_hz():
    assert response(16_000, np.arange(50, 7001, 10)).min() > -3
    assert np.abs(response(16_000, np.arange(80, 7001, 10))).max() < 0.1
    assert max(response(16_000, [0, 10]).max(), response(16_000, np.arange(7400, 8001, 10)).max()) < -45


@pytest.mark.parametrize(("name", "rate"), [("phone", 8000), ("phone-alaw", 8000), ("wideband", 16_000)])
@pytest.mark.parametrize("sr", [8000, 11_025, 44_100, 48_000, 96_000])
def test_clips_come_out_at_the_rate_of_the_line_as_long_and_aligned(name, rate, sr):
    y = sine(1000, sr)
    y[: len(y) // 2] = 0
    changed, new_rate = conditions.get(name).apply(y, sr)
    assert new_rate == rate
    assert abs(len(changed) / rate - len(y) / sr) <= 1 / rate
    expected = sine(1000, rate)[: len(changed)]
    middle = slice(int(0.3 * rate), int(0.45 * rate))
    np.testing.assert_allclose(changed[middle], expected[middle], atol=0.012)
    assert np.abs(changed[: int(0.2 * rate)]).max() < 0.01


def test_the_line_passes_speech_and_stops_the_rest():
    for name, sr, passed, stopped in [("phone", 48_000, 1000, [60, 3800, 5000]), ("wideband", 48_000, 6000, [8, 7600])]:
        condition = conditions.get(name)
        power = {f: np.var(condition.apply(sine(f, sr, 1.0), sr)[0][2000:6000]) for f in [passed, *stopped]}
        assert power[passed] == pytest.approx(0.045, rel=0.02)
        assert max(power[f] for f in stopped) < 1e-4 * power[passed]


def test_the_distortion_is_that_of_eight_bits():
    y = NOISE * 0.5
    filtered, _ = conditions.get("wideband").apply(y, 8000)
    for name in ("phone", "phone-alaw"):
        changed, _ = conditions.get(name).apply(y, 8000)
        clean = telephone._in_band(y, 8000, 8000)
        assert 36 < 10 * np.log10(np.var(clean) / np.var(changed - clean)) < 39
    assert len(np.unique(filtered * 2**13 % 1)) == 1


@pytest.mark.parametrize("name", ["phone", "phone-alaw", "wideband"])
def test_short_silent_and_loud_clips(name):
    condition = conditions.get(name)
    short, rate = condition.apply(NOISE[:4800], 48_000)
    assert len(short) == rate // 10
    silent, _ = condition.apply(np.zeros(48_000, np.float32), 48_000)
    assert np.abs(silent).max() <= (2**-12 if name == "phone-alaw" else 0)
    loud, _ = condition.apply(30 * NOISE, 48_000)
    assert np.isfinite(loud).all()
    assert 0.95 < np.abs(loud).max() <= 1
    with pytest.raises(ConditionError, match=r"^too short for "):
        condition.apply(np.ones(1, np.float32), 96_000)
