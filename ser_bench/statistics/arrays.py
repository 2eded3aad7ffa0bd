"""Checks and divisions of arrays that the other modules share."""

from __future__ import annotations

import numpy as np

DECIMALS = 12
"""Scores that are equal after rounding to so many decimals are tied; one clip weighs far more."""


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide, without a warning where the denominator is 0.

    Parameters
    ----------
    numerator, denominator : ndarray
        Of shapes that broadcast to that of ``numerator``.

    Returns
    -------
    ndarray of float64
        NaN where the denominator is 0.
    """
    quotient: np.ndarray = np.divide(
        numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0
    )
    return quotient


def check_lengths(first: np.ndarray, second: np.ndarray) -> None:
    """Check that two arrays have one dimension and one length.

    Parameters
    ----------
    first, second : ndarray

    Raises
    ------
    ValueError
        If they have not.
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"arrays must have one dimension and one length, got shapes {first.shape} and {second.shape}")
