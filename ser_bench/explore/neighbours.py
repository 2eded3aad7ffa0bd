"""Nearest neighbours of clips in the features: how often they share emotion, speaker, gender and sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

NEIGHBOURS = 10
_BLOCK = 512


@dataclass(frozen=True)
class NeighbourShare:
    """How many nearest neighbours share an attribute.

    Parameters
    ----------
    attribute : str
        ``emotion``, ``speaker``, ``gender`` or ``text``.
    among : {'all', 'other speakers'}
        Where neighbours are searched.
    observed : float
        Fraction of neighbours with the same value.
    chance : float
        Fraction of random clips with the same value.
    by_value : mapping of str to tuple of float
        ``observed`` and ``chance`` of the clips of each value.
    """

    attribute: str
    among: str
    observed: float
    chance: float
    by_value: Mapping[str, tuple[float, float]]


def standardise(X: np.ndarray) -> np.ndarray:
    """Scale features to mean 0 and standard deviation 1.

    Parameters
    ----------
    X : ndarray, shape (n, d)

    Returns
    -------
    ndarray of float32, shape (n, d)
        Constant features are 0.
    """
    std = X.std(axis=0, dtype=np.float64)
    mean = X.mean(axis=0, dtype=np.float64)
    scaled: np.ndarray = (X - mean) / np.where(std > 1e-8 * (1 + np.abs(mean)), std, np.inf)
    return scaled.astype(np.float32)


def neighbour_shares(clips: pd.DataFrame, X: np.ndarray, k: int = NEIGHBOURS) -> list[NeighbourShare]:
    """Measure what the nearest neighbours by Euclidean distance share, for each attribute that all clips have.

    Parameters
    ----------
    clips : DataFrame
        Clip table with the columns ``speaker``, ``emotion``, ``gender`` and ``text``.
    X : ndarray, shape (n, d)
        Standardised features in the order of ``clips``.
    k : int
        Number of neighbours; all other clips if there are fewer.

    Returns
    -------
    list of NeighbourShare
        Empty for a single clip. Other speakers are left out if they have fewer than ``k`` clips, or if a speaker is
        unknown.
    """
    k = min(k, len(clips) - 1)
    if k < 1:
        return []
    attributes = {name: clips[name].to_numpy() for name in ("emotion", "speaker", "gender", "text")}
    speakers = np.unique(attributes["speaker"], return_inverse=True)[1]
    enough_others = len(clips) - np.bincount(speakers).max() >= k and (attributes["speaker"] != "").all()
    nearest, nearest_of_others = _nearest(X, speakers, k, other_speakers=bool(enough_others))
    shares = [
        _share(name, "all", values, nearest, _chance(values))
        for name, values in attributes.items()
        if (values != "").all()
    ]
    if nearest_of_others is not None:
        emotion = attributes["emotion"]
        chance = _chance_among_other_speakers(emotion, speakers)
        shares.append(_share("emotion", "other speakers", emotion, nearest_of_others, chance))
    return shares


def shares_by_attribute(shares: Iterable[NeighbourShare]) -> Mapping[tuple[str, str], NeighbourShare]:
    """Index shares by attribute and by where neighbours are searched.

    Parameters
    ----------
    shares : iterable of NeighbourShare

    Returns
    -------
    mapping
    """
    return {(share.attribute, share.among): share for share in shares}


def _nearest(
    X: np.ndarray, speakers: np.ndarray, k: int, *, other_speakers: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the ``k`` nearest rows of each row, ``(n, k)``, and on request the nearest of other speakers."""
    squares = np.einsum("ij,ij->i", X, X)
    nearest, nearest_of_others = [], []
    for start in range(0, len(X), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(X)))
        # Squared distance without the square of the row itself, which does not change the order.
        distance = squares - 2 * (X[rows] @ X.T)
        distance[np.arange(len(rows)), rows] = np.inf
        nearest.append(np.argpartition(distance, k - 1, axis=1)[:, :k])
        if other_speakers:
            distance[speakers[rows][:, None] == speakers] = np.inf
            nearest_of_others.append(np.argpartition(distance, k - 1, axis=1)[:, :k])
    return np.concatenate(nearest), np.concatenate(nearest_of_others) if other_speakers else None


def _share(attribute: str, among: str, values: np.ndarray, nearest: np.ndarray, chance: np.ndarray) -> NeighbourShare:
    """Average over clips the fraction of neighbours with the same value, and its level by chance."""
    observed = (values[nearest] == values[:, None]).mean(axis=1)
    masks = {str(value): values == value for value in np.unique(values)}
    by_value = {value: (float(observed[mask].mean()), float(chance[mask].mean())) for value, mask in masks.items()}
    return NeighbourShare(attribute, among, float(observed.mean()), float(chance.mean()), by_value)


def _chance(values: np.ndarray) -> np.ndarray:
    """Return for each clip the probability that a random other clip has the same value, shape ``(n,)``."""
    labels, counts = np.unique(values, return_inverse=True, return_counts=True)[1:]
    probabilities: np.ndarray = (counts[labels] - 1) / (len(values) - 1)
    return probabilities


def _chance_among_other_speakers(values: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Return for each clip the probability that a random clip of another speaker has the same value, ``(n,)``."""
    labels = np.unique(values, return_inverse=True)[1]
    table = np.zeros((speakers.max() + 1, labels.max() + 1))
    np.add.at(table, (speakers, labels), 1)
    same = table.sum(axis=0)[labels] - table[speakers, labels]
    probabilities: np.ndarray = same / (len(values) - table.sum(axis=1)[speakers])
    return probabilities
