"""Lossy codecs: bit rate, bandwidth, alignment and length, against what the encoders state."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import correlate

from ser_bench.audio import conditions
from ser_bench.audio.conditions import amr, codecs
from ser_bench.audio.resample import resample
from ser_bench.core.errors import ConditionError, ConfigError

LIBSNDFILE = [
    "mp3-64",
    "mp3-32",
    "mp3-16",
    "opus-24",
    "opus-12",
    "opus-6",
    "vorbis-64",
    "vorbis-32",
    "vorbis-16",
    "gsm",
]
NOISE = np.random.default_rng(0).normal(0, 0.1, 96_000).astype(np.float32)


def voice(sr, seconds=1.0):
    """Return a voice-like sound without pauses: 120 Hz with vibrato, its harmonics, a syllable rate and breath."""
    t = np.arange(round(seconds * sr)) / sr
    phase = 2 * np.pi * (120 * t + 2 * np.sin(14 * t))
    harmonics = sum(np.sin(k * phase + k * k) / k for k in range(1, 30))
    breath = 0.02 * np.random.default_rng(1).standard_normal(t.size)
    return (0.1 * harmonics * (1.2 + np.sin(25 * t)) + breath).astype(np.float32)


@pytest.fixture
def bits(monkeypatch):
    """Return a list of the bits of every clip encoded by libsndfile, without the headers of Ogg."""
    sizes = []

    def encoded(*arguments, **options):
        data = original(*arguments, **options)
        sizes.append(codecs.ogg_bits(data) if data[:4] == b"OggS" else 8 * len(data))
        return data

    original = codecs.encoded
    monkeypatch.setattr(codecs, "encoded", encoded)
    return sizes


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        *[("mp3-320", 0.05), ("mp3-192", 0.05), ("mp3-64", 0.05), ("mp3-32", 0.06), ("mp3-16", 0.08), ("mp3-50", 0.2)],
        *[("opus-24", 0.2), ("opus-12", 0.25), ("opus-6", 0.3), ("vorbis-64", 0.03), ("vorbis-32", 0.03)],
    ],
)
def test_the_bit_rate_is_the_stated_one(bits, name, tolerance):
    conditions.get(name).apply(voice(48_000, 2.0), 48_000)
    nearest = min(bits, key=lambda size: abs(size / 2000 - float(name.split("-")[1])))
    assert nearest / 2000 == pytest.approx(float(name.split("-")[1]), rel=tolerance)


def test_gsm_has_13_kbit_per_second(bits):
    conditions.get("gsm").apply(voice(8000, 2.0), 8000)
    assert bits[-1] / 2000 == pytest.approx(13.2, rel=0.02)


@pytest.mark.parametrize(
    ("name", "rate", "band"),
    [
        *[("mp3-64", 48_000, 16_500), ("mp3-32", 22_050, 8250), ("mp3-16", 16_000, 5550)],
        *[("opus-12", 48_000, 8000), ("opus-6", 48_000, 4000), ("vorbis-32", 24_000, 10_500)],
        *[("vorbis-16", 12_000, 5800), ("gsm", 8000, 3980)],
    ],
)
def test_rate_and_bandwidth_are_those_of_the_encoder(name, rate, band):
    changed, sr = conditions.get(name).apply(NOISE, 48_000)
    assert sr == rate
    power = np.cumsum(np.abs(np.fft.rfft(changed)) ** 2)
    edge = np.fft.rfftfreq(len(changed), 1 / sr)[np.searchsorted(power, 0.998 * power[-1])]
    assert edge == pytest.approx(band, rel=0.05)


@pytest.mark.parametrize("sr", [8000, 44_100])
@pytest.mark.parametrize("name", LIBSNDFILE)
def test_clips_stay_aligned_and_as_long(name, sr):
    y = voice(sr, 0.7)
    changed, rate = conditions.get(name).apply(y, sr)
    expected = resample(y, sr, rate)
    assert abs(len(changed) - len(expected)) <= 1
    expected = expected[: len(changed)]
    match = correlate(changed, expected, method="fft")
    assert abs(int(np.argmax(match)) - len(expected) + 1) <= (4 if "opus" in name else 0)
    assert match.max() > 0.8 * np.sqrt(np.sum(expected**2) * np.sum(changed**2))


def error(name, y, sr):
    """Return the error relative to the clip in dB."""
    changed, rate = conditions.get(name).apply(y, sr)
    returned = resample(changed, rate, sr)[: len(y)]
    return 10 * np.log10(np.sum((returned - y[: len(returned)]) ** 2) / np.sum(y**2))


@pytest.mark.parametrize("kind", ["mp3", "opus", "vorbis"])
def test_fewer_bits_are_worse(kind):
    y = voice(16_000, 1.0)
    errors = [error(condition.name, y, 16_000) for condition in conditions.KINDS[kind].listed]
    assert errors[0] < errors[1] < errors[2] < 0


def test_mp3_at_192_is_close():
    y = voice(44_100)
    changed, sr = codecs.mp3(y, 44_100, 192)
    assert (sr, len(changed)) == (44_100, len(y))
    assert np.sum((changed - y) ** 2) < 5e-3 * np.sum(y**2)
    assert codecs.mp3(voice(16_000), 16_000, 192)[1] == 32_000


@pytest.mark.parametrize("name", LIBSNDFILE)
def test_short_silent_and_loud_clips(name):
    condition = conditions.get(name)
    for sr in (8000, 48_000):
        short, rate = condition.apply(NOISE[: sr // 10], sr)
        assert abs(len(short) - rate / 10) <= 1
        assert np.abs(short).max() > 0.01
    silent, _ = condition.apply(np.zeros(24_000, np.float32), 48_000)
    assert np.abs(silent).max() < 1e-3
    loud, _ = condition.apply(20 * voice(48_000, 0.5), 48_000)
    assert 0.9 < np.abs(loud).max() < 2


def test_full_scale_is_the_limit_before_the_encoder():
    y = voice(24_000, 0.5)
    loud = conditions.get("mp3-64").apply(8 * y, 24_000)[0]
    np.testing.assert_array_equal(loud, conditions.get("mp3-64").apply(np.clip(8 * y, -1, 1), 24_000)[0])


def test_an_error_of_libsndfile_is_one_line():
    with pytest.raises(ConditionError, match=r"^libsndfile cannot encode it as OPUS \(.*44100|Opus only supports"):
        codecs.encoded(NOISE, 44_100, "OGG", "OPUS")
    with pytest.raises(ConditionError, match=r"^too short for 8,000 Hz: 2 samples at 48,000 Hz"):
        conditions.get("gsm").apply(NOISE[:2], 48_000)


def test_levels_that_do_not_exist():
    with pytest.raises(ConfigError, match=r"'amr-6': expected 4\.75, 5\.15, .* 10\.2 or 12\.2 kbit/s$"):
        conditions.get("amr-6")
    with pytest.raises(ConfigError, match="'opus-5': expected 6 to 256 kbit/s"):
        conditions.get("opus-5")
    assert conditions.get("amr-12.2").phrase == "coded as AMR at 12.2 kbit/s"


def test_everyday_bit_rates_are_common():
    assert [c.name for c in conditions.parse(["codecs"]) if c.common] == ["mp3-64", "opus-24", "opus-12", "amr-12.2"]


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Return a function that puts a program named ffmpeg, with this Python body, alone on the PATH."""

    def make(body: str) -> None:
        program = tmp_path / "ffmpeg"
        program.write_text(f"#!{sys.executable}\nimport sys, time\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


LOSSLESS = """
data, encode = sys.stdin.buffer.read(), "-c:a" in sys.argv
if encode:
    assert sys.argv[sys.argv.index("-b:a") + 1] == "7400" and sys.argv[sys.argv.index("-ar") + 1] == "8000"
sys.stdout.buffer.write(b"#!AMR\\n" + bytes(80) + data if encode else data[6:])
"""


def test_the_delay_of_amr_is_removed(fake):
    fake(LOSSLESS)
    y = voice(8000, 0.5)
    changed, sr = conditions.get("amr-7.4").apply(y, 8000)
    assert sr == 8000
    np.testing.assert_allclose(changed, y, atol=2**-16)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "sys.exit(\"Unknown encoder 'libopencore_amrnb'\")",
            "AMR needs an ffmpeg with libopencore_amrnb, and this one",
        ),
        ("sys.exit('out of disk\\nmore')", r"^ffmpeg cannot code it as AMR \(out of disk\)$"),
        ("", r"^ffmpeg cannot code it as AMR \(no output\)$"),
        ("time.sleep(60)", r"^ffmpeg was stopped after 0\.2 s$"),
    ],
)
def test_an_error_of_ffmpeg_is_one_line(fake, monkeypatch, body, reason):
    fake(body)
    monkeypatch.setattr(amr, "TIME_LIMIT", 0.2 if "sleep" in body else 60)
    with pytest.raises(ConditionError, match=reason):
        conditions.get("amr-4.75").apply(voice(8000, 0.2), 8000)


def test_without_ffmpeg_amr_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        ConditionError, match=r"^AMR needs ffmpeg, which is not found; install it or leave the condition"
    ):
        conditions.get("amr-12.2").apply(voice(8000, 0.2), 8000)


def has_encoder():
    """Return whether ffmpeg encodes AMR here."""
    program = shutil.which("ffmpeg", path=os.environ["PATH"])
    command = [program, "-v", "error", "-encoders"] if program else ["true"]
    return b"libopencore_amrnb" in subprocess.run(command, capture_output=True, check=False).stdout


@pytest.mark.skipif(not has_encoder(), reason="ffmpeg with an encoder of AMR is not installed")
@pytest.mark.parametrize("bit_rate", amr.BIT_RATES)
def test_amr_has_its_bit_rate_and_stays_aligned(bit_rate):
    y = voice(8000, 2.0)
    data = amr.encode((y * 32768).astype(np.int16), bit_rate)
    assert bit_rate < 8 * len(data) / 2000 < bit_rate + 0.8
    changed, sr = amr.amr(NOISE[:16_000], 8000, bit_rate)
    assert (len(changed), sr) == (16_000, 8000)
    assert abs(int(np.argmax(correlate(changed, NOISE[:16_000], method="fft"))) - 15_999) <= 2
