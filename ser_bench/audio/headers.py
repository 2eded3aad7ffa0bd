"""What a file's first bytes tell: whether there is sound at all, which container it is, whether its end was cut off."""

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
"""No MP3 frame has more bytes."""
_UNKNOWN_SIZES = {0, *(value for bits in (32, 64) for value in (2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1))}
"""What programs that write to a pipe leave where the size of the data should be."""


@dataclass(frozen=True)
class Container:
    """A file format by the name its users know, and ffmpeg's name for what reads it."""

    name: str
    demuxer: str


@dataclass(frozen=True)
class _Chunks:
    """How a container lays its chunks out: a name, a size, the content, and filling up to a multiple of bytes."""

    begin: int = 12
    size: str = "<I"
    name: int = 4
    multiple: int = 2
    own: int = 0
    """How many bytes of its own header a chunk's size includes."""
    data: bytes = b"data"


_CHUNKED = {
    (b"RIFF", b"WAVE"): _Chunks(),
    (b"RIFX", b"WAVE"): _Chunks(size=">I"),
    (b"RF64", b"WAVE"): _Chunks(),
    (b"FORM", b"AIFF"): _Chunks(size=">I", data=b"SSND"),
    (b"FORM", b"AIFC"): _Chunks(size=">I", data=b"SSND"),
    (b"riff", b"wave"): _Chunks(begin=40, size="<Q", name=16, multiple=8, own=24),
}
"""By the first four bytes and bytes 8 to 12, or 24 to 28 in the last, Sony Wave64."""

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
"""Where in the file which bytes mean a container that ffmpeg may read though libsndfile does not. Files that are
libsndfile's own and damaged are not among them: ffmpeg would make up what is lost."""


def read(path: Path, whole: bool = False) -> bytes:
    """Return a file's first bytes.

    Raises :class:`AudioError` where it cannot be opened or is no sound on purpose; with ``whole`` also where its header
    promises more than the file holds, which libsndfile itself reads without complaint.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise TransientAudioError("cannot be opened: not a regular file")  # reading a pipe might never end
        with path.open("rb") as opened:
            return check(opened, status.st_size, whole)
    except OSError as error:
        raise TransientAudioError(f"cannot be opened: {error.strerror or error}") from None


def check(opened: BinaryIO, size: int, whole: bool = False) -> bytes:
    """Return the first bytes of an open file of ``size`` bytes; raises ``AudioError`` as :func:`read`."""
    head = opened.read(_HEAD)
    chunks = _CHUNKED.get((head[:4], head[8:12])) or _CHUNKED.get((head[:4], head[24:28]))
    cut = whole and chunks is not None and _is_cut(opened, chunks, size)
    if not head:
        raise AudioError("empty file")
    if head.startswith(b"version http"):
        raise AudioError("a pointer of git lfs, not the sound itself; git lfs pull fetches that")
    if cut:
        raise AudioError("truncated: the header promises more samples than the file holds")
    return head


def ffmpeg_container(head: bytes) -> Container | None:
    """Return the container that ``head`` begins, where that may be one for ffmpeg."""
    return next((known for place, mark, known in _SIGNATURES if head[place : place + len(mark)] == mark), None)


def tells_mpeg_length(source: Path | bytes) -> bool:
    """Say whether the first frame of an MP3 file counts the frames; without that, their number is an estimate."""
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as opened:
        head = opened.read(10)
        if head.startswith(b"ID3"):  # a tag's size has seven bits to a byte
            opened.seek(10 + sum((byte & 0x7F) << 7 * (3 - i) for i, byte in enumerate(head[6:])))
        else:
            opened.seek(0)
        frame = opened.read(_MPEG_FRAME)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))


def _is_cut(opened: BinaryIO, chunks: _Chunks, size: int) -> bool:
    """Walk the chunks to the data."""
    opened.seek(chunks.begin)
    long_size = None
    both = chunks.name + struct.calcsize(chunks.size)
    while len(header := opened.read(both)) == both:
        length = max(0, struct.unpack(chunks.size, header[chunks.name :])[0] - chunks.own)
        begin = opened.tell()
        if header.startswith(b"ds64"):
            long_size = int.from_bytes(opened.read(16)[8:], "little")
        if header.startswith(chunks.data):
            promised = long_size if long_size is not None and length == 2**32 - 1 else length
            return promised not in _UNKNOWN_SIZES and begin + promised > size
        after = begin + length + -length % chunks.multiple
        if after >= size:
            return True
        opened.seek(after)
    return True
