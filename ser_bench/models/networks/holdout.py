"""The clips that a network holds out of its training: whole speakers, or takes of every speaker."""

from __future__ import annotations

from typing import Any

import numpy as np

_MIN_GROUPS = 4


def hold_out(groups: Any, codes: np.ndarray, share: float, seed: int, speakers: Any = None) -> np.ndarray:
    """Choose whole groups of clips to hold out for early stopping.

    Without ``speakers`` the groups are speakers, and some speakers are held out whole. With ``speakers`` the groups are
    takes: the share is held out of every class and every speaker, and no speaker loses all takes.

    Parameters
    ----------
    groups : array_like of shape (n,) or None
        Group of each clip.
    codes : ndarray of int, shape (n,)
        Class of each clip.
    share : float
        Share of the groups: at least one, and at least two of six or more speakers.
    seed : int
        Seed of the choice.
    speakers : array_like of shape (n,), optional
        Speaker of each clip, where the groups are takes.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for the clips held out. All False without groups, with fewer than four, or where a class or a speaker would
        have no training clip.
    """
    none = np.zeros(len(codes), dtype=bool)
    if groups is None or share <= 0:
        return none
    groups = np.asarray(groups)
    names, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    if len(names) < _MIN_GROUPS:
        return none
    if speakers is not None:
        order = np.argsort(np.argsort(first))  # numbered as they appear, so that names do not matter
        _, held_by = np.unique(np.asarray(speakers)[np.sort(first)], return_inverse=True)
        chosen = _choose_takes(codes[np.sort(first)], held_by, share, seed)
        held_out = chosen[order][numbers]
        return held_out if _keeps_classes(codes, held_out) else none
    size = max(round(share * len(names)), 2 if len(names) >= 6 else 1)
    rng = np.random.default_rng([seed, len(names)])
    for _ in range(20):
        held_out = np.isin(groups, rng.permutation(names)[:size])
        if _keeps_classes(codes, held_out):
            return held_out
    return none


def _keeps_classes(codes: np.ndarray, held_out: np.ndarray) -> bool:
    return len(np.unique(codes[~held_out])) == len(np.unique(codes))


def _choose_takes(codes: np.ndarray, speakers: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return a mask of takes; each class and each speaker gives its share, rounded up, and keeps at least one take."""
    chosen = np.zeros(len(codes), dtype=bool)
    left_of_class, left_of_speaker = (_most_held_out(np.bincount(column), share) for column in (codes, speakers))
    rng = np.random.default_rng([seed, len(codes)])
    size = max(1, round(share * len(codes)))
    for take in rng.permutation(len(codes)):
        if size and left_of_class[codes[take]] and left_of_speaker[speakers[take]]:
            chosen[take] = True
            size -= 1
            left_of_class[codes[take]] -= 1
            left_of_speaker[speakers[take]] -= 1
    return chosen


def _most_held_out(takes: np.ndarray, share: float) -> np.ndarray:
    """Return how many of so many takes may be held out."""
    return np.minimum(np.ceil(share * takes), np.maximum(takes - 1, 0)).astype(int)
