"""Valleys and peaks of the bands of a spectrum."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import kernel


@kernel
def extremes(x: np.ndarray, bands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the smallest and of the largest values in each band of a spectrum.

    The number of values is small, so each is inserted into a short sorted list.

    Parameters
    ----------
    x : ndarray of float32, shape (t, d)
        Magnitudes.
    bands : ndarray of int64, shape (bands, 3)
        First bin, end bin (exclusive) and number of values of each band.

    Returns
    -------
    valley, peak : ndarray of float64, shape (t, bands)
        Means of the smallest and of the largest values; 0 in an empty band.
    """
    most = max(1, bands[:, 2].max())
    low = np.empty(most, np.float32)
    high = np.empty(most, np.float32)
    valley = np.zeros((x.shape[0], len(bands)))
    peak = np.zeros((x.shape[0], len(bands)))
    for t in range(x.shape[0]):
        for b in range(len(bands)):
            first, last, wanted = bands[b]
            count = min(wanted, last - first)
            if count == 0:
                continue
            low[:count] = np.inf
            high[:count] = -np.inf
            for k in range(first, last):
                value = x[t, k]
                if value < low[count - 1]:
                    i = count - 1
                    while i > 0 and low[i - 1] > value:
                        low[i] = low[i - 1]
                        i -= 1
                    low[i] = value
                if value > high[count - 1]:
                    i = count - 1
                    while i > 0 and high[i - 1] < value:
                        high[i] = high[i - 1]
                        i -= 1
                    high[i] = value
            valley[t, b] = low[:count].mean()
            peak[t, b] = high[:count].mean()
    return valley, peak
