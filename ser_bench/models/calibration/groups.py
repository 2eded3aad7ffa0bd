"""Parts of the training clips for cross-fitting, each of whole groups."""

from __future__ import annotations

import numpy as np


def group_parts(groups: np.ndarray, codes: np.ndarray, count: int, *, named: bool) -> np.ndarray:
    """Divide clips into parts of whole groups, with about equally many clips of each class.

    Parameters
    ----------
    groups : ndarray, shape (n,)
        Group of each clip.
    codes : ndarray of int, shape (n,)
        Class of each clip.
    count : int
        Number of parts.
    named : bool
        Whether the groups are ordered by name, so that the order of the clips does not matter. If not, they are ordered
        as they appear, so that names do not matter.

    Returns
    -------
    ndarray of int, shape (n,)
        Number of the part of each clip.
    """
    names, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    if not named:
        numbers = np.argsort(np.argsort(first))[numbers]
    shares = np.zeros((len(names), codes.max() + 1))
    np.add.at(shares, (numbers, codes), 1.0)
    shares /= np.maximum(shares.sum(axis=0), 1.0)
    order = np.random.default_rng(len(names)).permutation(len(names))
    order = order[np.argsort(-(shares[order] ** 2).sum(axis=1).round(12), kind="stable")]
    part_of, dealt = np.empty(len(names), dtype=int), np.zeros((count, shares.shape[1]))
    for group in order:  # to the part with fewest clips of its classes, and with fewest clips among equal ones
        same, total = (dealt @ shares[group]).round(12), dealt.sum(axis=1).round(12)
        part_of[group] = np.lexsort((total, same))[0]
        dealt[part_of[group]] += shares[group]
    return np.asarray(part_of[numbers])
