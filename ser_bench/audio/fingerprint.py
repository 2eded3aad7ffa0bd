"""Sound prints: what tells an altered copy of a recording from another recording of the same sentence.

A print is the course of a clip's level and brightness around the centre of its energy. Gain, offset,
silence at the ends, resampling, lossy coding and faint noise leave it nearly as it is; another take of
the same words by the same speaker does not. It can err: a copy cut off within the speech, or brought
down to 8 kHz, may pass for another take, and synthetic voices of one rhythm for one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

POINTS = 96
FINGERPRINT_BYTES = 2 * POINTS
"""The size of a print; one of zeros is that of a clip without sound."""
SPREADS = 2.5
"""A print covers so many standard deviations of the energy over time to either side of its centre."""
RATE = 4000.0
FRAME_SECONDS = 0.02
RANGE_DB = 30.0
"""What lies further below the loudest frame counts as silence."""
LEVEL_THRESHOLD, BRIGHTNESS_THRESHOLD = 0.985, 0.93
"""Correlations from which two prints of about the same length are those of one recording. Of RAVDESS's takes the
nearest two reach 0.97 and 0.89, a copy at 16 kHz, in OGG or MP3 at least 0.99 and 0.95."""
LENGTH_TOLERANCE = 0.02
"""By how much the lengths of two such clips may differ, silence at the ends apart."""

MOST_COMPARED = 4000
"""A clip is held against so many others at most: all of about its length in corpora of some 100,000 clips of speech."""
_AT_ONCE = 256


def fingerprint(y: np.ndarray, sr: float) -> tuple[float, bytes]:
    """Return how long a clip's energy lasts in seconds, and its print of 192 bytes.

    ``y`` is float32 mono at ``sr`` Hz. The length is four standard deviations of the energy over time,
    which silence at the ends does not change; 0 for a clip without sound.
    """
    frames, step = _frames(y, sr)
    energy = np.einsum("ij,ij->i", frames, frames)
    if not energy.any():
        return 0.0, bytes(FINGERPRINT_BYTES)
    level = 10 * np.log10(energy / energy.max() + 1e-12)
    slopes = np.diff(frames, axis=1)
    bright = 10 * np.log10((np.einsum("ij,ij->i", slopes, slopes) + 1e-12) / (energy + 1e-12))
    audible = level > -RANGE_DB
    bright = np.where(audible, np.clip(bright, -RANGE_DB, 0), bright[audible].mean())
    share, places = energy / energy.sum(), np.arange(len(level))
    centre = share @ places
    spread = float(np.sqrt(share @ (places - centre) ** 2)) + 1
    moments = centre + spread * np.linspace(-SPREADS, SPREADS, POINTS)
    courses = (-6 * np.maximum(level, -RANGE_DB), -6 * bright)
    course = np.concatenate([np.interp(moments, places, values) for values in courses])
    return 4 * spread * step, np.round(course).clip(0, 255).astype(np.uint8).tobytes()


def near_duplicates(lengths: Sequence[float], prints: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return the pairs of clips that are altered copies of one recording, as indices ``i < j``.

    ``lengths`` and ``prints`` are those of :func:`fingerprint`. Clips whose lengths differ by two hundredths at most
    are compared, each with the ``MOST_COMPARED`` that follow it in length, so that time grows with the clips. Where
    more than these are of about one length, a copy whose length changed with it may be missed.
    """
    heard = np.flatnonzero(np.asarray(lengths, dtype=float) > 0)
    if len(heard) < 2:
        return []
    course = np.frombuffer(b"".join(prints), np.uint8).reshape(len(lengths), -1)[heard].astype(np.float32)
    courses = [_unit(course[:, k * POINTS : (k + 1) * POINTS]) for k in range(2)]
    seconds = np.asarray(lengths, dtype=float)[heard]
    order = np.lexsort((courses[0] @ _strongest(courses[0]), seconds))  # equally long ones by how alike they are
    heard, seconds, (level, bright) = heard[order], seconds[order], (rows[order] for rows in courses)
    ends = np.searchsorted(seconds, seconds * (1 + LENGTH_TOLERANCE), side="right")
    ends = np.minimum(ends, np.arange(len(seconds)) + 1 + MOST_COMPARED)
    pairs = []
    for start in range(0, len(seconds), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        others = slice(start, ends[block][-1])
        alike = level[block] @ level[others].T > LEVEL_THRESHOLD
        alike &= bright[block] @ bright[others].T > BRIGHTNESS_THRESHOLD
        for i, j in start + np.argwhere(alike):
            if i < j < ends[i]:
                pairs.append(sorted((int(heard[i]), int(heard[j]))))
    return sorted((a, b) for a, b in pairs)


def _strongest(rows: np.ndarray) -> np.ndarray:
    """Return the direction along which the rows differ most."""
    return np.linalg.eigh(rows.T @ rows)[1][:, -1].astype(np.float32)


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
