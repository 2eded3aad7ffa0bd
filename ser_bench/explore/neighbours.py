"""How much a clip's nearest neighbours share with it: why random splits flatter, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

NEIGHBOURS = 10
_BLOCK = 512


@dataclass(frozen=True)
class Share:
    """Of the clips' nearest neighbours, how many share a fact, and how many would by chance, as fractions.

    ``among`` says where neighbours are looked for: among ``all`` other clips, or those of ``other speakers``.
    """

    fact: str
    among: str
    found: float
    chance: float


def standardised(X: np.ndarray) -> np.ndarray:
    """Return features with mean 0 and standard deviation 1, constant ones 0, float32 of shape ``(n, d)``."""
    std = X.std(axis=0, dtype=np.float64)
    mean = X.mean(axis=0, dtype=np.float64)
    return ((X - mean) / np.where(std > 1e-8 * (1 + np.abs(mean)), std, np.inf)).astype(np.float32)


def shares(clips: pd.DataFrame, X: np.ndarray, k: int = NEIGHBOURS) -> list[Share]:
    """Return what the ``k`` nearest neighbours by Euclidean distance share, of each fact that all clips have.

    ``X`` is ``(n, d)``, standardised, in the order of ``clips`` with the columns ``speaker``, ``emotion``, ``gender``
    and ``text``. Of fewer than ``k + 1`` clips all are neighbours; nothing is said of a single clip, nor of other
    speakers where there are fewer than ``k`` clips of them.
    """
    k = min(k, len(clips) - 1)
    if k < 1:
        return []
    facts = {name: clips[name].to_numpy() for name in ("emotion", "speaker", "gender", "text")}
    speakers = np.unique(facts["speaker"], return_inverse=True)[1]
    strangers = len(clips) - np.bincount(speakers).max()
    near, strange = _nearest(X, speakers, k, strange=strangers >= k)
    told = [
        Share(fact, "all", float((values[near] == values[:, None]).mean()), _chance(values))
        for fact, values in facts.items()
        if (values != "").all()
    ]
    if strange is not None:
        emotion = facts["emotion"]
        found = float((emotion[strange] == emotion[:, None]).mean())
        told.append(Share("emotion", "other speakers", found, _chance_elsewhere(emotion, speakers)))
    return told


def by_fact(told: list[Share]) -> Mapping[tuple[str, str], Share]:
    """Return shares by their fact and where neighbours were looked for."""
    return {(share.fact, share.among): share for share in told}


def _nearest(X: np.ndarray, speakers: np.ndarray, k: int, *, strange: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """Return each row's ``k`` nearest others, ``(n, k)``, and if asked the nearest of other speakers."""
    squares = np.einsum("ij,ij->i", X, X)
    near, other = [], []
    for begun in range(0, len(X), _BLOCK):
        rows = np.arange(begun, min(begun + _BLOCK, len(X)))
        distance = squares - 2 * (X[rows] @ X.T)  # but for the row's own square, which orders nothing
        distance[np.arange(len(rows)), rows] = np.inf
        near.append(np.argpartition(distance, k - 1, axis=1)[:, :k])
        if strange:
            distance[speakers[rows][:, None] == speakers] = np.inf
            other.append(np.argpartition(distance, k - 1, axis=1)[:, :k])
    return np.concatenate(near), np.concatenate(other) if strange else None


def _chance(values: np.ndarray) -> float:
    """Return how often another clip, drawn at random, has the same value."""
    counts = np.unique(values, return_counts=True)[1]
    return float((counts * (counts - 1)).sum() / (len(values) * (len(values) - 1)))


def _chance_elsewhere(values: np.ndarray, speakers: np.ndarray) -> float:
    """Return how often a clip of another speaker, drawn at random, has the same value, averaged over clips."""
    labels = np.unique(values, return_inverse=True)[1]
    table = np.zeros((speakers.max() + 1, labels.max() + 1))
    np.add.at(table, (speakers, labels), 1)
    same = table.sum(axis=0)[labels] - table[speakers, labels]
    return float((same / (len(values) - table.sum(axis=1)[speakers])).mean())
