"""From the store's rows to one array over all clips, which the fits of a run share.

The array is written once as ``.npy`` and mapped into memory by every worker, so its pages are shared.
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
"""Frames kept of a clip: 10 s at the usual hop, taken from its middle."""


def assemble(clips: pd.DataFrame, sets: Sequence[FeatureSet], store: FeatureStore) -> np.ndarray:
    """Return the features of ``clips`` (columns ``key`` and ``clip``), row by row in their order.

    Vectors give float32 ``(n, d)``, frames ``(n, t, d)`` with NaN behind each clip's end; the columns
    of several sets are joined. Raises :class:`ConfigError` where frames of two sets do not align.
    """
    keys = clips["key"].tolist()
    parts = [store.read(feature_set, keys) for feature_set in sets]
    return stack_clips([join_sets([part[key] for part in parts], sets) for key in keys])


def join_sets(parts: Sequence[np.ndarray], sets: Sequence[FeatureSet]) -> np.ndarray:
    """Return one clip's features of several sets as a model gets them: ``(d,)``, or ``(t, d)`` of its middle.

    Raises :class:`ConfigError` where frames of two sets do not align.
    """
    return np.concatenate(parts) if sets[0].kind == "vector" else _joined_frames(parts, sets)


def stack_clips(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return the features of several clips as one array: ``(n, d)``, or ``(n, t, d)`` padded with NaN."""
    return np.stack(rows) if rows[0].ndim == 1 else _padded(rows)


def _joined_frames(frames: Sequence[np.ndarray], sets: Sequence[FeatureSet]) -> np.ndarray:
    lengths = {len(part) for part in frames}
    if len(lengths) > 1:
        raise ConfigError(f"the frames of {'+'.join(s.name for s in sets)} do not align: {sorted(lengths)} frames")
    start = max(0, (len(frames[0]) - MAX_FRAMES) // 2)
    return np.concatenate(frames, axis=1)[start : start + MAX_FRAMES]


def _padded(sequences: Sequence[np.ndarray]) -> np.ndarray:
    longest = max(len(sequence) for sequence in sequences)
    X = np.full((len(sequences), longest, sequences[0].shape[1]), np.nan, dtype=np.float32)
    for row, sequence in zip(X, sequences, strict=True):
        row[: len(sequence)] = sequence
    return X


def standardize_speakers(X: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Standardise each speaker's features by all of that speaker's own clips, labels unseen.

    Test speakers are treated alike, from their own unlabelled clips: this is transductive, and whoever
    shows a score of it has to say so.
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
    """Write an array where workers can map it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, X, allow_pickle=False)
    return path
