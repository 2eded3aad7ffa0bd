"""Pairs of columns that hold the label together: one is the other, scaled, plus a code of the label.

Within a class, such columns are equal but for a constant factor and offset. Independent features never are. Columns of
equal differences within the classes are found with a random projection, in time proportional to the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

_CLOSE = 1e-3
"""The largest difference between equal columns, with a norm of 1."""

_MOST_CANDIDATES = 200
"""The most pairs that are judged."""


def differences(transposed: np.ndarray, codes: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield pairs of columns that are equal within the classes, and their differences between classes.

    Parameters
    ----------
    transposed
        Features, shape ``(columns, rows)``.
    codes
        Code of each row's label.

    Yields
    ------
    tuple
        Positions of both columns, and the difference of the scaled columns in each row.
    """
    scaled, within = _scaled(transposed, codes)
    projection = np.random.default_rng(0).standard_normal(within.shape[1]) / np.sqrt(within.shape[1])
    keys = within @ projection
    signs = np.where(keys < 0, -1, 1)
    keys, scaled, within = keys * signs, scaled * signs[:, None], within * signs[:, None]
    usable = np.flatnonzero(np.linalg.norm(within, axis=1) > 0.5)
    order = usable[np.argsort(keys[usable], kind="stable")]
    count = 0
    for first, second in pairwise(order):
        if count < _MOST_CANDIDATES and np.linalg.norm(within[first] - within[second]) < _CLOSE:
            difference = scaled[first] - scaled[second]
            if np.ptp(difference) > _CLOSE / np.sqrt(len(codes)):
                count += 1
                yield int(min(first, second)), int(max(first, second)), difference


def _scaled(transposed: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns divided by their spread within the classes, and without the means of the classes."""
    counts = np.bincount(codes)
    members = np.eye(len(counts))[codes]
    values = transposed - transposed.mean(axis=1, keepdims=True)
    within = values - (values @ members / counts)[:, codes]
    norms = np.linalg.norm(within, axis=1, keepdims=True)
    floor = 1e-9 * np.abs(transposed).max(axis=1, keepdims=True) + np.finfo(float).tiny
    factors = np.where(norms > floor, 1 / np.maximum(norms, floor), 0)
    return values * factors, within * factors
