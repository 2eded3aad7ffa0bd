"""Columns that separate two classes without error.

A rating of the label does, and a real feature may: of all pairs of emotions in RAVDESS, EmoDB and SAVEE, features
separated one pair without error in a whole corpus, in 62 rows of the smaller class. Then several features did.
"""

from __future__ import annotations

import numpy as np

LEAST_SEPARATED_ROWS = 60
"""The least rows of each class that are judged."""

LEAST_SPEAKERS = 4
"""The least speakers of each class that are judged, if speakers are known; features separate emotions of few."""

_ROWS_BEYOND_FEATURES = 100
"""Rows of the smaller class at which no real feature separated two emotions."""

_SECOND_BEST = 0.95
"""Balanced accuracy of the next column below which a perfect one is doubtful."""


def separating_columns(values: np.ndarray, codes: np.ndarray) -> list[int]:
    """Return the columns that separate two classes without error, unless real features may do so.

    Parameters
    ----------
    values
        Features, shape ``(rows, columns)``.
    codes
        Class of each row, 0 or 1.

    Returns
    -------
    list of int
        Their positions.
    """
    first, second = values[codes == 0], values[codes == 1]
    separated = (first.max(axis=0) < second.min(axis=0)) | (second.max(axis=0) < first.min(axis=0))
    columns = np.flatnonzero(separated).tolist()
    many = min(len(first), len(second)) >= _ROWS_BEYOND_FEATURES
    if not columns or many:
        return columns
    others = values[:, ~separated]
    return columns if len(columns) == 1 and (_best_accuracies(others, codes) < _SECOND_BEST).all() else []


def _best_accuracies(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the balanced accuracy of the best threshold of each column."""
    ordered = codes[np.argsort(values, axis=0)]
    below = np.cumsum(ordered, axis=0) / codes.sum() - np.cumsum(1 - ordered, axis=0) / (1 - codes).sum()
    return np.asarray((1 + np.abs(below).max(axis=0, initial=0)) / 2)
