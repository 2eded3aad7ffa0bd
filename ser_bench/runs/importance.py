"""What a fitted model goes by: its answers when one group of features is shuffled among the test clips.

Permutation importance (Breiman, 2001) by groups, since of columns that say the same none is missed
alone. Shuffling happens after the fit, on the clips that test it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def shuffled_predictions(
    estimator: Any, X: np.ndarray, groups: Mapping[str, np.ndarray], seed: int
) -> dict[str, np.ndarray]:
    """Return the labels that a fitted model predicts with each group of columns shuffled in turn.

    ``X`` is ``(n, d)``, or ``(n, t, d)`` with NaN behind each clip's end; ``groups`` maps a name to column
    numbers. With fewer than two groups or clips there is nothing to compare, and nothing is returned.
    """
    if len(groups) < 2 or len(X) < 2:
        return {}
    generator = np.random.RandomState(seed)
    predicted = {}
    for name, columns in groups.items():
        other = generator.permutation(len(X))
        mixed = np.array(X)
        if X.ndim == 2:
            mixed[:, columns] = X[other][:, columns]
        else:
            _shuffle_frames(mixed, X, other, columns)
        predicted[name] = np.asarray(estimator.predict(mixed)).astype(str)
    return predicted


def _shuffle_frames(mixed: np.ndarray, X: np.ndarray, other: np.ndarray, columns: np.ndarray) -> None:
    """Give each clip the columns of another one, repeated or cut to its own length."""
    lengths = (~np.isnan(X[:, :, 0])).sum(axis=1)
    for i, j in enumerate(other):
        if lengths[i] and lengths[j]:
            mixed[i, : lengths[i], columns] = X[j, np.arange(lengths[i]) % lengths[j]][:, columns].T
