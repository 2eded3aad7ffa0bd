"""Viterbi search through the peaks of an autocorrelation."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import helper, kernel

CANDIDATES = 7
"""Per frame: one for "unvoiced", the others for the strongest peaks."""
LEAST_PEAK = 0.15
VOICING_THRESHOLD = 0.45
OCTAVE_COST = 0.02
OCTAVE_JUMP_COST = 0.35
VOICING_CHANGE_COST = 0.14


@helper
def _weakest(scores):  # type: ignore[no-untyped-def]
    """Return the index of the lowest score, that of "unvoiced" left out."""
    weakest = 1
    for c in range(2, CANDIDATES):
        if scores[c] < scores[weakest]:
            weakest = c
    return weakest


@helper
def _collect(row, first, lags, scores):  # type: ignore[no-untyped-def]
    """Fill ``scores`` with the strongest peaks of one frame and write their lags, 0 where there are fewer.

    A peak's place and height are interpolated by a parabola; long lags (low F0) are at a small
    disadvantage, since an autocorrelation repeats itself at every multiple of the period.
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
def _cost(before, now):  # type: ignore[no-untyped-def]
    """Return the cost of going from one frame's lag to the next one's; 0 means unvoiced."""
    if before > 0 and now > 0:
        return OCTAVE_JUMP_COST * abs(np.log(now / before)) / np.log(2.0)
    return 0.0 if before == now else VOICING_CHANGE_COST


@helper
def _cheapest_end(scores, lags, came_from):  # type: ignore[no-untyped-def]
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
    return np.argmin(total)


@kernel
def cheapest(correlation, first, quiet):  # type: ignore[no-untyped-def]
    """Return the period in samples (0 where unvoiced) and the highest correlation of each frame, ``(t,)``.

    ``correlation`` is float32 ``(t, lags)``, ``first`` the shortest lag allowed, ``quiet`` (float64, 0 to
    1) how much each frame is too quiet to be voice.
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
