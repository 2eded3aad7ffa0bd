"""Gains of changed clips."""

from __future__ import annotations

import numpy as np


def as_loud_as(y: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Return a changed clip with the mean square of the clip before.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        The clip before.
    changed : ndarray of float32, shape (m,)
        The clip after.

    Returns
    -------
    ndarray of float32, shape (m,)
        The changed clip times a constant; itself if it holds zeros only.
    """
    before, after = (np.mean(np.square(samples, dtype=np.float64)) for samples in (y, changed))
    return changed * np.float32(np.sqrt(before / after)) if after > 0 else changed
