"""Audio files as samples: ``load(path)`` returns ``(y, sr)`` or raises :class:`AudioError` with the reason.

``sndfile`` decodes the formats of libsndfile, ``ffmpeg`` other containers, which ``headers`` recognises by their first
bytes; ``excerpt`` limits long recordings to their middle.
"""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.audio import headers
from ser_bench.audio.excerpt import MAX_SECONDS, is_excerpt, max_samples
from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "EXTENSIONS",
    "LOSSLESS_EXTENSIONS",
    "MAX_RATE",
    "MAX_SECONDS",
    "MIN_RATE",
    "MIN_SECONDS",
    "check_samples",
    "is_excerpt",
    "load",
    "load_bytes",
    "max_samples",
    "samples_digest",
    "sampling_rate",
]

LOSSLESS_EXTENSIONS = (".wav", ".flac", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".caf", ".au", ".sph")
"""Extensions of lossless formats."""

EXTENSIONS = (*LOSSLESS_EXTENSIONS, ".opus", ".ogg", ".oga", ".m4a", ".aac", ".mp3", ".wma", ".webm", ".amr")
"""Extensions of clips in a folder. Video is left out, because some corpora hold each clip as audio and as video; a
manifest may name any file."""

MIN_SECONDS = 0.05
"""Shortest clip: it holds a few periods of F0, even of a low voice."""

MIN_RATE = 4000
"""Lowest sampling rate in Hz; below it the formants are missing."""

MAX_RATE = 768_000
"""Highest sampling rate in Hz; a header with a higher one is damaged."""

_SILENCE = 2.0**-15


def load(path: str | Path) -> tuple[np.ndarray, int]:
    """Read a clip.

    Parameters
    ----------
    path : str or Path
        The audio file.

    Returns
    -------
    y : ndarray of shape (n_samples,), dtype float32
        Samples with channels averaged, in [-1, 1] except for float files and overshoot of lossy decoders. For a
        recording longer than :func:`max_samples`, the middle only; see :func:`is_excerpt`.
    sr : int
        The sampling rate of the file in Hz.

    Raises
    ------
    AudioError
        If the file is missing, empty, truncated, not audio, too short, silent, or holds NaN or Inf.
    TransientAudioError
        If the reason is outside the file, for example a missing ffmpeg.
    """
    from ser_bench.audio import ffmpeg, sndfile

    path = Path(path).absolute()  # a file named -i is not taken for an option
    head = headers.read(path, whole=True)
    try:
        y, sr = sndfile.decode(path)
    except sndfile.RefusedError:
        if (container := headers.ffmpeg_container(head)) is None:
            raise
        y, sr = ffmpeg.decode(path, container)
    check_samples(y, sr)
    return y, sr


def load_bytes(data: bytes) -> tuple[np.ndarray, int]:
    """Read a clip from the bytes of its file, in a format of libsndfile such as WAV, FLAC, Ogg or MP3.

    Parameters
    ----------
    data : bytes
        The content of an audio file.

    Returns
    -------
    y, sr
        As :func:`load`.

    Raises
    ------
    AudioError
        As :func:`load`; ``sndfile.ForeignError`` for other formats.
    """
    from ser_bench.audio import sndfile

    headers.check(io.BytesIO(data), len(data), whole=True)
    y, sr = sndfile.decode(data)
    check_samples(y, sr)
    return y, sr


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

    path = Path(path).absolute()
    head = headers.read(path)
    try:
        return sndfile.sampling_rate(path)
    except sndfile.RefusedError:
        if (container := headers.ffmpeg_container(head)) is None:
            raise
        return ffmpeg.sampling_rate(path, container)


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


def check_samples(y: np.ndarray, sr: int) -> None:
    """Check that samples are usable.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Samples.
    sr : int
        Sampling rate in Hz.

    Raises
    ------
    AudioError
        If the rate is out of range, or the samples are too few, not finite or constant.
    """
    import numpy as np

    if sr < MIN_RATE:
        raise AudioError(f"sampling rate of {sr} Hz is below {MIN_RATE} Hz")
    if sr > MAX_RATE:
        raise AudioError(f"sampling rate of {sr} Hz is above {MAX_RATE} Hz")
    if y.size < MIN_SECONDS * sr:
        raise AudioError(f"too short: {1e3 * y.size / sr:.1f} ms, at least {1e3 * MIN_SECONDS:.0f} ms needed")
    if not np.isfinite(y).all():
        raise AudioError("holds NaN or infinite samples")
    if np.ptp(y) < _SILENCE:
        raise AudioError("silent: every sample is the same")
