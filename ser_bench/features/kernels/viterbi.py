"""Viterbi search through the peaks of an autocorrelation."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import helper, kernel

CANDIDATES = 7
"""Candidates per frame: "unvoiced" and the strongest peaks."""
LEAST_PEAK = 0.15
VOICING_THRESHOLD = 0.45
OCTAVE_COST = 0.02
OCTAVE_JUMP_COST = 0.35
VOICING_CHANGE_COST = 0.14


@helper
def _weakest(scores: np.ndarray) -> int:
    """Return the index of the lowest score, without that of "unvoiced"."""
    weakest = 1
    for c in range(2, CANDIDATES):
        if scores[c] < scores[weakest]:
            weakest = c
    return weakest


@helper
def _collect(row: np.ndarray, first: int, lags: np.ndarray, scores: np.ndarray) -> None:
    """Write scores and lags of the strongest peaks of one frame, 0 where the frame has fewer.

    A parabola interpolates lag and height of a peak. Long lags (low F0) cost a little, because an autocorrelation
    repeats itself at every multiple of the period.
    """
    for lag in range(first, len(row) - 1):
        if row[lag] < LEAST_PEAK or row[lag] <= row[lag - 1] or row[lag] < row[lag + 1]:
            continue
        bend = row[lag - 1] - 2 * row[lag] + row[lag + 1]
        lean = row[lag - 1] - row[lag + 1]
        shift = 0.5 * lean / bend if bend < 0 else 0.0
        height = min(1.0, row[lag] - 0.25 * lean * shift)
        score = height - OCTAVE_COST * np.log((lag + shift) / first) / np.log(2.0)
        weakest = _weakest(scores)
        if score > scores[weakest]:
            scores[weakest] = score
            lags[weakest] = lag + shift


@helper
def _cost(before: float, now: float) -> float:
    """Return the cost of a transition between the lags of two frames; lag 0 is unvoiced."""
    if before > 0 and now > 0:
        return float(OCTAVE_JUMP_COST * abs(np.log(now / before)) / np.log(2.0))
    return 0.0 if before == now else VOICING_CHANGE_COST


@helper
def _cheapest_end(scores: np.ndarray, lags: np.ndarray, came_from: np.ndarray) -> int:
    """Fill ``came_from`` with each candidate's best predecessor; return the best candidate at the end."""
    total = -scores[0]
    fresh = np.empty(CANDIDATES)
    for i in range(1, len(scores)):
        for c in range(CANDIDATES):
            least = np.inf
            for p in range(CANDIDATES):
                cost = total[p] + _cost(lags[i - 1, p], lags[i, c])
                if cost < least:
                    least = cost
                    came_from[i, c] = p
            fresh[c] = least - scores[i, c]
        total[:] = fresh
    return int(np.argmin(total))


@kernel
def viterbi_path(correlation: np.ndarray, first: int, quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cheapest path through the peaks of an autocorrelation.

    Parameters
    ----------
    correlation : ndarray of float32, shape (t, lags)
        Normalised autocorrelation of each frame.
    first : int
        Shortest lag allowed, in samples.
    quiet : ndarray of float64, shape (t,)
        From 0 to 1: how far each frame is too quiet for voice.

    Returns
    -------
    period : ndarray of float64, shape (t,)
        Period in samples, 0 where unvoiced.
    strength : ndarray of float64, shape (t,)
        Highest correlation of each frame, from 0 to 1.
    """
    t, longest = correlation.shape
    lags = np.zeros((t, CANDIDATES))
    scores = np.zeros((t, CANDIDATES))
    strength = np.zeros(t)
    for i in range(t):
        scores[i, 0] = VOICING_THRESHOLD + 0.5 * quiet[i]
        _collect(correlation[i], first, lags[i], scores[i])
        for lag in range(first, longest - 1):
            strength[i] = max(strength[i], min(1.0, correlation[i, lag]))
    came_from = np.zeros((t, CANDIDATES), np.int64)
    c = _cheapest_end(scores, lags, came_from)
    period = np.zeros(t)
    for i in range(t - 1, -1, -1):
        period[i] = lags[i, c]
        c = came_from[i, c]
    return period, strength
