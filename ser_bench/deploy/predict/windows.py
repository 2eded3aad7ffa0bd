"""Recordings of any length as overlapping windows, with one window in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ser_bench.audio import Stream

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


def windows(stream: Stream, seconds: float, hop: float) -> Iterator[Window]:
    """Yield the windows of a recording.

    Parameters
    ----------
    stream : Stream
        The recording.
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
        For a recording that cannot be read to its end.
    """
    size, step = max(1, round(seconds * stream.sr)), max(1, round(hop * stream.sr))
    parts, start, previous = _Parts(stream), 0, None
    buffer = np.empty(0, np.float32)
    while True:
        buffer = np.concatenate([buffer, parts.read(size - len(buffer))])
        if len(buffer) < size:
            break
        yield _window(start, buffer, stream.sr)
        previous, buffer, start = buffer, buffer[step:], start + step
    if previous is None:
        yield _window(0, buffer, stream.sr)
    elif len(buffer) > size - step:  # samples that no window contains yet
        last = np.concatenate([previous, buffer[size - step :]])[-size:]
        yield _window(start + len(buffer) - size, last, stream.sr)


def envelope(stream: Stream) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the envelope of a recording in at most 1,500 equal parts.

    Parameters
    ----------
    stream : Stream
        The recording.

    Returns
    -------
    low, high : numpy.ndarray
        Smallest and largest sample of each part.
    length : float
        Length of the recording in seconds.
    """
    parts, step = _Parts(stream), max(1, -(-stream.total // _POINTS))
    low, high = [], []
    while len(part := parts.read(step)):
        low.append(part.min())
        high.append(part.max())
    return np.array(low), np.array(high), stream.total / stream.sr


def _window(start: int, y: np.ndarray, sr: int) -> Window:
    return Window(start / sr, (start + len(y)) / sr, y, sr)


class _Parts:
    """The samples of a recording in parts of any length."""

    def __init__(self, stream: Stream) -> None:
        self._blocks = stream.blocks()
        self._rest = np.empty(0, np.float32)

    def read(self, count: int) -> np.ndarray:
        """Return the next samples, fewer than ``count`` at the end."""
        parts, n_read = [self._rest[:count]], min(count, len(self._rest))
        self._rest = self._rest[count:]
        while n_read < count and (block := next(self._blocks, None)) is not None:
            parts.append(block[: count - n_read])
            self._rest = block[count - n_read :]
            n_read += len(parts[-1])
        return np.concatenate(parts)
