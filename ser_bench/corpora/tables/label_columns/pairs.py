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
    counts = np.bincount(codes)
    means = transposed @ np.eye(len(counts))[codes] / counts
    within = transposed - means[:, codes]
    norms = np.sqrt(np.einsum("cr,cr->c", within, within))
    floor = 1e-9 * np.abs(means).max(axis=1) + np.finfo(float).tiny
    keys = within @ np.random.default_rng(0).standard_normal(len(codes)) / np.maximum(norms, floor)
    factors = np.where(keys < 0, -1, 1) / np.maximum(norms, floor)
    usable = np.flatnonzero(norms > floor)
    order = usable[np.argsort(np.abs(keys[usable]), kind="stable")].tolist()
    count = 0
    for first, second in pairwise(order):
        if count == _MOST_CANDIDATES:
            return
        if np.linalg.norm(within[first] * factors[first] - within[second] * factors[second]) < _CLOSE:
            difference = transposed[first] * factors[first] - transposed[second] * factors[second]
            if np.ptp(difference) > _CLOSE / np.sqrt(len(codes)):
                count += 1
                yield min(first, second), max(first, second), difference
