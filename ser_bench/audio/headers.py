"""Headers of audio files: container, and whether the file is empty, a placeholder or truncated."""

from __future__ import annotations

import io
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ser_bench.core.errors import AudioError, TransientAudioError

_HEAD = 64
_MPEG_FRAME = 1500
"""Size of the largest MP3 frame, in bytes."""
_UNKNOWN_SIZES = {0, *(value for bits in (32, 64) for value in (2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1))}
"""Data sizes of programs that write to a pipe and do not know the size."""


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
class _Chunks:
    """Layout of the chunks of a container: name, size, content, padding to a multiple of bytes."""

    begin: int = 12
    size: str = "<I"
    name: int = 4
    multiple: int = 2
    own: int = 0
    """Bytes of the chunk's header that its size includes."""
    data: bytes = b"data"


_CHUNKED = {
    (b"RIFF", b"WAVE"): _Chunks(),
    (b"RIFX", b"WAVE"): _Chunks(size=">I"),
    (b"RF64", b"WAVE"): _Chunks(),
    (b"FORM", b"AIFF"): _Chunks(size=">I", data=b"SSND"),
    (b"FORM", b"AIFC"): _Chunks(size=">I", data=b"SSND"),
    (b"riff", b"wave"): _Chunks(begin=40, size="<Q", name=16, multiple=8, own=24),
}
"""By bytes 0 to 4 and bytes 8 to 12, or 24 to 28 for Sony Wave64, the last."""

_SIGNATURES = (
    (4, b"ftyp", Container("M4A", "mov")),
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
    (0, b"caff", Container("CAF in this coding", "caf")),
    (8, b"AIFC", Container("AIFF-C in this coding", "aiff")),
    (8, b"WAVE", Container("WAV in this coding", "wav")),
    (28, b"Speex", Container("Ogg Speex", "ogg")),
    (28, b"\x7fFLAC", Container("Ogg FLAC", "ogg")),
)
"""Offset and bytes of containers that ffmpeg reads and libsndfile does not. Formats of libsndfile are not listed,
because ffmpeg would replace the missing samples of a damaged file."""


def read(path: Path, whole: bool = False) -> bytes:
    """Read the first bytes of a file and check them.

    Parameters
    ----------
    path : Path
        The audio file.
    whole : bool, default False
        Whether to check that the file is as long as its header says, which libsndfile does not do.

    Returns
    -------
    bytes
        The first 64 bytes.

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


def check(file: BinaryIO, size: int, whole: bool = False) -> bytes:
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
    bytes
        The first 64 bytes.

    Raises
    ------
    AudioError
        As :func:`read`.
    """
    head = file.read(_HEAD)
    chunks = _CHUNKED.get((head[:4], head[8:12])) or _CHUNKED.get((head[:4], head[24:28]))
    truncated = whole and chunks is not None and _is_truncated(file, chunks, size)
    if not head:
        raise AudioError("empty file")
    if head.startswith(b"version http"):
        raise AudioError("a Git LFS pointer, not audio; download the file with git lfs pull")
    if truncated:
        raise AudioError("truncated: the header promises more samples than the file holds")
    return head


def ffmpeg_container(head: bytes) -> Container | None:
    """Return the container of a file, if it is one for ffmpeg.

    Parameters
    ----------
    head : bytes
        The first 64 bytes of the file.

    Returns
    -------
    Container or None
        None for every other file.
    """
    matches = (known for offset, mark, known in _SIGNATURES if head[offset : offset + len(mark)] == mark)
    return next(matches, None)


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
        head = file.read(10)
        if head.startswith(b"ID3"):  # the size of the tag has seven bits per byte
            file.seek(10 + sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(head[6:])))
        else:
            file.seek(0)
        frame = file.read(_MPEG_FRAME)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))


def _is_truncated(file: BinaryIO, chunks: _Chunks, size: int) -> bool:
    """Return whether the data chunk ends after the end of the file."""
    file.seek(chunks.begin)
    long_size = None
    header_size = chunks.name + struct.calcsize(chunks.size)
    while len(header := file.read(header_size)) == header_size:
        length = max(0, struct.unpack(chunks.size, header[chunks.name :])[0] - chunks.own)
        begin = file.tell()
        if header.startswith(b"ds64"):
            long_size = int.from_bytes(file.read(16)[8:], "little")
        if header.startswith(chunks.data):
            declared = long_size if long_size is not None and length == 2**32 - 1 else length
            return declared not in _UNKNOWN_SIZES and begin + declared > size
        end = begin + length + -length % chunks.multiple
        if end >= size:
            return True
        file.seek(end)
    return True
