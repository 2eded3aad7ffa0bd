"""Sizes in headers: whether a file holds all the samples that its header promises.

A program that writes to a pipe cannot know the size in advance and cannot correct it afterwards. It writes a
placeholder, such as 0, 0x7ffff000 or 0xffffffff, and the samples last until the end of the file. What follows the
header distinguishes a placeholder from the size of a file that was cut.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from ser_bench.core.errors import AudioError

_PLACEHOLDER_MARGIN = 1 << 16
"""Placeholders are at most this many bytes below a multiple of 2 GiB: programs subtract their header or round down."""
_HUGE, _FAR = 1 << 30, 16
"""A size from 1 GiB on that is 16 times the content of the file is a placeholder, too."""
_FEW = 1 << 12
"""Fewer bytes after the samples are not worth a warning: programs fill up sectors or append notes."""
_SEARCHED = 1 << 16
"""The chunk of samples is searched in so many bytes where a size before it is wrong."""
_OGG_PAGE = 27 + 255 + 255 * 255
"""Size of the largest Ogg page in bytes."""
_NIST_HEADER = 1024


@dataclass(frozen=True)
class Patch:
    """Bytes of a header with the true size instead of a placeholder.

    Attributes
    ----------
    offset : int
        Position in the file.
    content : bytes
        The bytes from there on.
    """

    offset: int
    content: bytes


@dataclass(frozen=True)
class Sizes:
    """Differences between the size in a header and the size of the file.

    Attributes
    ----------
    patch : Patch or None
        The true size where the header has a placeholder.
    unread : int
        Bytes after the samples that belong to no chunk; 0 if they are few.
    """

    patch: Patch | None = None
    unread: int = 0


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
    total: bool = True
    """Whether bytes 4 to 8 hold the size of the file, less 8."""

    @property
    def header(self) -> int:
        """Bytes of a chunk's name and size."""
        return self.name + struct.calcsize(self.size)

    def length(self, header: bytes) -> int:
        """Return the size of a chunk's content, as its header says."""
        return max(0, int(struct.unpack(self.size, header[self.name :])[0]) - self.own)


_CHUNKED = {
    (b"RIFF", b"WAVE"): _Chunks(),
    (b"RIFX", b"WAVE"): _Chunks(size=">I"),
    (b"RF64", b"WAVE"): _Chunks(total=False),
    (b"BW64", b"WAVE"): _Chunks(total=False),
    (b"FORM", b"AIFF"): _Chunks(size=">I", data=b"SSND"),
    (b"FORM", b"AIFC"): _Chunks(size=">I", data=b"SSND"),
    (b"FORM", b"8SVX"): _Chunks(size=">I", data=b"BODY"),
    (b"FORM", b"16SV"): _Chunks(size=">I", data=b"BODY"),
    (b"caff", b"desc"): _Chunks(begin=8, size=">Q", multiple=1, total=False),
    (b"riff", b"wave"): _Chunks(begin=40, size="<Q", name=16, multiple=8, own=24, total=False),
}
"""By bytes 0 to 4 and bytes 8 to 12, or 24 to 28 for Sony Wave64, the last."""


def check_size(file: BinaryIO, head: bytes, size: int) -> Sizes:
    """Compare the size in the header of a file with the size of the file.

    Parameters
    ----------
    file : file object
        The file.
    head : bytes
        Its first bytes, at least 64.
    size : int
        Its size in bytes.

    Returns
    -------
    Sizes
        Empty where the header is right or has no size.

    Raises
    ------
    AudioError
        If the file was cut.
    """
    chunks = _CHUNKED.get((head[:4], head[8:12])) or _CHUNKED.get((head[:4], head[24:28]))
    if chunks is not None:
        return _check_chunks(file, head, chunks, size)
    if head.startswith((b".snd", b"dns.")):
        return _check_sun(file, head, size)
    if head.startswith(b"NIST_1A"):
        _check_nist(file, size)
    elif head.startswith(b"OggS"):
        _check_last_page(file, size)
    return Sizes()


def _check_chunks(file: BinaryIO, head: bytes, chunks: _Chunks, size: int) -> Sizes:
    """Find the chunk of samples and check its size."""
    file.seek(chunks.begin)
    long_size, long_offset = None, 0
    while len(header := file.read(chunks.header)) == chunks.header:
        length, begin = chunks.length(header), file.tell()
        if header.startswith(b"ds64"):  # 64-bit sizes of RF64 and BW64
            long_size, long_offset = int.from_bytes(file.read(16)[8:], "little"), begin + 8
        if header.startswith(chunks.data):
            if long_size is not None and length == 2**32 - 1:
                offset, declared, layout, own = long_offset, long_size, "<Q", 0
            else:
                offset, declared, layout, own = begin - chunks.header + chunks.name, length, chunks.size, chunks.own
            closed = chunks.total and abs(struct.unpack(chunks.size, head[4:8])[0] + 8 - size) <= 1
            if _is_placeholder(file, chunks, declared, begin, size, closed):
                return Sizes(_patch(offset, layout, size - begin + own))
            end = begin + declared + -declared % chunks.multiple
            return Sizes(unread=0 if _are_chunks(file, chunks, end, size) else _unread(file, declared, end, size))
        end = begin + length + -length % chunks.multiple
        if end >= size:
            break
        file.seek(end)
    file.seek(0)
    found_at = file.read(_SEARCHED).find(chunks.data, chunks.begin)
    if 0 <= found_at < size - chunks.header:
        raise AudioError("damaged header: the size of a chunk before the samples is wrong; write the file again")
    raise AudioError("truncated: the file ends before its samples")


