"""Overlap-add of an inverse short-time Fourier transform."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import kernel


@kernel
def overlap_add(frames, window, hop, length):  # type: ignore[no-untyped-def]
    """Return windowed frames added up, divided by the sum of squared windows, first half frame cut off.

    ``frames`` is float32 ``(t, n)``, ``window`` float64 ``(n,)``; the result float32 ``(length,)``.
    Each output sample gathers its frames in order and rounds after each, as adding them one by one
    to a float32 signal does.
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
