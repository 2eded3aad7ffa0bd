"""Decoding of every container, rate and number of channels, and of damaged files."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser_bench import audio
from ser_bench.audio import EXTENSIONS, excerpt, ffmpeg, is_excerpt, load, max_samples, sampling_rate
from ser_bench.core.errors import AudioError, TransientAudioError
from tests.conftest import tone

quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
RATES = st.sampled_from([8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192_000])
STEPS = {"PCM_U8": 7, "PCM_S8": 7, "PCM_16": 15, "PCM_24": 23, "PCM_32": 31, "FLOAT": 23, "DOUBLE": 23}
"""Bits after the point."""
WHOLE = [
    *(("WAV", subtype) for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")),
    *(("WAVEX", "PCM_16"), ("RF64", "PCM_16"), ("W64", "PCM_24"), ("AIFF", "PCM_16"), ("CAF", "PCM_24")),
    *(("FLAC", "PCM_S8"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("AU", "PCM_16")),
]
LOSSY = [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("WAV", "ULAW"), ("WAV", "MS_ADPCM")]


def noise(seconds: float, sr: int, channels: int, bits: int) -> np.ndarray:
    """Return noise of full scale in steps of the format, ``(samples, channels)``, both extremes among it."""
    steps = np.random.default_rng(channels).integers(-(2**bits), 2**bits, (int(seconds * sr), channels))
    steps[0], steps[-1] = -(2**bits), 2**bits - 1
    return steps / 2.0**bits


@quick
@given(kind=st.sampled_from(WHOLE), sr=RATES, channels=st.sampled_from([1, 2, 3, 6, 8]), seconds=st.floats(0.051, 0.3))
def test_lossless_samples_equal_the_mean_of_the_channels(tmp_path, kind, sr, channels, seconds):
    y = noise(seconds, sr, channels, STEPS[kind[1]])
    path = tmp_path / "a"
    soundfile.write(path, y, sr, format=kind[0], subtype=kind[1])
    read, rate = load(path)
    assert (rate, sampling_rate(path)) == (sr, sr)
    expected = y.astype(np.float32)
    np.testing.assert_array_equal(read, expected.mean(axis=1) if channels > 1 else expected[:, 0])


@pytest.mark.parametrize(("kind", "subtype"), LOSSY)
def test_lossy_samples_are_close(tmp_path, kind, subtype):
    y = tone(1.0, sr=48000)
    path = tmp_path / "a"
    soundfile.write(path, y, 48000, format=kind, subtype=subtype)
    read, sr = load(path)
    assert sr == 48000
    length = min(len(read), len(y))
    assert abs(len(read) - len(y)) < 1200
    assert np.corrcoef(read[:length], y[:length])[0, 1] > 0.98


@pytest.mark.parametrize("channels", [32, 1024])
def test_many_channels_are_averaged(tmp_path, channels):
    y = noise(0.1, 16000, channels, 15)
    soundfile.write(tmp_path / "a.wav", y, 16000)
    np.testing.assert_allclose(load(tmp_path / "a.wav")[0], y.mean(axis=1), atol=1e-6)


def test_clipping_and_offset_are_kept(tmp_path, write_wav):
    y = np.clip(4 * tone() + 0.5, -1, 1).astype(np.float32)
    np.testing.assert_array_equal(load(write_wav(tmp_path / "a.wav", y, subtype="FLOAT"))[0], y)


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def test_private_chunks_of_odd_size_are_skipped(tmp_path, write_wav):
    whole = write_wav(tmp_path / "a.wav").read_bytes()
    expected = load(tmp_path / "a.wav")[0]
    inner = chunk(b"priv", b"odd") + whole[12:] + chunk(b"LIST", b"INFOodd")
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(inner) + 4) + b"WAVE" + inner)
    np.testing.assert_array_equal(load(tmp_path / "a.wav")[0], expected)


@pytest.mark.parametrize("kind", ["WAV", "RF64", "W64", "AIFF", "FLAC", "MP3"])
def test_a_truncated_file_with_a_known_length_is_refused(tmp_path, kind):
    path = tmp_path / "a"
    soundfile.write(path, tone(2.0), 16000, format=kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(AudioError, match=r"truncated|can be read"):
        load(path)


@pytest.mark.parametrize(("position", "size"), [(40, 4), (4, 4)])
def test_a_wav_that_was_written_to_a_pipe_is_read(tmp_path, write_wav, position, size):
    path = write_wav(tmp_path / "a.wav")
    expected = load(path)[0]
    data = bytearray(path.read_bytes())
    data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    np.testing.assert_array_equal(load(path)[0], expected)


def without_length(path: Path) -> None:
    """Make a FLAC file as one that was written to a pipe: its header does not know how many samples there are."""
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)


def test_a_flac_of_unknown_length_is_read(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(0.5), 16000)
    expected = load(path)[0]
    without_length(path)
    np.testing.assert_array_equal(load(path)[0], expected)


def test_an_mp3_with_an_overestimated_length_is_not_truncated(tmp_path):
    """Without the first frame, which counts the others, the length is an estimate from the small frames of silence."""
    path = tmp_path / "a.mp3"
    y = np.concatenate([np.zeros(16000), tone(2.0, sr=16000)])
    soundfile.write(path, y, 16000, format="MP3", bitrate_mode="VARIABLE", compression_level=0.5)
    data = path.read_bytes()
    path.write_bytes(data[data.index(data[:2], 4) :])
    assert soundfile.info(path).frames > 2 * len(y)
    assert abs(len(load(path)[0]) - len(y)) < 2304


def test_a_header_with_a_huge_length_takes_no_memory(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, tone(0.5), 16000)
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F
    data[22:26] = b"\xff" * 4
    path.write_bytes(data)
    with pytest.raises(AudioError):
        load(path)


@pytest.mark.parametrize("sr", [1000, 3_000_000])
def test_rates_out_of_range_are_refused(tmp_path, write_wav, sr):
    path = write_wav(tmp_path / "a.wav", tone(0.1, sr=sr), sr=sr)
    with pytest.raises(AudioError, match=f"sampling rate of {sr} Hz"):
        load(path)
    assert sampling_rate(path) == sr


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(TransientAudioError, match="not a regular file"):
        load(tmp_path / "a.wav")


@pytest.fixture
def short(monkeypatch):
    """Limit excerpts to half a second."""
    monkeypatch.setattr(excerpt, "MAX_SECONDS", 0.5)
    monkeypatch.setattr(excerpt, "_MAX_SAMPLES", 24_000)
    monkeypatch.setattr(excerpt, "max_samples", lambda sr: min(int(0.5 * sr), 24_000))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "unknown"])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_middle_of_a_long_recording_is_read(tmp_path, short, kind, channels):
    y = noise(1.1, 16000, channels, 15)
    path = tmp_path / "a"
    soundfile.write(path, y, 16000, format="WAV" if kind == "WAV" else "FLAC", subtype="PCM_16")
    if kind == "unknown":
        without_length(path)
    read, sr = load(path)
    first = (len(y) - 8001) // 2
    np.testing.assert_allclose(read, y.mean(axis=1)[first : first + 8001], atol=1e-6)
    assert is_excerpt(len(read), sr)


def test_the_longest_whole_recording_is_not_an_excerpt(tmp_path, short):
    soundfile.write(tmp_path / "a.wav", tone(0.5), 16000)
    read, sr = load(tmp_path / "a.wav")
    assert len(read) == 8000
    assert not is_excerpt(len(read), sr)


def test_excerpts_at_high_rates_are_shorter():
    assert max_samples(16000) == audio.MAX_SECONDS * 16000
    assert max_samples(192_000) == max_samples(48_000)


def test_the_rate_is_read_without_samples(tmp_path, write_wav, monkeypatch):
    path = write_wav(tmp_path / "a.wav", sr=22050)
    monkeypatch.setattr(soundfile.SoundFile, "read", None)
    assert sampling_rate(path) == 22050


def test_the_rate_of_a_text_file_is_an_error(tmp_path):
    (tmp_path / "a.wav").write_text("not a sound")
    with pytest.raises(AudioError, match="not an audio file"):
        sampling_rate(tmp_path / "a.wav")


M4A = b"\0\0\0\x1cftypM4A " + bytes(100)


@pytest.mark.parametrize(
    ("content", "name"), [(M4A, "M4A"), (b"\x1a\x45\xdf\xa3" + bytes(99), "WebM"), (b"#!AMR\n" + bytes(99), "AMR")]
)
@pytest.mark.parametrize("read", [load, sampling_rate])
def test_without_ffmpeg_its_formats_are_refused_with_a_hint(tmp_path, monkeypatch, content, name, read):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(TransientAudioError, match=f"^{name} needs ffmpeg, which is not found; install it or convert"):
        read(tmp_path / "a")


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Return a function that puts a program named ffmpeg, with this Python body, first on the PATH."""

    def make(body: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "ffmpeg"
        calls = folder / "calls"
        note = f"open({str(calls)!r}, 'a').write(repr(sys.argv[1:]) + '\\n')"
        head = f"#!{sys.executable}\nimport sys, struct, time\n{note}\n"
        program.write_text(head + body)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return calls

    return make


RAMP = """
frames = [i / 20000 for i in range(16000)]
out = sys.stdout.buffer
out.write(struct.pack(">4s5I", b".snd", 28, 0xFFFFFFFF, 6, 16000, 2) + bytes(4))
out.write(b"".join(struct.pack(">ff", f, 0.0) for f in frames))
"""


def test_channels_from_ffmpeg_are_averaged(tmp_path, fake):
    calls = fake(RAMP)
    (tmp_path / "-a.m4a").write_bytes(M4A)
    y, sr = load(tmp_path / "-a.m4a")
    assert sr == 16000
    np.testing.assert_allclose(y, np.arange(16000) / 40000, atol=1e-6)
    (arguments,) = map(eval, calls.read_text().splitlines())
    assert arguments[arguments.index("-i") + 1] == f"file:{tmp_path / '-a.m4a'}"
    assert {"-nostdin", "-protocol_whitelist", "mov"} < set(arguments)


def test_the_middle_of_a_long_recording_from_ffmpeg_is_read(tmp_path, fake, short):
    calls = fake(RAMP)
    (tmp_path / "a.m4a").write_bytes(M4A)
    y, _ = load(tmp_path / "a.m4a")
    np.testing.assert_allclose(y, np.arange(3999, 3999 + 8001) / 40000, atol=1e-6)
    assert len(calls.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.stderr.write('[mov @ 0x5] moov atom not found\\nmore'); sys.exit(1)", "ffmpeg: moov atom not found"),
        (RAMP + "sys.stderr.write('partial file')", "ffmpeg: partial file"),
        ("sys.exit(3)", "exit status 3"),
        ("", "no sound in it"),
        ("sys.stdout.buffer.write(struct.pack('>4s5I', b'.snd', 24, 0, 6, 16000, 1))", "holds no samples"),
        ("sys.stderr.write(\"Stream map '' matches no streams.\"); sys.exit(1)", "a video without an audio track"),
        (RAMP + "import os; os.kill(os.getpid(), 9)", "stopped by signal 9"),
    ],
)
def test_an_error_of_ffmpeg_is_reported(tmp_path, fake, body, reason):
    fake(body)
    (tmp_path / "a.m4a").write_bytes(M4A)
    with pytest.raises(AudioError, match=reason):
        load(tmp_path / "a.m4a")


