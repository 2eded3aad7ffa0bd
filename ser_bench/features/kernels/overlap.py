"""Overlap-add of an inverse short-time Fourier transform."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import kernel


@kernel
def overlap_add(frames: np.ndarray, window: np.ndarray, hop: int, length: int) -> np.ndarray:
    """Return the overlap-add of windowed frames, divided by the sum of squared windows, without the first half frame.

    Each output sample adds its frames in order and rounds to float32 after each, as librosa does.

    Parameters
    ----------
    frames : ndarray of float32, shape (t, n)
        Inverse transforms of the frames.
    window : ndarray of float64, shape (n,)
        Synthesis window.
    hop : int
        Distance of the frames in samples.
    length : int
        Number of samples to return.

    Returns
    -------
    ndarray of float32, shape (length,)
        The signal.
    """
    count, n = frames.shape
    out = np.zeros(length, np.float32)
    total = np.empty(hop, np.float32)
    weight = np.empty(hop, np.float32)
    for start in range(0, length + n // 2, hop):
        total[:] = 0
        weight[:] = 0
        newest = start // hop
        for t in range(max(0, newest - n // hop + 1), min(count, newest + 1)):
            offset = start - t * hop
            for j in range(hop):
                w = window[offset + j]
                total[j] = np.float32(np.float64(total[j]) + w * np.float64(frames[t, offset + j]))
                weight[j] = np.float32(np.float64(weight[j]) + w * w)
        for j in range(max(0, n // 2 - start), min(hop, length + n // 2 - start)):
            divided = weight[j] > np.float32(1.1754944e-38)
            out[start + j - n // 2] = total[j] / weight[j] if divided else total[j]
    return out
