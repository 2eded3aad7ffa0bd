"""Input of the networks: pooled, cropped and standardised frames, 0 behind the clip's end."""

from __future__ import annotations

from typing import Any

import numpy as np


def clip_lengths(X: np.ndarray) -> np.ndarray:
    """Count the frames of each clip.

    Parameters
    ----------
    X : ndarray of float32, shape (n, t, d)
        Frames, padded with NaN.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    return (~np.isnan(X[:, :, 0])).sum(axis=1)


def common_length(lengths: np.ndarray, pool: int, max_frames: int) -> int:
    """Return the 95th percentile of the clips' lengths as a number of steps.

    Parameters
    ----------
    lengths : ndarray of int, shape (n,)
        Frames of each clip.
    pool : int
        Frames per step.
    max_frames : int
        Largest length in frames, before rounding.

    Returns
    -------
    int
        Rounded up to a multiple of 4, at least 16, so that most folds share one compiled network.
    """
    wanted = min(float(np.percentile(lengths, 95)), max_frames) / pool
    return max(16, int(np.ceil(wanted / 4)) * 4)


def pooled(X: np.ndarray, length: int, pool: int) -> np.ndarray:
    """Average every ``pool`` frames and crop long clips to their middle.

    Parameters
    ----------
    X : ndarray of float32, shape (n, t, d)
        Frames, padded with NaN.
    length : int
        Number of steps.
    pool : int
        Frames per step.

    Returns
    -------
    ndarray of float32, shape (n, length, d + 1)
        The last channel is 1 where the clip has frames; behind its end all channels are 0.
    """
    n, _, d = X.shape
    out = np.zeros((n, length, d + 1), dtype=np.float32)
    for row, clip, frames in zip(out, X, clip_lengths(X), strict=True):
        steps = max(1, frames // pool) if frames else 0
        if not steps:
            continue
        size = min(pool, frames)
        means = clip[: steps * size].reshape(steps, size, d).mean(axis=1)
        start = max(0, (steps - length) // 2)
        middle = means[start : start + length]
        row[: len(middle), :d] = middle
        row[: len(middle), d] = 1.0
    return out


def subtract_level(sequences: np.ndarray, bands: int) -> None:
    """Subtract the mean over a clip and its first bands from these bands, in place.

    The mean depends on the distance to the microphone more than on the emotion.

    Parameters
    ----------
    sequences : ndarray of float32, shape (n, t, d + 1)
        As returned by :func:`pooled`.
    bands : int
        Number of first channels; 0 changes nothing.
    """
    bands = min(bands, sequences.shape[2] - 1)
    if not bands:
        return
    mask = sequences[:, :, -1:]
    steps = np.maximum(mask.sum(axis=1, keepdims=True), 1)
    level = sequences[:, :, :bands].mean(axis=2, keepdims=True).sum(axis=1, keepdims=True) / steps
    sequences[:, :, :bands] -= level * mask


def chunked(X: np.ndarray, width: int) -> np.ndarray:
    """Divide vectors into steps.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d)
        Vectors.
    width : int
        Columns per step.

    Returns
    -------
    ndarray of float32, shape (n, ceil(d / width), width + 1)
        The last step is filled up with 0; the last channel is 1, as in :func:`pooled`.
    """
    n, d = X.shape
    steps = -(-d // width)
    out = np.ones((n, steps, width + 1), dtype=np.float32)
    out[:, :, :width] = np.pad(X, ((0, 0), (0, steps * width - d))).reshape(n, steps, width)
    return out


class BandScaler:
    """Scale bands to zero mean and unit variance over the frames of the training clips; padding stays 0."""

    mean: np.ndarray
    scale: np.ndarray

    def fit(self, sequences: np.ndarray) -> BandScaler:
        """Compute mean and standard deviation of each band.

        Parameters
        ----------
        sequences : ndarray of float32, shape (n, t, d + 1)
            As returned by :func:`pooled`.

        Returns
        -------
        self
        """
        real = sequences[sequences[:, :, -1] > 0][:, :-1].astype(np.float64)
        self.mean, self.scale = real.mean(axis=0), real.std(axis=0)
        self.scale[self.scale <= 1e-6 * np.abs(self.mean)] = np.inf  # a constant band becomes 0
        return self

    def apply(self, sequences: np.ndarray) -> np.ndarray:
        """Scale sequences in place.

        Parameters
        ----------
        sequences : ndarray of float32, shape (n, t, d + 1)
            As returned by :func:`pooled`.

        Returns
        -------
        ndarray
            The same array.
        """
        bands, mask = sequences[:, :, :-1], sequences[:, :, -1:]
        bands -= self.mean.astype(np.float32)
        bands /= self.scale.astype(np.float32)
        bands *= mask
        return sequences


def as_float32(X: Any, dimensions: tuple[int, ...]) -> np.ndarray:
    """Return an array as float32.

    Parameters
    ----------
    X : array_like
        Features.
    dimensions : tuple of int
        Allowed numbers of dimensions.

    Returns
    -------
    ndarray of float32

    Raises
    ------
    ValueError
        For another number of dimensions.
    """
    X = np.asarray(X, dtype=np.float32)
    if X.ndim not in dimensions:
        wanted = " or ".join({2: "(n, d)", 3: "(n, t, d)"}[k] for k in dimensions)
        raise ValueError(f"invalid shape of X: expected {wanted}, got {X.shape}")
    return X
