"""Headers of audio files: container, content that is not audio, and MP3 frames."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ser_bench.audio.sizes import Sizes, check_size
from ser_bench.core.errors import AudioError, TransientAudioError

_HEAD = 512
_MPEG_FRAME = 1500
"""Size of the largest MP3 frame, in bytes."""


class ForeignError(AudioError):
    """A file that holds no audio, or audio in an unknown format.

    Parameters
    ----------
    reason : str
        What the file is.
    remedy : str
        What to do, if that is known.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}; {remedy}" if remedy else reason)
        self.reason = reason


@dataclass(frozen=True)
class Container:
    """A container format that ffmpeg reads.

    Attributes
    ----------
    name : str
        The name for messages, for example ``"M4A"``.
    demuxer : str
        ffmpeg's demuxer.
    """

    name: str
    demuxer: str


@dataclass(frozen=True)
class Head:
    """The first bytes of a file.

    Attributes
    ----------
    start : bytes
        The first 512 bytes.
    content : bytes
        The first 512 bytes after an ID3 tag, which may precede other formats than MP3.
    sizes : Sizes
        Differences between the size in the header and the size of the file.
    """

    start: bytes
    content: bytes
    sizes: Sizes = Sizes()  # noqa: RUF009 - it is frozen

    @property
    def is_mpeg(self) -> bool:
        """Whether the content is MPEG audio, or follows an ID3 tag."""
        sync = self.content[:2]
        return self.start.startswith(b"ID3") or (len(sync) == 2 and sync[0] == 0xFF and sync[1] & 0xE0 == 0xE0)


_SIGNATURES = (
    (4, b"ftypM4A", Container("M4A", "mov")),
    (4, b"ftypM4B", Container("M4B", "mov")),
    (4, b"ftypqt", Container("QuickTime", "mov")),
    (4, b"ftyp3g", Container("3GP", "mov")),
    (4, b"ftyp", Container("MP4", "mov")),
    (4, b"moov", Container("QuickTime", "mov")),
    (4, b"mdat", Container("QuickTime", "mov")),
    (4, b"wide", Container("QuickTime", "mov")),
    (0, b"\x1a\x45\xdf\xa3", Container("WebM", "matroska")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Container("WMA", "asf")),
    (0, b"#!AMR", Container("AMR", "amr")),
    (0, b"\xff\xf1", Container("AAC", "aac")),
    (0, b"\xff\xf9", Container("AAC", "aac")),
    (0, b"\x0b\x77", Container("AC-3", "ac3")),
    (0, b"wvpk", Container("WavPack", "wv")),
    (0, b"TTA1", Container("TTA", "tta")),
    (0, b"MAC ", Container("Monkey's Audio", "ape")),
    (0, b"DSD ", Container("DSF", "dsf")),
    (0, b"FLV\x01", Container("FLV", "flv")),
    (0, b"\x00\x00\x01\xba", Container("MPEG video", "mpeg")),
    (8, b"AVI ", Container("AVI", "avi")),
    (0, b"caff", Container("CAF in this coding", "caf")),
    (8, b"AIFC", Container("AIFF-C in this coding", "aiff")),
    (8, b"WAVE", Container("WAV in this coding", "wav")),
    (28, b"Speex", Container("Ogg Speex", "ogg")),
    (28, b"\x7fFLAC", Container("Ogg FLAC", "ogg")),
)
"""Offset and bytes of containers that ffmpeg reads and libsndfile does not. Formats of libsndfile are not listed,
because ffmpeg would replace the missing samples of a damaged file."""

_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive", "unpack it"),
    (b"\x1f\x8b", "a gzip archive", "unpack it"),
    (b"BZh", "a bzip2 archive", "unpack it"),
    (b"\xfd7zXZ", "an xz archive", "unpack it"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"%PDF", "a PDF document", "leave it out"),
    (b"\x89PNG", "a PNG picture", "leave it out"),
    (b"\xff\xd8\xff", "a JPEG picture", "leave it out"),
    (b"\x00\x05\x16\x07", "a resource file of macOS (its name starts with ._)", "delete it"),
    (b"\x93NUMPY", "a NumPy array", "convert it to WAV"),
    (b"PAR1", "a Parquet table", "convert its clips to WAV"),
    (b"MThd", "a MIDI file, which holds notes and no sound", "leave it out"),
)
"""First bytes of files that are sometimes named as audio, their content, and what to do."""


