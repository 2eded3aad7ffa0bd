"""Audio files as samples: ``load(path)`` returns ``(y, sr)`` or raises :class:`AudioError` with the reason.

``read(path)`` also returns facts about the file, ``open_stream(path)`` gives recordings of any length in blocks;
all use the same decoders. ``sndfile`` decodes the formats of libsndfile, ``ffmpeg`` other containers, which ``headers``
recognises by their first bytes. ``sizes`` finds truncated files, ``channels`` makes them mono, and ``excerpt`` limits
long recordings to their middle.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ser_bench.audio import headers
from ser_bench.audio.excerpt import MAX_SECONDS, is_excerpt, max_samples
from ser_bench.audio.recording import (
    MAX_RATE,
    MIN_RATE,
    MIN_SECONDS,
    Recording,
    Stream,
    check_samples,
    checked,
    reading_warnings,
    scanned,
)
from ser_bench.core.versions import installed_version

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.audio.sndfile import Source

__all__ = [
    "EXTENSIONS",
    "LOSSLESS_EXTENSIONS",
    "MAX_RATE",
    "MAX_SECONDS",
    "MIN_RATE",
    "MIN_SECONDS",
    "Recording",
    "Stream",
    "check_samples",
    "is_excerpt",
    "is_misnamed",
    "load",
    "max_samples",
    "open_stream",
    "read",
    "read_bytes",
    "reader_version",
    "reading_warnings",
    "samples_digest",
    "sampling_rate",
]

LOSSLESS_EXTENSIONS = (".wav", ".flac", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".caf", ".au", ".sph")
"""Extensions of lossless formats."""

EXTENSIONS = (*LOSSLESS_EXTENSIONS, ".opus", ".ogg", ".oga", ".m4a", ".aac", ".mp3", ".wma", ".webm", ".amr")
"""Extensions of clips in a folder. Video is left out, because some corpora hold each clip as audio and as video; a
manifest may name any file."""

_FORMATS = {
    ".wav": ("WAV", "WAVEX", "RF64", "W64"),
    ".flac": ("FLAC",),
    ".mp3": ("MP3", "MPEG"),
    ".aif": ("AIFF", "AIFF-C"),
    ".aiff": ("AIFF", "AIFF-C"),
    ".ogg": ("OGG", "Ogg"),
    ".m4a": ("M4A", "MP4"),
}
"""The first word of the formats that each extension promises."""
_READER = ("headers", "sizes", "sndfile", "ffmpeg", "channels", "excerpt", "recording")

_Result = TypeVar("_Result")


def load(path: str | Path) -> tuple[np.ndarray, int]:
    """Read the samples and the rate of a clip.

    Parameters
    ----------
    path : str or Path
        The audio file.

    Returns
    -------
    y : ndarray of shape (n_samples,), dtype float32
        See :class:`Recording`.
    sr : int
        The sampling rate of the file in Hz.

    Raises
    ------
    AudioError
        As :func:`read`.
    """
    recording = read(path)
    return recording.y, recording.sr


def read(path: str | Path) -> Recording:
    """Read a clip.

    Parameters
    ----------
    path : str or Path
        The audio file.

    Returns
    -------
    Recording
        Samples, rate, and facts about the file.

    Raises
    ------
    AudioError
        If the file is missing, empty, truncated, not audio, too short, silent, or holds NaN or Inf.
    TransientAudioError
        If the reason is outside the file, for example a missing ffmpeg.
    """
    from ser_bench.audio import ffmpeg, sndfile

    return checked(_decode(path, sndfile.decode, ffmpeg.decode))


def read_bytes(data: bytes) -> Recording:
    """Read a clip from the bytes of its file, in a format of libsndfile such as WAV, FLAC, Ogg or MP3.

    Parameters
    ----------
    data : bytes
        The content of an audio file.

    Returns
    -------
    Recording
        As :func:`read`.

    Raises
    ------
    AudioError
        As :func:`read`; ``headers.ForeignError`` for other formats.
    """
    from ser_bench.audio import sndfile

    head = headers.check(io.BytesIO(data), len(data), whole=True)
    try:
        return checked(sndfile.decode(sndfile.Source(data, head)))
    except sndfile.RefusedError as error:
        if container := headers.ffmpeg_container(head):
            raise headers.ForeignError(f"{container.name} is not read here") from None
        raise headers.foreign_error(head) or error from None


def open_stream(path: str | Path) -> Stream:
    """Check a whole recording of any length, and open it for reading in blocks.

    Parameters
    ----------
    path : str or Path
        The audio file.

    Returns
    -------
    Stream
        The recording.

    Raises
    ------
    AudioError
        As :func:`read`, except for NaN and Inf.
    """
    from ser_bench.audio import ffmpeg, sndfile

    return _decode(
        path,
        lambda source: scanned(partial(sndfile.blocks, source), source.head.sizes.unread),
        lambda path, container: scanned(partial(ffmpeg.blocks, path, container)),
    )


def sampling_rate(path: str | Path) -> int:
    """Read the sampling rate from the header of a file.

    Parameters
    ----------
    path : str or Path
        The audio file.

    Returns
    -------
    int
        The sampling rate in Hz.

    Raises
    ------
    AudioError
        As :func:`load`.
    """
    from ser_bench.audio import ffmpeg, sndfile

    return _decode(path, sndfile.sampling_rate, ffmpeg.sampling_rate, whole=False)


def _decode(
    path: str | Path,
    with_sndfile: Callable[[Source], _Result],
    with_ffmpeg: Callable[[Path, headers.Container], _Result],
    whole: bool = True,
) -> _Result:
    """Call the function of the decoder that reads a file."""
    from ser_bench.audio import sndfile

    path = Path(path).absolute()  # a file named -i is not taken for an option
    head = headers.read(path, whole)
    try:
        return with_sndfile(sndfile.Source(path, head))
    except sndfile.RefusedError as error:
        if container := headers.ffmpeg_container(head):
            return with_ffmpeg(path, container)
        raise headers.foreign_error(head) or error from None


def is_misnamed(path: str | Path, name: str) -> bool:
    """Return whether a file has another format than its extension promises.

    Parameters
    ----------
    path : str or Path
        The file.
    name : str
        Its format, as in :class:`Recording`.

    Returns
    -------
    bool
        False for extensions of several formats.
    """
    formats = _FORMATS.get(Path(path).suffix.lower())
    return bool(name and formats) and name.split(maxsplit=1)[0] not in (formats or ())


@cache
def reader_version() -> str:
    """Return a hash of the code that reads files; a reason why a clip cannot be read holds for one version.

    Returns
    -------
    str
        Eight hexadecimal digits.
    """
    folder = Path(__file__).parent
    source = hashlib.sha256(installed_version("soundfile").encode())
    for name in _READER:
        source.update((folder / f"{name}.py").read_bytes())
    return source.hexdigest()[:8]


def samples_digest(y: np.ndarray, sr: int) -> str:
    """Return a hash of samples and sampling rate, which does not depend on the file format.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Samples.
    sr : int
        Sampling rate in Hz.

    Returns
    -------
    str
        BLAKE2b hash of 16 bytes, in hexadecimal.
    """
    import numpy as np

    hashed = hashlib.blake2b(np.ascontiguousarray(y).tobytes(), digest_size=16)
    hashed.update(struct.pack("<qq", sr, y.size))
    return hashed.hexdigest()
