"""Feature matrices: one array over all clips, assembled from the store and shared by the fits of a run.

The array is written once as ``.npy`` and mapped into memory by every worker, so that workers share its pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.core.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.features.base import FeatureSet
    from ser_bench.store import FeatureStore

MAX_FRAMES = 1000
"""Frames kept of a clip: 10 s every 10 ms, from its middle."""


def assemble(clips: pd.DataFrame, sets: Sequence[FeatureSet], store: FeatureStore) -> np.ndarray:
    """Return the feature matrix of clips.

    Parameters
    ----------
    clips : DataFrame
        Clips with the column ``key``.
    sets : sequence of FeatureSet
        Sets of one kind, whose columns are joined.
    store : FeatureStore
        The store with their features.

    Returns
    -------
    ndarray of float32, shape (n, d) or (n, t, d)
        One row per clip, in the order of ``clips``; sequences of frames are padded with NaN.

    Raises
    ------
    ConfigError
        If the frames of two sets do not align.
    StoreError
        If the store lacks a clip.
    """
    keys = clips["key"].tolist()
    parts = [store.read(feature_set, keys) for feature_set in sets]
    return stack_clips([join_sets([part[key] for part in parts], sets) for key in keys])


def join_sets(parts: Sequence[np.ndarray], sets: Sequence[FeatureSet]) -> np.ndarray:
    """Return the joined features of one clip.

    Parameters
    ----------
    parts : sequence of ndarray of float32, shape (d_i,) or (t, d_i)
        Features of each set.
    sets : sequence of FeatureSet
        The sets, all of one kind.

    Returns
    -------
    ndarray of float32, shape (d,) or (t, d)
        The columns of all sets; of a long clip, the frames of its middle.

    Raises
    ------
    ConfigError
        If the frames of two sets do not align.
    """
    if sets[0].kind == "vector":
        return np.concatenate(parts)
    lengths = {len(part) for part in parts}
    if len(lengths) > 1:
        names = "+".join(feature_set.name for feature_set in sets)
        raise ConfigError(f"cannot join {names}: they give different numbers of frames, {sorted(lengths)}")
    start = max(0, (len(parts[0]) - MAX_FRAMES) // 2)
    return np.concatenate(parts, axis=1)[start : start + MAX_FRAMES]


def stack_clips(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return the features of several clips as one array.

    Parameters
    ----------
    rows : sequence of ndarray of float32, shape (d,) or (t_i, d)
        Features of each clip.

    Returns
    -------
    ndarray of float32, shape (n, d) or (n, t, d)
        One row per clip; sequences of frames are padded with NaN.
    """
    if rows[0].ndim == 1:
        return np.stack(rows)
    longest = max(len(row) for row in rows)
    X = np.full((len(rows), longest, rows[0].shape[1]), np.nan, dtype=np.float32)
    for padded, row in zip(X, rows, strict=True):
        padded[: len(row)] = row
    return X


def standardize_speakers(X: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Standardise each speaker's features by the mean and standard deviation of that speaker's own clips.

    Labels are not used. Test speakers are standardised by their own unlabelled clips: the method is transductive, which
    a report of its scores has to say.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d) or (n, t, d)
        Feature matrix.
    speakers : ndarray of str, shape (n,)
        Speaker of each clip.

    Returns
    -------
    ndarray of float32, same shape as ``X``
        The standardised features.
    """
    out = np.empty_like(X)
    axes = tuple(range(X.ndim - 1))
    for speaker in np.unique(speakers):
        own = speakers == speaker
        values = X[own].astype(np.float64)
        mean, std = np.nanmean(values, axis=axes), np.nanstd(values, axis=axes)
        out[own] = (values - mean) / np.where(std > 1e-8 * (1 + np.abs(mean)), std, 1.0)
    return out


def save_matrix(X: np.ndarray, path: Path) -> Path:
    """Write an array to a file that workers can map into memory.

    Parameters
    ----------
    X : ndarray
        The array.
    path : Path
        The ``.npy`` file.

    Returns
    -------
    Path
        The same path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, X, allow_pickle=False)
    return path
