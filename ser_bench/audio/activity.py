"""Active speech: its level without the pauses, and where it starts and ends (ITU-T P.56, method B)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_BLOCK_SECONDS = 0.001
"""The envelope has one value a millisecond; P.56 allows rates from 694 Hz."""
_SMOOTHING_SECONDS = 0.03
_HANGOVER_SECONDS = 0.2
_MARGIN_DB = 15.9
"""Distance from the active level down to the threshold of activity."""
_BELOW_PEAK_DB = np.arange(100.0, -0.25, -0.5)
"""Thresholds relative to the peak of the envelope, the lowest first, so that a gain shifts the level by that gain."""


@dataclass(frozen=True)
class _Envelope:
    """The smoothed magnitude of a clip, one value a block, the samples of a block, and the power of the clip."""

    values: np.ndarray
    block: int
    sr: float
    power: float


def active_level(y: np.ndarray, sr: float) -> float:
    """Return the active speech level of a clip: the mean power of speech without pauses longer than 0.2 s.

    A constant offset is removed before.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    float
        The level in dB relative to a mean square of 1; ``-inf`` for a silent clip. A clip too short for a threshold,
        such as one of 50 ms, has the level of all samples that are not zero.

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
    block = max(1, round(_BLOCK_SECONDS * sr))
    if not len(y) or y.min() == y.max():
        return _Envelope(np.zeros(-(-len(y) // block)), block, sr, 0.0)
    centred = y - y.dtype.type(np.mean(y, dtype=np.float64))
    starts = np.arange(0, len(y), block)
    magnitude = np.add.reduceat(np.abs(centred), starts).astype(np.float64) / np.minimum(block, len(y) - starts)
    power = float(np.mean(np.square(centred), dtype=np.float64))
    return _Envelope(_smoothed(magnitude, sr / block), block, sr, power)


def _smoothed(x: np.ndarray, rate: float) -> np.ndarray:
    """Return the second of two exponential averages, as a product of spectra: scipy.signal takes 0.5 s to import."""
    from scipy.fft import irfft, next_fast_len, rfft

    g = np.exp(-1 / (_SMOOTHING_SECONDS * rate))
    time = np.arange(min(len(x), round(20 * _SMOOTHING_SECONDS * rate)))
    response = (1 - g) ** 2 * (time + 1) * g**time
    n = next_fast_len(len(x) + len(response), real=True)
    smoothed: np.ndarray = np.maximum(irfft(rfft(x, n) * rfft(response, n), n)[: len(x)], 0.0)
    return smoothed


def _level(y: np.ndarray, envelope: _Envelope) -> float:
    """Return the level that lies the margin above the threshold at which it is measured."""
    if envelope.power == 0:
        return float("-inf")
    held = np.sort(_hangover(envelope))
    thresholds = held[-1] * 10 ** (-_BELOW_PEAK_DB / 20)
    shares = (len(held) - np.searchsorted(held, thresholds)) / len(held)
    levels = 10 * np.log10(envelope.power / shares)
    excess = levels - 20 * np.log10(thresholds) - _MARGIN_DB
    below = np.flatnonzero(excess <= 0)
    if not len(below) or below[0] == 0:
        return float(10 * np.log10(envelope.power * len(y) / np.count_nonzero(y)))
    crossing = slice(below[0] - 1, below[0] + 1)
    return float(np.interp(0, -excess[crossing], levels[crossing]))


def _hangover(envelope: _Envelope) -> np.ndarray:
    """Return the highest value of the last 0.2 s: speech stays active that long after its envelope has fallen."""
    held, width = envelope.values, 1
    length = 1 + round(_HANGOVER_SECONDS * envelope.sr / envelope.block)
    while width < length:
        step = min(width, length - width)
        held = np.concatenate([held[:step], np.maximum(held[step:], held[:-step])])
        width += step
    return held
