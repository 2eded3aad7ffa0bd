"""A clip's file becomes samples: ``load(path) -> (y, sr)``, or an :class:`AudioError` that says why not.

``sndfile`` decodes what libsndfile knows, ``ffmpeg`` other containers, which ``headers`` tells by their first bytes;
``span`` says which part of a long recording is heard.
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
"""The endings of files that keep every sample."""

EXTENSIONS = (*LOSSLESS_EXTENSIONS, ".opus", ".ogg", ".oga", ".m4a", ".aac", ".mp3", ".wma", ".webm", ".amr")
"""The endings by which a folder is searched for clips. Video is left out, since corpora hold the same clip as video
and as sound; a manifest may name any file."""

MIN_SECONDS = 0.05
"""A shorter clip holds less than a period and a half of a low voice's F0, and no emotion."""

MIN_RATE = 4000
"""Below this sampling rate (Hz) not even the first formants are left."""

MAX_RATE = 768_000
"""No converter samples faster (Hz); a header that says so is damaged, and analysis windows would grow with it."""

_SILENCE = 2.0**-15


def load(path: str | Path) -> tuple[np.ndarray, int]:
    """Read a clip.

    Returns ``(y, sr)``: float32 samples with shape ``(samples,)``, in [-1, 1] but for files that hold floats or
    clip when decoded, channels averaged, and the file's own sampling rate in Hz. Of a recording longer than
    :func:`max_samples` only the middle is heard, which :func:`is_excerpt` tells from the result.

    Raises
    ------
    AudioError
        Where the file is missing, empty, truncated, not audio, too short, silent, or holds NaN or Inf.
    TransientAudioError
        Where that is not the sound's fault, such as a missing ffmpeg.
    """
    from ser_bench.audio import ffmpeg, sndfile

    path = Path(path).absolute()  # no name is then taken for an option or for standard input
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
    """Read a clip from the bytes of its file, WAV, FLAC, Ogg, MP3 or what else libsndfile knows, and without ffmpeg.

    Returns and raises as :func:`load`; ``sndfile.ForeignError``, an ``AudioError``, for other formats.
    """
    from ser_bench.audio import sndfile

    headers.check(io.BytesIO(data), len(data), whole=True)
    y, sr = sndfile.decode(data)
    check_samples(y, sr)
    return y, sr


def sampling_rate(path: str | Path) -> int:
    """Return a file's own sampling rate in Hz, from its header; raises ``AudioError`` where it cannot be told."""
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
    """Return a hash of the samples and their rate: equal for the same sound in another container."""
    import numpy as np

    hashed = hashlib.blake2b(np.ascontiguousarray(y).tobytes(), digest_size=16)
    hashed.update(struct.pack("<qq", sr, y.size))
    return hashed.hexdigest()


def check_samples(y: np.ndarray, sr: int) -> None:
    """Raise ``AudioError`` for samples, float32 ``(samples,)`` at ``sr`` Hz, that are no usable sound."""
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
