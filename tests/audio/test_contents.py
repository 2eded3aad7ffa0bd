"""Files that hold something else than their names say."""

from __future__ import annotations

import pytest
import soundfile

from ser_bench import audio
from ser_bench.audio.headers import Container, ffmpeg_container
from ser_bench.core.errors import AudioError
from tests.conftest import tone

FOREIGN = {
    "an HTML page; download": b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><head><title>404</title>",
    "an XML or JSON document; it may be the error of a server": b'<?xml version="1.0"?><Error>AccessDenied</Error>',
    "an XML or JSON document": b'{"message": "Not Found"}',
    "a ZIP archive; unpack it": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(200)),
    "a gzip archive": b"\x1f\x8b\x08\x00" + bytes(range(200)),
    "a file of zeros": bytes(4000),
    "a resource file of macOS": b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X" + bytes(100),
    r"a text file \('Not Found'\); download": b"Not Found\n",
    r"a text file \('Zu viele Anfragen für": "Zu viele Anfragen für diese Datei in dieser Stunde\n".encode(),
    "a PNG picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
}


@pytest.mark.parametrize("reason", FOREIGN)
def test_the_content_of_a_file_that_is_not_audio_is_named(tmp_path, reason):
    (tmp_path / "a.wav").write_bytes(FOREIGN[reason])
    for read in (audio.load, audio.open_stream, audio.sampling_rate):
        with pytest.raises(AudioError, match=f"^not an audio file but {reason}"):
            read(tmp_path / "a.wav")
    with pytest.raises(audio.headers.ForeignError, match=reason):
        audio.read_bytes(FOREIGN[reason])


@pytest.mark.parametrize(
    ("start", "container"),
    [
        (b"\0\0\0\x1cftypisom", Container("MP4", "mov")),
        (b"\0\0\0\x1cftypM4A ", Container("M4A", "mov")),
        (b"RIFF\0\0\0\0AVI LIST", Container("AVI", "avi")),
        (b"\0\0\x01\xba", Container("MPEG video", "mpeg")),
    ],
)
def test_a_video_file_is_recognised_by_its_content(tmp_path, start, container):
    (tmp_path / "a.wav").write_bytes(start + bytes(100))
    assert ffmpeg_container(audio.headers.read(tmp_path / "a.wav")) == container
    with pytest.raises(audio.headers.ForeignError, match=f"{container.name} is not read here"):
        audio.read_bytes(start + bytes(100))


def test_a_tag_before_another_format_than_mp3_is_skipped(tmp_path):
    (tmp_path / "a.aac").write_bytes(b"ID3\x04\0\0\0\0\x01\x00" + bytes(128) + b"\xff\xf1\x50\x80" + bytes(600))
    assert ffmpeg_container(audio.headers.read(tmp_path / "a.aac")) == Container("AAC", "aac")


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3", "AIFF"])
def test_the_format_is_that_of_the_content(tmp_path, kind):
    soundfile.write(tmp_path / "a.wav", tone(), 16000, format=kind)
    recording = audio.read(tmp_path / "a.wav")
    assert recording.format.startswith(kind)
    assert audio.is_misnamed("a.wav", recording.format)
    assert not audio.is_misnamed(f"a.{kind.lower()}", recording.format)
    assert not audio.is_misnamed("a.unknown", recording.format)


@pytest.mark.parametrize("extension", ["au", "vox", "snd", "mp3"])
def test_an_extension_does_not_make_a_page_audio(tmp_path, capfd, extension):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(b"<html><body>not found</body></html>" * 200)
    for read in (audio.load, audio.open_stream, audio.sampling_rate):
        with pytest.raises(AudioError, match="an HTML page"):
            read(path)
    assert capfd.readouterr().err == ""
