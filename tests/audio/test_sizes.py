"""Files whose header has no true size, and files that were cut."""

from __future__ import annotations

import io
import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from ser_bench import audio
from ser_bench.core.errors import AudioError
from tests.conftest import tone

Y = tone(0.25)
SIZES = {  # position of the size of the samples relative to the name of their chunk, and its layout
    "WAV": (b"data", 4, "<I"),
    "RF64": (b"data", 4, "<I"),
    "W64": (b"data\xf3", 16, "<Q"),
    "AIFF": (b"SSND", 4, ">I"),
    "CAF": (b"data", 4, ">Q"),
    "AU": (b".snd", 8, ">I"),
}


def whole_file(kind: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, Y, 16000, format=kind, subtype="PCM_16")
    return buffer.getvalue()


def with_size(kind: str, size: int) -> bytes:
    """Return a file whose header has another size of the samples."""
    data = bytearray(whole_file(kind))
    name, position, layout = SIZES[kind]
    start = data.index(name) + position
    data[start : start + struct.calcsize(layout)] = struct.pack(layout, size)
    return bytes(data)


def read_all(path, data: bytes) -> list[int]:
    """Return the number of samples that each reader finds."""
    path.write_bytes(data)
    readers = (lambda: audio.read(path), lambda: audio.read_bytes(data), lambda: audio.open_stream(path))
    return [read().total for read in readers]


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0x7FFFFF00, 0x80000000, 0xFFFFFFDB, 0xFFFFFFFF, 0x7F000000])
def test_a_placeholder_for_the_size_is_recognised_in_each_format(tmp_path, kind, size):
    assert read_all(tmp_path / "a", with_size(kind, size)) == [len(Y)] * 3


@pytest.mark.parametrize("total", [0, 0x7FFFF024, 0xFFFFFFFF])
def test_samples_of_a_wav_from_a_pipe_are_those_of_the_file(tmp_path, write_wav, total):
    expected = audio.load(write_wav(tmp_path / "a.wav"))[0]
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[4:8], data[40:44] = struct.pack("<I", total), struct.pack("<I", max(0, total - 0x24))
    (tmp_path / "a.wav").write_bytes(data)
    np.testing.assert_array_equal(audio.load(tmp_path / "a.wav")[0], expected)


def test_a_wrong_size_of_the_samples_in_a_file_of_the_right_size_is_corrected(tmp_path):
    assert read_all(tmp_path / "a", with_size("WAV", 400_000)) == [len(Y)] * 3


@pytest.mark.parametrize("kind", [*SIZES, "NIST"])
def test_a_cut_file_is_refused_by_every_reader(tmp_path, kind):
    data = whole_file(kind)[:-1001]
    for read in (audio.open_stream, audio.read):
        (tmp_path / "a").write_bytes(data)
        with pytest.raises(AudioError, match=r"truncated: the header promises [\d,]+ bytes of samples, the file holds"):
            read(tmp_path / "a")


@pytest.mark.parametrize("subtype", ["OPUS", "VORBIS"])
def test_an_ogg_file_cut_within_a_page_is_refused(tmp_path, subtype):
    soundfile.write(tmp_path / "a", tone(8.0), 16000, format="OGG", subtype=subtype)
    data = (tmp_path / "a").read_bytes()
    pages = [i for i in range(len(data)) if data.startswith(b"OggS", i)]
    (tmp_path / "a").write_bytes(data[: pages[-1] - 5])
    with pytest.raises(AudioError, match="truncated: the file ends within a page"):
        audio.load(tmp_path / "a")
    (tmp_path / "a").write_bytes(data[: pages[-1]])  # a stream that was stopped
    assert audio.read(tmp_path / "a").total > 16000


def test_a_wav_without_samples_before_its_notes_holds_no_samples(tmp_path):
    empty = with_size("WAV", 0)[:44] + b"LIST" + struct.pack("<I", 4) + b"INFO"
    (tmp_path / "a.wav").write_bytes(empty)
    with pytest.raises(AudioError, match="holds no samples"):
        audio.load(tmp_path / "a.wav")


@pytest.mark.parametrize(("kind", "unread"), [("WAV", 6000), ("AIFF", 6008), ("AU", 6000)])
def test_samples_beyond_a_size_that_is_too_small_give_a_warning(tmp_path, kind, unread):
    (tmp_path / "a").write_bytes(with_size(kind, 2000))
    warning = f"{unread:,} bytes after the samples are not used; the size in the header may be wrong"
    assert audio.read(tmp_path / "a").warnings == (warning,)
    assert audio.open_stream(tmp_path / "a").part(Y).warnings == (warning,)
    (tmp_path / "a").write_bytes(whole_file(kind) + bytes(20_000))  # filled up with zeros
    assert audio.read(tmp_path / "a").warnings == ()


def test_an_odd_chunk_without_padding_is_not_called_truncated(tmp_path):
    data = whole_file("WAV")
    odd = b"LIST" + struct.pack("<I", 7) + b"INFOabc"
    (tmp_path / "a.wav").write_bytes(data[:36] + odd + data[36:])
    with pytest.raises(AudioError, match="damaged header: the size of a chunk before the samples is wrong"):
        audio.load(tmp_path / "a.wav")


def test_a_stream_refuses_a_cut_flac_and_reads_one_of_unknown_length(tmp_path):
    data = bytearray(whole_file("FLAC"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)  # no number of samples, as from a pipe
    assert read_all(tmp_path / "a.flac", bytes(data)) == [len(Y)] * 3
    (tmp_path / "a.flac").write_bytes(whole_file("FLAC")[:-500])
    with pytest.raises(AudioError):
        audio.open_stream(tmp_path / "a.flac")


def test_notes_of_the_mp3_decoder_do_not_reach_standard_error(tmp_path):
    soundfile.write(tmp_path / "a.mp3", tone(2.0), 16000, format="MP3")
    data = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(data[: len(data) // 2])
    script = """
import sys
from ser_bench import audio
for read in (audio.read, audio.open_stream, audio.sampling_rate):
    try:
        read(sys.argv[1])
    except audio.recording.AudioError:
        pass
print("heard", file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "a.mp3"], capture_output=True, text=True, check=True
    )
    assert done.stderr == "heard\n"
