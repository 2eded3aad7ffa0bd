"""Parts of a long clip, and the scaling of a waveform that networks expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_EPSILON = 1e-7
"""Added to the variance of a waveform, as in transformers."""


def equal_parts(y: np.ndarray, longest: int) -> list[np.ndarray]:
    """Cut samples into as few equal parts as possible.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Samples.
    longest : int
        Number of samples that no part exceeds.

    Returns
    -------
    list of ndarray
        The parts in order; their lengths differ by at most one sample.
    """
    import numpy as np

    return np.array_split(y, max(1, -(-len(y) // longest)))


def normalized(y: np.ndarray) -> np.ndarray:
    """Return samples with zero mean and unit variance.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Samples.

    Returns
    -------
    ndarray of float32, shape (n,)
        Computed in float64; zeros for constant samples.
    """
    import numpy as np

    exact = y.astype(np.float64)
    return np.asarray((exact - exact.mean()) / np.sqrt(exact.var() + _EPSILON), dtype=np.float32)
