"""Which part of a recording is heard: all of it, or the middle of one that would fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    import numpy as np

Stream = Callable[[], "Iterator[tuple[int, np.ndarray]]"]
"""Begins to decode a file; yields its rate in Hz with each block of mono samples."""

MAX_SECONDS = 300
"""Of a longer recording only the middle is heard."""

_MAX_SAMPLES = MAX_SECONDS * 48_000
"""At higher rates the middle is shorter: what analysis takes grows with the samples."""


def max_samples(sr: int) -> int:
    """Return how many samples at ``sr`` Hz a recording may have to be heard as a whole."""
    return min(MAX_SECONDS * sr, _MAX_SAMPLES)


def bounds(total: int, sr: int) -> tuple[int, int]:
    """Return where the part that is heard begins in a recording of ``total`` samples, and its length, in samples.

    A part has one sample more than the longest whole recording, so that its length alone tells that it is one.
    """
    most = max_samples(sr)
    return (0, total) if total <= most else ((total - most - 1) // 2, most + 1)


def is_excerpt(samples: int, sr: int) -> bool:
    """Say whether ``samples`` at ``sr`` Hz, as loaded, are the middle of a longer recording."""
    return samples == max_samples(sr) + 1


def read_excerpt(stream: Stream) -> tuple[np.ndarray, int]:
    """Return ``(y, sr)`` of a file whose length only its end tells, so that a long one is decoded twice."""
    y, total, sr = _take(stream, 0)
    first, wanted = bounds(total, sr)
    if first:
        y, _, _ = _take(stream, first)
    return y[:wanted], sr


def _take(stream: Stream, first: int) -> tuple[np.ndarray, int, int]:
    """Return the samples from ``first`` on, as many as may be heard; how many there are in all; the rate."""
    import numpy as np

    kept, total, sr = [], 0, 0
    for sr, block in stream():
        end = first + max_samples(sr) + 1
        if first < total + len(block) and total < end:
            kept.append(block[max(0, first - total) : end - total])
        total += len(block)
    if not total:
        raise AudioError("holds no samples")
    return np.concatenate(kept), total, sr
