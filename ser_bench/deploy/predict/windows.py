"""Recordings of any length as overlapping windows; no more than a window of one is in memory at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_bench import audio
from ser_bench.core.errors import AudioError

_POINTS = 1500


@dataclass(frozen=True)
class Window:
    """A stretch of a recording: where it begins and ends in seconds, and its samples, float32 mono at ``sr`` Hz."""

    start: float
    end: float
    y: np.ndarray
    sr: int


@dataclass(frozen=True)
class _Stream:
    """A recording being read: ``read(n)`` returns the next samples, at most ``n``, float32 mono."""

    sr: int
    length: int
    read: Callable[[int], np.ndarray]


def windows(path: Path, seconds: float, hop: float) -> Iterator[Window]:
    """Yield windows of ``seconds``, one every ``hop`` seconds, ``0 < hop <= seconds``.

    The last one ends where the recording does; a recording shorter than a window is one. Raises
    :class:`AudioError` for one that cannot be read.
    """
    with _opened(path) as stream:
        size, step = max(1, round(seconds * stream.sr)), max(1, round(hop * stream.sr))
        kept, place, whole = np.empty(0, np.float32), 0, None
        while True:
            kept = np.concatenate([kept, stream.read(size - len(kept))])
            if len(kept) < size:
                break
            yield _window(place, kept, stream.sr)
            whole, kept, place = kept, kept[step:], place + step
        if whole is None:
            yield _window(0, kept, stream.sr)
        elif len(kept) > size - step:  # samples that no window holds yet
            last = np.concatenate([whole, kept[size - step :]])[-size:]
            yield _window(place + len(kept) - size, last, stream.sr)


def envelope(path: Path) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the lowest and highest sample of each of at most 1,500 equal stretches, and the length in seconds."""
    with _opened(path) as stream:
        step = max(1, -(-stream.length // _POINTS))
        low, high, count = [], [], 0
        while len(part := stream.read(step)):
            low.append(part.min())
            high.append(part.max())
            count += len(part)
    return np.array(low), np.array(high), count / stream.sr


def _window(place: int, y: np.ndarray, sr: int) -> Window:
    return Window(place / sr, (place + len(y)) / sr, y, sr)


@contextmanager
def _opened(path: Path) -> Iterator[_Stream]:
    """Open a recording piece by piece where libsndfile knows its format, else read it whole."""
    import soundfile

    try:
        sound = soundfile.SoundFile(os.fsencode(path))
    except (soundfile.LibsndfileError, OSError, TypeError, ValueError):
        y, sr = audio.load(path)
        if audio.is_excerpt(len(y), sr):
            long = f"longer than {audio.MAX_SECONDS:.0f} s, in a format that cannot be read piece by piece"
            raise AudioError(f"{long}; convert it to WAV or FLAC") from None
        yield _in_memory(y, sr)
        return
    with sound:
        yield _Stream(sound.samplerate, sound.frames, lambda count: _mono(sound, count))


def _mono(sound: object, count: int) -> np.ndarray:
    import soundfile

    try:
        samples = sound.read(count, dtype="float32", always_2d=True)  # type: ignore[attr-defined]
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise AudioError(f"cannot be read to its end ({error})") from None
    return samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1, dtype=np.float32)


def _in_memory(y: np.ndarray, sr: int) -> _Stream:
    rest = [y]

    def read(count: int) -> np.ndarray:
        taken, rest[0] = rest[0][:count], rest[0][count:]
        return taken

    return _Stream(sr, len(y), read)