def test_ffmpeg_is_stopped_after_the_time_limit(tmp_path, fake, monkeypatch):
    monkeypatch.setattr(ffmpeg, "TIME_LIMIT", 0.2)
    fake("time.sleep(60)")
    (tmp_path / "a.m4a").write_bytes(M4A)
    with pytest.raises(TransientAudioError, match=r"after 0\.2 s"):
        load(tmp_path / "a.m4a")


@pytest.mark.parametrize(
    "content", [b"just text\n" * 20, b"#EXTM3U\nhttp://localhost/a.mp3\n", b"ffconcat version 1.0\n"]
)
def test_text_files_are_not_passed_to_ffmpeg(tmp_path, fake, content):
    calls = fake(RAMP)
    (tmp_path / "a.m4a").write_bytes(content)
    with pytest.raises(AudioError, match="not an audio file"):
        load(tmp_path / "a.m4a")
    assert not calls.exists()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", ["a.m4a", "a.aac", "a.webm", "a.wma", "a.mka", "a.wv"])
def test_files_encoded_by_ffmpeg_are_read(tmp_path, write_wav, name):
    y = tone(1.0, sr=48000)
    write_wav(tmp_path / "a.wav", y, sr=48000)
    encoded = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", tmp_path / "a.wav", tmp_path / name],
        capture_output=True,
        check=False,
    )
    if encoded.returncode:
        pytest.skip(f"this ffmpeg does not encode {name}")
    read, sr = load(tmp_path / name)
    assert sr == sampling_rate(tmp_path / name) == 48000
    assert abs(len(read) - len(y)) < 5000
    both = np.fft.rfft(read, 2**17) * np.conj(np.fft.rfft(y, 2**17))  # programs differ in the delay they leave
    assert np.abs(np.fft.irfft(both)).max() > 0.9 * np.linalg.norm(read) * np.linalg.norm(y)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 20])
    with pytest.raises(AudioError):
        load(tmp_path / name)


