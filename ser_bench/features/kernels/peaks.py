"""Spectral peaks with parabolic interpolation."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import kernel


@kernel
def spectral_peaks(magnitude, first, last, sr, n_fft):  # type: ignore[no-untyped-def]
    """Return frequency in Hz and interpolated height of each frame's peaks, two float32 arrays.

    ``magnitude`` is float32 ``(t, d)``; a peak lies at bins ``first`` to ``last - 1``, above a tenth of
    its frame's largest value. Precision follows ``librosa.piptrack`` step by step.
    """
    frames, bins = magnitude.shape
    room = frames * ((last - first) // 2 + 1)
    hz = np.empty(room, np.float32)
    height = np.empty(room, np.float32)
    count = 0
    for t in range(frames):
        row = magnitude[t]
        largest = np.float32(0)
        for k in range(bins):
            largest = row[k] if row[k] > largest else largest
        floor = np.float32(0.1) * largest
        for k in range(max(1, first), min(last, bins - 1)):
            x, below, above = row[k], row[k - 1], row[k + 1]
            # what does not pass the floor counts as zero, also when it stands beside a peak
            if x <= floor or x <= below or x < above:
                continue
            bend = np.float64(above + below) - 2 * np.float64(x)
            lean = np.float64(above - below) / 2
            shift = np.float32(0) if abs(lean) >= abs(bend) else np.float32(-lean / bend)
            gradient = (above - below) / np.float32(2)
            hz[count] = (k + np.float64(shift)) * sr / n_fft
            height[count] = x + (np.float32(0.5) * gradient) * shift
            count += 1
    return hz[:count], height[:count]
