"""Sound prints: what tells an altered copy of a recording from another recording of the same sentence.

A print is the course of a clip's level and brightness around the centre of its energy. Gain, offset,
silence at the ends, resampling, lossy coding and faint noise leave it nearly as it is; another take of
the same words by the same speaker does not. It can err: a copy cut off within the speech, or brought
down to 8 kHz, may pass for another take, and synthetic voices of one rhythm for one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOMENTS = 96
PRINT_BYTES = 2 * MOMENTS
"""The size of a print; one of zeros is that of a clip without sound."""
SPREADS = 2.5
"""A print covers so many standard deviations of the energy over time to either side of its centre."""
RATE = 4000.0
FRAME_SECONDS = 0.02
RANGE_DB = 30.0
"""What lies further below the loudest frame counts as silence."""
LEVEL_ALIKE, BRIGHTNESS_ALIKE = 0.985, 0.93
"""Correlations from which two prints of about the same length are those of one recording. Of RAVDESS's takes the
nearest two reach 0.97 and 0.89, a copy at 16 kHz, in OGG or MP3 at least 0.99 and 0.95."""
LENGTH_TOLERANCE = 0.02
"""By how much the lengths of two such clips may differ, silence at the ends apart."""

DIRECTIONS = 5
"""Directions of level and of brightness by which clips that may be copies are found."""
MOST_COMPARED = 100
"""A clip is held against so many others at most."""
_AT_ONCE = 10_000
_PAIRS_AT_ONCE = 100_000


def sound_print(y: np.ndarray, sr: float) -> tuple[float, bytes]:
    """Return how long a clip's energy lasts in seconds, and its print of 192 bytes.

    ``y`` is float32 mono at ``sr`` Hz. The length is four standard deviations of the energy over time,
    which silence at the ends does not change; 0 for a clip without sound.
    """
    frames, step = _frames(y, sr)
    energy = np.einsum("ij,ij->i", frames, frames)
    if not energy.any():
        return 0.0, bytes(PRINT_BYTES)
    level = 10 * np.log10(energy / energy.max() + 1e-12)
    slopes = np.diff(frames, axis=1)
    bright = 10 * np.log10((np.einsum("ij,ij->i", slopes, slopes) + 1e-12) / (energy + 1e-12))
    audible = level > -RANGE_DB
    bright = np.where(audible, np.clip(bright, -RANGE_DB, 0), bright[audible].mean())
    share, places = energy / energy.sum(), np.arange(len(level))
    centre = share @ places
    spread = float(np.sqrt(share @ (places - centre) ** 2)) + 1
    moments = centre + spread * np.linspace(-SPREADS, SPREADS, MOMENTS)
    courses = (-6 * np.maximum(level, -RANGE_DB), -6 * bright)
    course = np.concatenate([np.interp(moments, places, values) for values in courses])
    return 4 * spread * step, np.round(course).clip(0, 255).astype(np.uint8).tobytes()


def near_identical(lengths: Sequence[float], prints: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return the pairs of clips that are altered copies of one recording, as indices ``i < j``.

    ``lengths`` and ``prints`` are those of :func:`sound_print`. A clip is held against the ``MOST_COMPARED`` that come
    nearest to it in length and the strongest shapes of level and brightness, so the time grows little faster than
    the clips. Where fewer are near enough to be copies at all, which is so unless hundreds of clips sound alike, no
    pair is missed.
    """
    heard = np.flatnonzero(np.asarray(lengths, dtype=float) > 0)
    if len(heard) < 2:
        return []
    seconds = np.asarray(lengths, dtype=float)[heard]
    course = np.frombuffer(b"".join(prints), np.uint8).reshape(len(lengths), -1)[heard].astype(np.float32)
    level, bright = (_unit(course[:, k * MOMENTS : (k + 1) * MOMENTS]) for k in range(2))
    i, j = _near(_places(seconds, level, bright))
    alike = (_products(level, i, j) > LEVEL_ALIKE) & (_products(bright, i, j) > BRIGHTNESS_ALIKE)
    low, high = np.minimum(seconds[i], seconds[j]), np.maximum(seconds[i], seconds[j])
    alike &= high <= low * (1 + LENGTH_TOLERANCE)
    return [(int(heard[a]), int(heard[b])) for a, b in zip(i[alike], j[alike], strict=True)]


def _places(seconds: np.ndarray, level: np.ndarray, bright: np.ndarray) -> np.ndarray:
    """Return a point per clip, no coordinate of which differs by more than 1 between two copies.

    Unit vectors that correlate at r lie √(2 - 2r) apart, and no further apart in any one direction; those
    of the largest variance tell most clips apart.
    """
    points = [np.log(seconds)[:, None] / np.log1p(LENGTH_TOLERANCE)]
    for courses, limit in ((level, LEVEL_ALIKE), (bright, BRIGHTNESS_ALIKE)):
        _, directions = np.linalg.eigh(np.cov(courses.T))
        points.append(courses @ directions[:, -DIRECTIONS:].astype(np.float32) / np.sqrt(2 - 2 * limit))
    return np.concatenate(points, axis=1)


def _near(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs ``i < j`` of points that differ by at most 1 in every coordinate, in order, each once."""
    from scipy.spatial import KDTree

    tree, count = KDTree(points), len(points)
    most = min(MOST_COMPARED + 1, count)  # a point is its own nearest
    found = []
    for start in range(0, count, _AT_ONCE):
        _, others = tree.query(points[start : start + _AT_ONCE], k=most, p=np.inf, distance_upper_bound=1 + 1e-5)
        i = np.repeat(np.arange(start, start + len(others)), most)
        j = others.ravel()  # where there are fewer, the rest is ``count``
        kept = (j < count) & (i != j)
        found.append(np.unique(np.minimum(i, j)[kept] * count + np.maximum(i, j)[kept]))
    pairs = np.unique(np.concatenate(found))
    return pairs // count, pairs % count


def _products(rows: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Return the product of each pair of rows, a part of them at a time."""
    cuts = [slice(start, start + _PAIRS_AT_ONCE) for start in range(0, max(1, len(i)), _PAIRS_AT_ONCE)]
    return np.concatenate([np.einsum("ij,ij->i", rows[i[cut]], rows[j[cut]]) for cut in cuts])


def _frames(y: np.ndarray, sr: float) -> tuple[np.ndarray, float]:
    """Return the clip, averaged down to about 4 kHz, less its mean, in frames ``(t, n)``, and their step in seconds."""
    factor = max(1, round(sr / RATE))
    low = y[: len(y) // factor * factor].reshape(-1, factor).mean(axis=1)
    low = low - low.mean()
    length = max(2, round(FRAME_SECONDS * sr / factor))
    count = -(-len(low) // length)
    frames = np.pad(low, (0, count * length - len(low))).reshape(count, length)
    return frames, length * factor / sr


def _unit(rows: np.ndarray) -> np.ndarray:
    """Return the rows less their mean, of length 1; rows that are all the same stay zero."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(norm > 0, norm, 1)
