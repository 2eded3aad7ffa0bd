"""Recordings of any length as overlapping windows, with one window in memory at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser_bench import audio
from ser_bench.core.errors import AudioError

_POINTS = 1500


@dataclass(frozen=True)
class Window:
    """A part of a recording.

    Parameters
    ----------
    start, end : float
        Position in seconds.
    y : numpy.ndarray
        Samples, float32 of shape ``(n,)``.
    sr : int
        Sampling rate in Hz.
    """

    start: float
    end: float
    y: np.ndarray
    sr: int


@dataclass(frozen=True)
class _Stream:
    """An open recording: ``read(n)`` returns the next ``n`` samples or fewer, float32 mono."""

    sr: int
    length: int
    read: Callable[[int], np.ndarray]


def windows(path: Path, seconds: float, hop: float) -> Iterator[Window]:
    """Yield the windows of a recording.

    Parameters
    ----------
    path : Path
        The audio file.
    seconds : float
        Length of a window in seconds.
    hop : float
        Distance between the starts of windows in seconds, ``0 < hop <= seconds``.

    Yields
    ------
    Window
        The last one ends with the recording. A shorter recording is one window.

    Raises
    ------
    AudioError
        For a recording that cannot be read.
    """
    with _opened(path) as stream:
        size, step = max(1, round(seconds * stream.sr)), max(1, round(hop * stream.sr))
        buffer, start, previous = np.empty(0, np.float32), 0, None
        while True:
            buffer = np.concatenate([buffer, stream.read(size - len(buffer))])
            if len(buffer) < size:
                break
            yield _window(start, buffer, stream.sr)
            previous, buffer, start = buffer, buffer[step:], start + step
        if previous is None:
            yield _window(0, buffer, stream.sr)
        elif len(buffer) > size - step:  # samples that no window contains yet
            last = np.concatenate([previous, buffer[size - step :]])[-size:]
            yield _window(start + len(buffer) - size, last, stream.sr)


def envelope(path: Path) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the envelope of a recording in at most 1,500 equal parts.

    Parameters
    ----------
    path : Path
        The audio file.

    Returns
    -------
    low, high : numpy.ndarray
        Smallest and largest sample of each part.
    length : float
        Length of the recording in seconds.
    """
    with _opened(path) as stream:
        step = max(1, -(-stream.length // _POINTS))
        low, high, count = [], [], 0
        while len(part := stream.read(step)):
            low.append(part.min())
            high.append(part.max())
            count += len(part)
    return np.array(low), np.array(high), count / stream.sr


def _window(start: int, y: np.ndarray, sr: int) -> Window:
    return Window(start / sr, (start + len(y)) / sr, y, sr)


@contextmanager
def _opened(path: Path) -> Iterator[_Stream]:
    """Open a recording for reading in parts; read it whole where libsndfile does not know the format."""
    import soundfile

    try:
        sound = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError):
        y, sr = audio.load(path)
        if audio.is_excerpt(len(y), sr):
            raise AudioError(
                f"longer than {audio.MAX_SECONDS:.0f} s, in a format that cannot be read in parts; "
                "convert it to WAV or FLAC"
            ) from None
        yield _in_memory(y, sr)
        return
    with sound:
        yield _Stream(sound.samplerate, sound.frames, lambda count: _mono(sound, count))


def _mono(sound: Any, count: int) -> np.ndarray:
    import soundfile

    try:
        samples: np.ndarray = sound.read(count, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise AudioError(f"cannot be read to its end ({error})") from None
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def _in_memory(y: np.ndarray, sr: int) -> _Stream:
    rest = [y]

    def read(count: int) -> np.ndarray:
        taken, rest[0] = rest[0][:count], rest[0][count:]
        return taken

    return _Stream(sr, len(y), read)
