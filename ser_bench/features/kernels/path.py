"""Viterbi search through the peaks of an autocorrelation."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import kernel

CANDIDATES = 7
VOICING_THRESHOLD = 0.45
OCTAVE_COST = 0.02
OCTAVE_JUMP_COST = 0.35
VOICED_UNVOICED_COST = 0.14


@kernel
def cheapest(correlation, sr, first, quiet):  # type: ignore[no-untyped-def]
    """Return F0 in Hz (0 where unvoiced) and peak strength of each frame, float32 of shape ``(t,)`` each.

    ``correlation`` is float32 ``(t, lags)``, ``first`` the shortest lag allowed, ``quiet`` (0 to 1) how
    much each frame is too quiet to be voice.
    """
    t, lags = correlation.shape
    hz = np.zeros((t, CANDIDATES), np.float32)
    octave = np.zeros((t, CANDIDATES), np.float32)
    strength = np.zeros((t, CANDIDATES), np.float32)
    # candidate 0 is "unvoiced"; the others are the strongest peaks, low F0 at a small disadvantage
    for i in range(t):
        strength[i, 0] = VOICING_THRESHOLD + 0.5 * quiet[i]
        row = correlation[i]
        for lag in range(first, lags - 1):
            if row[lag] < 0.15 or row[lag] <= row[lag - 1] or row[lag] < row[lag + 1]:
                continue
            bend = row[lag - 1] - 2 * row[lag] + row[lag + 1]
            shift = 0.5 * (row[lag - 1] - row[lag + 1]) / bend if bend < 0 else 0.0
            height = min(1.0, row[lag] - 0.25 * (row[lag - 1] - row[lag + 1]) * shift)
            below = np.log((lag + shift) / first) / np.log(2.0)
            score = height - OCTAVE_COST * below
            weakest = 1
            for c in range(2, CANDIDATES):
                if strength[i, c] < strength[i, weakest]:
                    weakest = c
            if score > strength[i, weakest]:
                strength[i, weakest] = score
                hz[i, weakest] = sr / (lag + shift)
                octave[i, weakest] = below
    best = np.zeros((t, CANDIDATES), np.int8)
    total = -strength[0]
    for i in range(1, t):
        fresh = np.empty(CANDIDATES, np.float32)
        for c in range(CANDIDATES):
            least, chosen = np.float32(np.inf), 0
            for p in range(CANDIDATES):
                if hz[i, c] > 0 and hz[i - 1, p] > 0:
                    cost = OCTAVE_JUMP_COST * abs(octave[i, c] - octave[i - 1, p])
                elif (hz[i, c] > 0) != (hz[i - 1, p] > 0):
                    cost = VOICED_UNVOICED_COST
                else:
                    cost = 0.0
                if total[p] + cost < least:
                    least, chosen = np.float32(total[p] + cost), p
            fresh[c] = least - strength[i, c]
            best[i, c] = chosen
        total = fresh
    out_hz = np.zeros(t, np.float32)
    out_strength = np.zeros(t, np.float32)
    c = np.argmin(total)
    for i in range(t - 1, -1, -1):
        out_hz[i] = hz[i, c]
        peak = np.float32(0.0)
        for lag in range(first, lags - 1):
            peak = max(peak, correlation[i, lag])
        out_strength[i] = min(np.float32(1.0), peak)
        c = best[i, c]
    return out_hz, out_strength
