"""Clips as the networks take them: pooled, cropped, standardised frames, zero behind the clip's end."""

from __future__ import annotations

from typing import Any

import numpy as np


def clip_lengths(X: np.ndarray) -> np.ndarray:
    """Return each clip's number of frames, int ``(n,)``, from frames ``(n, t, d)`` padded with NaN."""
    return (~np.isnan(X[:, :, 0])).sum(axis=1)


def common_length(lengths: np.ndarray, pool: int, max_frames: int) -> int:
    """Return a length, in pooled frames, that holds all but the longest twentieth of the clips.

    It is a multiple of 4, so that folds mostly share it and a compiled network serves them all, and
    never more than ``max_frames`` frames.
    """
    wanted = min(float(np.percentile(lengths, 95)), max_frames) / pool
    return max(16, int(np.ceil(wanted / 4)) * 4)


def pooled(X: np.ndarray, length: int, pool: int) -> np.ndarray:
    """Return float32 ``(n, length, d + 1)``: the mean of every ``pool`` frames.

    A longer clip is cropped to its middle. The last channel is one where the clip has frames; behind its
    end all channels are zero.
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
        kept = means[start : start + length]
        row[: len(kept), :d] = kept
        row[: len(kept), d] = 1.0
    return out


def chunked(X: np.ndarray, width: int) -> np.ndarray:
    """Return vectors ``(n, d)`` as sequences ``(n, ceil(d / width), width + 1)``.

    The last step is filled up with zeros; the last channel is one throughout, as in :func:`pooled`.
    """
    n, d = X.shape
    steps = -(-d // width)
    out = np.ones((n, steps, width + 1), dtype=np.float32)
    out[:, :, :width] = np.pad(X, ((0, 0), (0, steps * width - d))).reshape(n, steps, width)
    return out


class BandScaler:
    """Zero mean and unit variance per band over the frames of the training clips; padding stays zero."""

    mean: np.ndarray
    scale: np.ndarray

    def fit(self, sequences: np.ndarray) -> BandScaler:
        """Learn from sequences ``(n, t, d + 1)`` as made by :func:`pooled`."""
        real = sequences[sequences[:, :, -1] > 0][:, :-1].astype(np.float64)
        self.mean, self.scale = real.mean(axis=0), real.std(axis=0)
        self.scale[self.scale <= 1e-6 * np.abs(self.mean)] = np.inf  # a constant band says nothing: zero
        return self

    def apply(self, sequences: np.ndarray) -> np.ndarray:
        """Standardise the sequences in place and return them."""
        bands, mask = sequences[:, :, :-1], sequences[:, :, -1:]
        bands -= self.mean.astype(np.float32)
        bands /= self.scale.astype(np.float32)
        bands *= mask
        return sequences


def as_float32(X: Any, dimensions: tuple[int, ...]) -> np.ndarray:
    """Return ``X`` as a float32 array with one of the given numbers of dimensions, or raise ValueError."""
    X = np.asarray(X, dtype=np.float32)
    if X.ndim not in dimensions:
        wanted = " or ".join({2: "(n, d)", 3: "(n, t, d)"}[k] for k in dimensions)
        raise ValueError(f"X must be {wanted}, not of shape {X.shape}")
    return X
