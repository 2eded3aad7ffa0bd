"""Audio fingerprints for near-duplicate detection.

A fingerprint holds the contours of level and brightness around the temporal centre of a clip's energy. Gain, offset,
silence at the ends, resampling, lossy coding and faint noise hardly change it; another take of the same sentence by the
same speaker does. Errors are possible: a copy that is cut within the speech, or resampled to 8 kHz, may pass as another
take, and synthetic voices with the same rhythm as copies of one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

POINTS = 96
"""Points of each contour."""
FINGERPRINT_BYTES = 2 * POINTS
"""Size of a fingerprint; a clip without sound has one of zeros."""
SPREADS = 2.5
"""A contour covers this many standard deviations of the energy over time on either side of its centre."""
RATE = 4000.0
"""Approximate sampling rate in Hz for the contours."""
FRAME_SECONDS = 0.02
RANGE_DB = 30.0
"""Frames this far below the loudest one count as silence, in dB."""
LEVEL_THRESHOLD, BRIGHTNESS_THRESHOLD = 0.985, 0.93
"""Correlations above which two clips of about the same length are copies. In RAVDESS the most similar takes reach 0.97
and 0.89; copies at 16 kHz, in Ogg or MP3 at least 0.99 and 0.95."""
LENGTH_TOLERANCE = 0.02
"""Largest relative difference of the lengths of two copies, without silence at the ends."""

MAX_COMPARED = 4000
"""Number of clips that each clip is compared with: all of about its length, for up to some 100,000 clips of speech."""
_BLOCK = 256
"""Clips that are compared at a time."""


def fingerprint(y: np.ndarray, sr: float) -> tuple[float, bytes]:
    """Compute the fingerprint of a clip.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Mono samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    length : float
        Four standard deviations of the energy over time, in seconds, which silence at the ends does not change; 0 for
        a clip without sound.
    fingerprint : bytes
        The contours of level and brightness, :data:`POINTS` bytes each.
    """
    frames, step = _frames(y, sr)
    energy = np.einsum("ij,ij->i", frames, frames)
    if not energy.any():
        return 0.0, bytes(FINGERPRINT_BYTES)
    level = 10 * np.log10(energy / energy.max() + 1e-12)
    slopes = np.diff(frames, axis=1)
    brightness = 10 * np.log10((np.einsum("ij,ij->i", slopes, slopes) + 1e-12) / (energy + 1e-12))
    audible = level > -RANGE_DB
    brightness = np.where(audible, np.clip(brightness, -RANGE_DB, 0), brightness[audible].mean())
    share, positions = energy / energy.sum(), np.arange(len(level))
    centre = share @ positions
    spread = float(np.sqrt(share @ (positions - centre) ** 2)) + 1
    points = centre + spread * np.linspace(-SPREADS, SPREADS, POINTS)
    contours = (-6 * np.maximum(level, -RANGE_DB), -6 * brightness)
    values = np.concatenate([np.interp(points, positions, contour) for contour in contours])
    return 4 * spread * step, np.round(values).clip(0, 255).astype(np.uint8).tobytes()


def near_duplicates(lengths: Sequence[float], fingerprints: Sequence[bytes]) -> list[tuple[int, int]]:
    """Find pairs of clips that are altered copies of one recording.

    Clips whose lengths differ by at most :data:`LENGTH_TOLERANCE` are compared, each with the :data:`MAX_COMPARED` next
    longer ones, so that the time grows linearly with the number of clips. With more clips of about the same length, a
    copy with another length may be missed.

    Parameters
    ----------
    lengths : sequence of float
        The length of each clip, from :func:`fingerprint`.
    fingerprints : sequence of bytes
        The fingerprint of each clip.

    Returns
    -------
    list of tuple of int
        Indices ``(i, j)`` with ``i < j``, sorted.
    """
    audible = np.flatnonzero(np.asarray(lengths, dtype=float) > 0)
    if len(audible) < 2:
        return []
    values = np.frombuffer(b"".join(fingerprints), np.uint8).reshape(len(lengths), -1)[audible].astype(np.float32)
    contours = [_unit(values[:, k * POINTS : (k + 1) * POINTS]) for k in range(2)]
    seconds = np.asarray(lengths, dtype=float)[audible]
    order = np.lexsort((contours[0] @ _main_direction(contours[0]), seconds))  # clips of equal length by similarity
    audible, seconds, (level, brightness) = audible[order], seconds[order], (rows[order] for rows in contours)
    ends = np.searchsorted(seconds, seconds * (1 + LENGTH_TOLERANCE), side="right")
    ends = np.minimum(ends, np.arange(len(seconds)) + 1 + MAX_COMPARED)
    pairs = []
    for start in range(0, len(seconds), _BLOCK):
        block = slice(start, start + _BLOCK)
        candidates = slice(start, ends[block][-1])
        similar = level[block] @ level[candidates].T > LEVEL_THRESHOLD
        similar &= brightness[block] @ brightness[candidates].T > BRIGHTNESS_THRESHOLD
        for i, j in start + np.argwhere(similar):
            if i < j < ends[i]:
                pairs.append(sorted((int(audible[i]), int(audible[j]))))
    return sorted((a, b) for a, b in pairs)


def _main_direction(rows: np.ndarray) -> np.ndarray:
    """Return the direction along which the rows differ most."""
    return np.linalg.eigh(rows.T @ rows)[1][:, -1].astype(np.float32)


def _frames(y: np.ndarray, sr: float) -> tuple[np.ndarray, float]:
    """Return the clip without offset, averaged down to about 4 kHz, in frames ``(t, n)``, and their step in seconds."""
    factor = max(1, round(sr / RATE))
    low = y[: len(y) // factor * factor].reshape(-1, factor).mean(axis=1)
    low = low - low.mean()
    length = max(2, round(FRAME_SECONDS * sr / factor))
    count = -(-len(low) // length)
    frames = np.pad(low, (0, count * length - len(low))).reshape(count, length)
    return frames, length * factor / sr


def _unit(rows: np.ndarray) -> np.ndarray:
    """Return the rows without their mean, scaled to length 1; constant rows become zero."""
    rows = rows - rows.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(norm > 0, norm, 1)
