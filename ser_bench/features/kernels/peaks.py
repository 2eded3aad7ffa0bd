"""Spectral peaks with parabolic interpolation."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import kernel


@kernel
def spectral_peaks(
    magnitude: np.ndarray, first: int, last: int, sr: float, n_fft: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency and height of the peaks of all frames; the precision of each step is that of librosa.piptrack.

    Parameters
    ----------
    magnitude : ndarray of float32, shape (t, d)
        Magnitude spectrogram.
    first, last : int
        Range of bins, ``last`` exclusive.
    sr : float
        Sampling rate in Hz.
    n_fft : int
        FFT length in samples.

    Returns
    -------
    hz, height : ndarray of float32, shape (n,)
        Frequency in Hz and interpolated height of each peak above a tenth of its frame's largest value.
    """
    frames, bins = magnitude.shape
    capacity = frames * ((last - first) // 2 + 1)
    hz = np.empty(capacity, np.float32)
    height = np.empty(capacity, np.float32)
    count = 0
    for t in range(frames):
        row = magnitude[t]
        largest = np.float32(0)
        for k in range(bins):
            largest = row[k] if row[k] > largest else largest
        floor = np.float32(0.1) * largest
        for k in range(max(1, first), min(last, bins - 1)):
            x, below, above = row[k], row[k - 1], row[k + 1]
            # values up to the floor count as zero, next to a peak too
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
