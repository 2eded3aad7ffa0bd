"""A clip's file becomes samples: ``load(path) -> (y, sr)``, or an :class:`AudioError` that says why not."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import numpy as np

from ser_bench.errors import AudioError

MINIMUM_SECONDS = 0.05
"""A shorter clip holds less than a period and a half of a low voice's F0, and no emotion."""

MINIMUM_RATE = 4000
"""Below this sampling rate (Hz) not even the first formants are left."""

_SILENCE = 2.0**-15
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def load(path: str | Path) -> tuple[np.ndarray, int]:
    """Read a clip.

    Returns ``(y, sr)``: float32 samples in [-1, 1] with shape ``(samples,)``, channels averaged, and
    the file's own sampling rate in Hz.

    Raises
    ------
    AudioError
        Where the file is missing, empty, truncated, not audio, too short, silent, or holds NaN or Inf.
    """
    path = Path(path)
    _check_file(path)
    y, sr = _decode(path)
    check_samples(y, sr)
    return y, sr


def digest(y: np.ndarray, sr: int) -> str:
    """Return a hash of the samples and their rate: equal for the same sound in another container."""
    hashed = hashlib.blake2b(np.ascontiguousarray(y).tobytes(), digest_size=16)
    hashed.update(struct.pack("<qq", sr, y.size))
    return hashed.hexdigest()


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as opened:
            head = opened.read(12)
            if head[:4] == b"RIFF" and head[8:] == b"WAVE" and _is_truncated(opened, size):
                raise AudioError("truncated: the header promises more samples than the file holds")
    except OSError as error:
        raise AudioError(f"cannot be opened: {error.strerror or error}") from None
    if size == 0:
        raise AudioError("empty file")
    if head == b"version http":
        raise AudioError("a pointer of git lfs, not the sound itself; git lfs pull fetches that")


def _is_truncated(wav, size: int) -> bool:  # type: ignore[no-untyped-def]
    """Walk a WAV file's chunks to its data; libsndfile itself reads a cut file without complaint."""
    while len(header := wav.read(8)) == 8:
        name, length = header[:4], struct.unpack("<I", header[4:])[0]
        if name == b"data":
            return length not in _UNKNOWN_SIZES and wav.tell() + length > size
        wav.seek(length + length % 2, 1)
    return True


def _decode(path: Path) -> tuple[np.ndarray, int]:
    import soundfile

    try:
        with soundfile.SoundFile(os.fsencode(path)) as sound:  # names need not be UTF-8
            promised, sr = sound.frames, sound.samplerate
            samples = sound.read(dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        raise AudioError(f"not an audio file that can be read ({reason})") from None
    if len(samples) < promised:
        raise AudioError("truncated: the header promises more samples than the file holds")
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32), sr


def check_samples(y: np.ndarray, sr: int) -> None:
    """Raise :class:`AudioError` for samples, float32 ``(samples,)`` at ``sr`` Hz, that are no usable sound."""
    if sr < MINIMUM_RATE:
        raise AudioError(f"sampling rate of {sr} Hz is below {MINIMUM_RATE} Hz")
    if y.size < MINIMUM_SECONDS * sr:
        raise AudioError(f"too short: {1e3 * y.size / sr:.1f} ms, at least {1e3 * MINIMUM_SECONDS:.0f} ms needed")
    if not np.isfinite(y).all():
        raise AudioError("holds NaN or infinite samples")
    if np.ptp(y) < _SILENCE:
        raise AudioError("silent: every sample is the same")


def sampling_rate(path: str | Path) -> int:
    """Return a clip's sampling rate in Hz, told by its header; raises :class:`AudioError` where it cannot be read."""
    import soundfile

    try:
        return int(soundfile.info(str(path)).samplerate)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        raise AudioError(f"not an audio file that can be read ({error})") from None