def _is_placeholder(file: BinaryIO, chunks: _Chunks, declared: int, begin: int, size: int, closed: bool) -> bool:
    """Return whether a size is a placeholder; raise an error if the file was cut.

    With ``closed`` the header has the right size of the file, so that only the size of the samples is wrong.
    """
    available = size - begin
    if declared == 0:
        return available > 0 and not _are_chunks(file, chunks, begin, size)
    if declared <= available:
        return False
    if closed or is_unknown(declared, available):
        return True
    raise _cut(declared, available)


def is_unknown(declared: int, available: int) -> bool:
    """Return whether a size in a header is too large to be meant.

    Parameters
    ----------
    declared : int
        The size in the header, in bytes.
    available : int
        The size of the content, in bytes.

    Returns
    -------
    bool
        True for placeholders.
    """
    return -declared % 2**31 <= _PLACEHOLDER_MARGIN or (declared >= _HUGE and declared > _FAR * available)


def _are_chunks(file: BinaryIO, chunks: _Chunks, begin: int, size: int) -> bool:
    """Return whether chunks with printable names fill the file from ``begin`` to its end."""
    while begin < size:
        file.seek(begin)
        header = file.read(chunks.header)
        if len(header) < chunks.header or not header[: chunks.name].isascii() or header[: chunks.name].count(0):
            return False
        length = chunks.length(header)
        begin += chunks.header + length + -length % chunks.multiple
    return begin <= size + chunks.multiple - 1


def _patch(offset: int, layout: str, value: int) -> Patch | None:
    """Return a size as a patch; None where it does not fit, so that the decoder reads to the end of the file."""
    return Patch(offset, struct.pack(layout, value)) if value < 256 ** struct.calcsize(layout) - 1 else None


def _check_sun(file: BinaryIO, head: bytes, size: int) -> Sizes:
    """Check the size in the header of Sun audio (AU)."""
    layout = ">I" if head.startswith(b".snd") else "<I"
    if len(head) < 12:
        raise AudioError("truncated: the file ends before its samples")
    begin, declared = (struct.unpack(layout, head[k : k + 4])[0] for k in (4, 8))
    available = max(0, size - begin)
    if declared and declared <= available:
        return Sizes(unread=_unread(file, declared, begin + declared, size))
    if declared and not is_unknown(declared, available):
        raise _cut(declared, available)
    return Sizes(_patch(8, layout, available))


def _unread(file: BinaryIO, declared: int, end: int, size: int) -> int:
    """Return the number of bytes after the samples; 0 if they are few or begin with zeros."""
    file.seek(end)
    rest = size - end
    return rest if rest > max(_FEW, declared // 10) and file.read(_FEW).strip(b"\0") else 0


def _check_nist(file: BinaryIO, size: int) -> None:
    """Check the number of samples in the header of NIST SPHERE; compressed files hold fewer bytes."""
    file.seek(0)
    text = file.read(_NIST_HEADER).decode("ascii", errors="replace")
    fields = dict(re.findall(r"^(\w+) -\w+ (\S+)", text, re.MULTILINE))
    names = ("sample_count", "sample_n_bytes", "channel_count")
    values = [int(value) for name in names if (value := fields.get(name, "")).isdigit()]
    header = re.match(r"NIST_1A\s+(\d+)", text)
    if len(values) == len(names) and header and "shorten" not in text and "wavpack" not in text:
        declared, available = values[0] * values[1] * values[2], size - int(header[1])
        if declared > available and not is_unknown(declared, available):
            raise _cut(declared, available)


def _check_last_page(file: BinaryIO, size: int) -> None:
    """Raise an error if an Ogg file ends within a page."""
    file.seek(max(0, size - _OGG_PAGE))
    tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    segments = page[27 : 27 + page[26]] if len(page) > 26 else b""
    if page.startswith(b"OggS") and (
        len(page) < 27 or len(segments) < page[26] or len(page) < 27 + len(segments) + sum(segments)
    ):
        raise AudioError("truncated: the file ends within a page of the Ogg stream")


def _cut(declared: int, available: int) -> AudioError:
    return AudioError(
        f"truncated: the header promises {declared:,} bytes of samples, the file holds {max(0, available):,}"
    )
