"""Decoding with libsndfile: WAV, FLAC, Ogg, MP3, AIFF and others, in memory that no header can increase."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.audio import headers
from ser_bench.audio.excerpt import bounds, read_excerpt
from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

_BLOCK = 1 << 20
"""Samples of all channels per read of a file with several channels."""
_UNKNOWN = 2**62
"""A number of frames from here on means unknown, as in FLAC written to a pipe."""
_MPEG_SLACK = 2304
"""Tolerance in samples: encoders count the first and last MP3 frames, of up to 1,152 samples, differently."""

_UNRECOGNISED = 1
"""Error code of libsndfile for an unknown format."""


class RefusedError(AudioError):
    """A file that libsndfile does not read; ffmpeg may."""


class ForeignError(RefusedError):
    """A file in a format that libsndfile does not know."""


Source = Path | bytes
"""An audio file or its content."""


def decode(source: Source) -> tuple[np.ndarray, int]:
    """Decode a file.

    Parameters
    ----------
    source : Path or bytes
        The file or its content.

    Returns
    -------
    y : ndarray of shape (n_samples,), dtype float32
        Mono samples of the recording or its excerpt.
    sr : int
        Sampling rate in Hz.

    Raises
    ------
    RefusedError
        If libsndfile does not read the file.
    AudioError
        If the file is truncated.
    """
    with _open(source) as sound:
        sr, slack = sound.samplerate, _MPEG_SLACK if sound.subtype.startswith("MPEG") else 0
        known = sound.frames < _UNKNOWN and (not slack or headers.has_mpeg_length(source))
        if known:
            start, length = bounds(sound.frames, sr)
            if start:
                sound.seek(start)
            y = _mono(sound, length)
    if not known:
        return read_excerpt(partial(_stream, source))
    if len(y) + slack < length:
        raise AudioError("truncated: the header promises more samples than the file holds")
    return y, sr


def sampling_rate(path: Path) -> int:
    """Read the sampling rate from the header of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    int
        The sampling rate in Hz.

    Raises
    ------
    RefusedError
        If libsndfile does not read the file.
    """
    with _open(path) as sound:
        return int(sound.samplerate)


@contextmanager
def _open(source: Source, forward: bool = False) -> Iterator[SoundFile]:
    """Open a file, with ``forward`` for reading without seeking; libsndfile's errors become :class:`RefusedError`."""
    import soundfile

    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else os.fsencode(source)
        with (_forward_class() if forward else soundfile.SoundFile)(file) as sound:
            yield sound
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        unknown = getattr(error, "code", 0) == _UNRECOGNISED
        raise (ForeignError if unknown else RefusedError)(f"not an audio file that can be read ({reason})") from None


def _forward_class() -> type[SoundFile]:
    """Return a class of files without seeking: soundfile seeks after each block, which fails for some files."""
    import soundfile

    return type("Forward", (soundfile.SoundFile,), {"seekable": lambda self: False})


def _mono(sound: SoundFile, length: int) -> np.ndarray:
    """Read up to ``length`` frames from the current position, channels averaged block by block."""
    y = np.empty(length, np.float32)
    if sound.channels == 1:
        return y[: len(sound.read(out=y))]
    n_read = 0
    for block in _blocks(sound, length):
        y[n_read : n_read + len(block)] = block.mean(axis=1, dtype=np.float32)
        n_read += len(block)
    return y[:n_read]


def _stream(source: Source) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the rate with each block of mono samples of a file of unknown length."""
    with _open(source, forward=True) as sound:
        for block in _blocks(sound, _UNKNOWN):
            yield sound.samplerate, block.mean(axis=1, dtype=np.float32)


def _blocks(sound: SoundFile, length: int) -> Iterator[np.ndarray]:
    """Yield up to ``length`` frames in blocks of shape (n_frames, n_channels) that share their memory."""
    block = np.empty((max(1, _BLOCK // sound.channels), sound.channels), np.float32)
    while length > 0 and len(frames := sound.read(out=block[:length])):
        yield frames
        length -= len(frames)
