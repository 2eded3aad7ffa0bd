"""Dilated convolutions, each over a few channels."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import kernel


@kernel
def convolve(
    steps: np.ndarray, first: np.ndarray, channels: np.ndarray, weights: np.ndarray, dilations: np.ndarray
) -> np.ndarray:
    """Return the centred convolutions of a sequence; it counts as 0 before its start and after its end.

    Parameters
    ----------
    steps : ndarray of float32, shape (d, t)
        The sequence by channel.
    first : ndarray of int64, shape (n + 1,)
        Where the channels of each convolution begin in ``channels``; the last value is their number.
    channels : ndarray of int64, shape (c,)
        Channels of all convolutions, one after another.
    weights : ndarray of float32, shape (c, taps)
        Weights of each channel; ``taps`` is odd.
    dilations : ndarray of int64, shape (n,)
        Distance of the taps of each convolution, in steps.

    Returns
    -------
    ndarray of float32, shape (n, t)
        The convolutions.
    """
    count, length, taps = len(dilations), steps.shape[1], weights.shape[1]
    out = np.zeros((count, length), np.float32)
    for n in range(count):
        row = out[n]
        for c in range(first[n], first[n + 1]):
            channel = steps[channels[c]]
            for tap in range(taps):
                shift = (tap - taps // 2) * dilations[n]
                weight = weights[c, tap]
                for t in range(max(0, -shift), min(length, length - shift)):
                    row[t] += weight * channel[t + shift]
    return out
