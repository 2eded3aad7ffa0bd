"""Active speech: its level without the pauses, and where it starts and ends (ITU-T P.56, method B)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BLOCK_SECONDS = 0.001
"""The envelope has one value a millisecond; P.56 allows rates from 600 Hz."""
_SMOOTHING_SECONDS = 0.03
_HANGOVER_SECONDS = 0.2
_MARGIN_DB = 15.9
"""Distance from the active level down to the threshold of activity."""


@dataclass(frozen=True)
class _Envelope:
    """The smoothed magnitude of a clip, one value a block, the samples of a block and the sampling rate."""

    values: np.ndarray
    block: int
    sr: float


def active_level(y: np.ndarray, sr: float) -> float:
    """Return the active speech level of a clip: the mean power of speech without pauses longer than 0.2 s.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    float
        The level in dB relative to a mean square of 1; ``-inf`` for a clip of zeros.

    References
    ----------
    ITU-T Recommendation P.56 (2011), Objective measurement of active speech level, method B.
    """
    return _level(y, _envelope(y, sr))


def active_span(y: np.ndarray, sr: float) -> tuple[int, int]:
    """Return where the speech of a clip starts and ends: where its envelope is at most 15.9 dB below its active level.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    start, stop : int
        The samples ``y[start:stop]`` hold the speech; the whole clip if no sample is active.
    """
    envelope = _envelope(y, sr)
    threshold = 10 ** ((_level(y, envelope) - _MARGIN_DB) / 20)
    active = np.flatnonzero(envelope.values > threshold)
    if not active.size:
        return 0, len(y)
    return int(active[0]) * envelope.block, min(len(y), (int(active[-1]) + 1) * envelope.block)


def _envelope(y: np.ndarray, sr: float) -> _Envelope:
    """Return the mean magnitude of blocks, smoothed twice."""
    from scipy.signal import lfilter

    block = max(1, round(_BLOCK_SECONDS * sr))
    starts = np.arange(0, len(y), block)
    sizes = np.minimum(block, len(y) - starts)
    magnitude = np.add.reduceat(np.abs(y, dtype=np.float64), starts) / sizes if len(y) else np.zeros(0)
    g = np.exp(-block / (sr * _SMOOTHING_SECONDS))
    for _ in range(2):
        magnitude = lfilter([1 - g], [1, -g], magnitude)
    return _Envelope(magnitude, block, sr)


def _level(y: np.ndarray, envelope: _Envelope) -> float:
    """Return the level that lies the margin above the threshold at which it is measured."""
    energy = float(np.sum(np.square(y, dtype=np.float64)))
    if energy <= 0:
        return float("-inf")
    held = np.sort(_hangover(envelope))
    thresholds = held[-1] * 2.0 ** -np.arange(0, 16, 0.5)
    counts = (len(held) - np.searchsorted(held, thresholds, side="left")) * envelope.block
    levels = 10 * np.log10(energy / np.minimum(np.maximum(counts, 1), len(y)))
    margins = levels - 20 * np.log10(thresholds)
    return float(np.interp(_MARGIN_DB, margins, levels)) if margins[-1] > _MARGIN_DB else float(levels[-1])


def _hangover(envelope: _Envelope) -> np.ndarray:
    """Return the highest value of the last 0.2 s: speech stays active that long after its envelope has fallen."""
    from scipy.ndimage import maximum_filter1d

    size = round(_HANGOVER_SECONDS * envelope.sr / envelope.block) + 1
    held: np.ndarray = maximum_filter1d(envelope.values, size, origin=size // 2, mode="constant")
    return held