def test_extensions_are_distinct_and_lossless_ones_come_first():
    assert len(set(EXTENSIONS)) == len(EXTENSIONS)
    assert EXTENSIONS.index(".flac") < EXTENSIONS.index(".mp3")


def fuzz(folder: Path, seed: int, count: int) -> tuple[int, int, int]:
    """Read damaged files in a process of their own; return how many there were, how many sound, its peak in MiB."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", folder, str(seed), str(count)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": ""},
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, f"{done.stderr[-2000:]}\nthe file at fault is {folder / 'case'}"
    read, sound, peak = map(int, done.stdout.split()[-3:])
    return read, sound, peak


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_damaged_files_give_samples_or_an_audio_error(tmp_path, seed):
    read, sound, peak = fuzz(tmp_path, seed, 1000 if seed == 1 else 100_000)
    assert 0.1 * read < sound < 0.9 * read
    assert peak < 300


def test_files_truncated_anywhere_give_samples_or_an_audio_error(tmp_path):
    read, sound, peak = fuzz(tmp_path, 0, 0)
    assert sound < 0.01 * read
    assert peak < 300


@pytest.mark.parametrize(
    ("kind", "subtype"), [("WAV", None), ("FLAC", None), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)]
)
def test_bytes_are_read_like_their_file(tmp_path, kind, subtype):
    soundfile.write(tmp_path / "clip", tone(), 16000, format=kind, subtype=subtype)
    recording, (expected, rate) = audio.read_bytes((tmp_path / "clip").read_bytes()), load(tmp_path / "clip")
    assert recording.sr == rate
    np.testing.assert_array_equal(recording.y, expected)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"version https://git-lfs", "Git LFS pointer"),
        (b"<html>", "not an audio file but an HTML page"),
    ],
)
def test_bytes_without_audio_are_refused_like_their_file(tmp_path, data, reason):
    (tmp_path / "clip").write_bytes(data)
    for given_ in (lambda: audio.read_bytes(data), lambda: load(tmp_path / "clip")):
        with pytest.raises(AudioError, match=reason):
            given_()


def test_truncated_bytes_are_refused(tmp_path, write_wav):
    data = write_wav(tmp_path / "clip.wav").read_bytes()
    with pytest.raises(AudioError, match="truncated"):
        audio.read_bytes(data[: len(data) // 2])