def read(path: Path, whole: bool = False) -> Head:
    """Read the first bytes of a file and check them.

    Parameters
    ----------
    path : Path
        The audio file.
    whole : bool, default False
        Whether to check that the file is as long as its header says, which libsndfile does not do.

    Returns
    -------
    Head
        The first bytes.

    Raises
    ------
    AudioError
        If the file is empty, a Git LFS pointer or truncated.
    TransientAudioError
        If the file cannot be opened.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise TransientAudioError("cannot be opened: not a regular file")  # reading a pipe may not end
        with path.open("rb") as file:
            return check(file, status.st_size, whole)
    except OSError as error:
        raise TransientAudioError(f"cannot be opened: {error.strerror or error}") from None


def check(file: BinaryIO, size: int, whole: bool = False) -> Head:
    """Read the first bytes of an open file and check them.

    Parameters
    ----------
    file : file object
        The file, at its start.
    size : int
        Its size in bytes.
    whole : bool, default False
        As for :func:`read`.

    Returns
    -------
    Head
        The first bytes.

    Raises
    ------
    AudioError
        As :func:`read`.
    """
    start = file.read(_HEAD)
    if not start:
        raise AudioError("empty file")
    if start.startswith(b"version http"):
        raise ForeignError("a Git LFS pointer, not audio", "download the file with git lfs pull")
    content = start
    if start.startswith(b"ID3"):
        file.seek(_after_tag(start))
        content = file.read(_HEAD)
    return Head(start, content, check_size(file, start, size) if whole else Sizes())


def ffmpeg_container(head: Head) -> Container | None:
    """Return the container of a file, if it is one for ffmpeg.

    Parameters
    ----------
    head : Head
        The first bytes of the file.

    Returns
    -------
    Container or None
        None for every other file.
    """
    content = head.content
    matches = (known for offset, mark, known in _SIGNATURES if content[offset : offset + len(mark)] == mark)
    return next(matches, None)


def foreign_error(head: Head) -> ForeignError | None:
    """Return the error about a file that no decoder reads, if its content is recognised.

    Parameters
    ----------
    head : Head
        The first bytes of the file.

    Returns
    -------
    ForeignError or None
        None for unknown content.
    """
    start = head.start
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        content, remedy = "an HTML page", "download the file again"
    elif text.startswith((b"<?xml", b"{", b"[")) and _is_text(start):
        content, remedy = "an XML or JSON document", "it may be the error of a server; download the file again"
    elif not start.strip(b"\0"):
        content, remedy = "a file of zeros", "the download or the copy was interrupted; download the file again"
    elif match := next(((name, remedy) for mark, name, remedy in _FOREIGN if start.startswith(mark)), None):
        content, remedy = match
    elif _is_text(start):
        content, remedy = f"a text file ({_first_words(start)})", "download the file again"
    else:
        return None
    return ForeignError(f"not an audio file but {content}", remedy)


def _is_text(start: bytes) -> bool:
    """Return whether the first bytes are UTF-8 without control characters but white space."""
    text = start.decode("utf-8", errors="ignore")
    return len(text.encode()) > len(start) - 4 and all(c.isprintable() or c.isspace() for c in text)


def _first_words(start: bytes) -> str:
    """Return the beginning of a text for a message."""
    words = " ".join(start.decode("utf-8", errors="ignore").split())
    return repr(words if len(words) <= 40 else words[:40] + "…")


def _after_tag(start: bytes) -> int:
    """Return the position after an ID3 tag, whose size has seven bits per byte."""
    return 10 + sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(start[6:10]))


def has_mpeg_length(source: Path | bytes) -> bool:
    """Return whether the first frame of an MP3 file counts the frames; otherwise libsndfile estimates their number.

    Parameters
    ----------
    source : Path or bytes
        The file or its content.

    Returns
    -------
    bool
        True with a Xing, Info or VBRI header.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        start = file.read(10)
        file.seek(_after_tag(start) if start.startswith(b"ID3") else 0)
        frame = file.read(_MPEG_FRAME)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))
