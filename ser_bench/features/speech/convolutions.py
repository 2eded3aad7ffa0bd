"""Random convolutions of speech frames, which are drawn once and never trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ser_bench.features.kernels.convolution import convolve

KERNELS = 2000
TAPS = 7
FRAMES_PER_STEP = 2
MOST_CHANNELS = 8
LONGEST_DILATION = 32
"""Steps between the taps of the widest kernels, exclusive: 3.7 s from the first tap to the last."""

_SEED = 20201


@dataclass(frozen=True)
class Kernels:
    """Random kernels.

    Parameters
    ----------
    first : ndarray of int64, shape (n + 1,)
        Where the channels of each kernel begin.
    channels : ndarray of int64, shape (c,)
        Channels of all kernels.
    weights : ndarray of float32, shape (c, taps)
        Weights of each channel. The squares of a kernel's weights sum to 1.
    dilations : ndarray of int64, shape (n,)
        Distance of the taps in steps.
    thresholds : ndarray of float32, shape (n,)
        Outputs above this value count.
    """

    first: np.ndarray
    channels: np.ndarray
    weights: np.ndarray
    dilations: np.ndarray
    thresholds: np.ndarray


@cache
def draw(channels: int) -> Kernels:
    """Draw the kernels; they are the same on every machine.

    All draws are integers of NumPy's legacy generator, whose values never change. The weights of every other kernel
    have a mean of 0 in each channel.

    Parameters
    ----------
    channels : int
        Number of channels of the sequence.

    Returns
    -------
    Kernels
    """
    random = np.random.RandomState(_SEED)
    counts, chosen, weights, dilations, thresholds = [0], [], [], [], []
    for number in range(KERNELS):
        count = random.randint(1, MOST_CHANNELS + 1)
        chosen.append(random.permutation(channels)[:count])
        drawn = random.randint(-8, 9, size=(count, TAPS)).astype(np.float64)
        drawn[:, 0] += not drawn.any()
        if number % 2:
            drawn -= drawn.mean(axis=1, keepdims=True)
        weights.append(drawn / np.sqrt(max((drawn**2).sum(), 1e-12)))
        dilations.append(int(2 ** (random.randint(0, 1000) / 1000 * np.log2(LONGEST_DILATION))))
        thresholds.append(random.randint(-12, 13) / 8)
        counts.append(count)
    return Kernels(
        np.cumsum(counts),
        np.concatenate(chosen),
        np.concatenate(weights).astype(np.float32),
        np.array(dilations),
        np.array(thresholds, dtype=np.float32),
    )


def summarised(frames: np.ndarray) -> np.ndarray:
    """Convolve frames with all kernels, and summarise each output by one value.

    Parameters
    ----------
    frames : ndarray of float32, shape (t, d)
        Standardised frames, every 10 ms.

    Returns
    -------
    ndarray of float32, shape (KERNELS,)
        The mean of what exceeds the threshold.

    References
    ----------
    Dempster, Petitjean and Webb, ROCKET: exceptionally fast and accurate time series classification using random
    convolutional kernels, Data Mining and Knowledge Discovery 34, 2020.
    """
    whole = len(frames) // FRAMES_PER_STEP * FRAMES_PER_STEP
    steps = frames[:whole].reshape(-1, FRAMES_PER_STEP, frames.shape[1]).mean(axis=1) if whole else frames
    kernels = draw(frames.shape[1])
    columns = np.ascontiguousarray(steps.T, dtype=np.float32)
    outputs = convolve(columns, kernels.first, kernels.channels, kernels.weights, kernels.dilations)
    excess: np.ndarray = np.maximum(outputs - kernels.thresholds[:, None], 0).mean(axis=1, dtype=np.float32)
    return excess
