"""Projection of features to a map of two dimensions with PCA and t-SNE (van der Maaten and Hinton, 2008)."""

from __future__ import annotations

import numpy as np

_PCA_DIMENSIONS = 50
_ITERATIONS = 500
_PERPLEXITY = 30
_MIN_CLIPS = 10
"""With fewer clips t-SNE has no neighbourhoods to keep, and the map shows two principal components."""


def sample_clips(count: int, limit: int, seed: int) -> np.ndarray:
    """Draw clips at random if there are too many.

    Parameters
    ----------
    count : int
        Number of clips.
    limit : int
        Largest number to draw.
    seed : int

    Returns
    -------
    ndarray of int, shape (min(count, limit),)
        Indices in ascending order.
    """
    if count <= limit:
        return np.arange(count)
    return np.sort(np.random.RandomState(seed).permutation(count)[:limit])


def project(X: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Project features to two dimensions; one thread, so that the same machine gives the same result.

    Parameters
    ----------
    X : ndarray, shape (n, d)
        Standardised features, at least two rows.
    seed : int

    Returns
    -------
    positions : ndarray, shape (n, 2)
    method : str
        The method in words.
    """
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    few = len(X) < _MIN_CLIPS
    with threadpool_limits(1):
        dimensions = 2 if few else min(_PCA_DIMENSIONS, *X.shape)
        reduced = PCA(min(dimensions, *X.shape), svd_solver="full").fit_transform(X)
        if few or reduced.shape[1] < 2:
            positions = np.pad(reduced, ((0, 0), (0, 2 - reduced.shape[1])))
            return positions, "the first two principal components"
        return _tsne(reduced, seed), f"PCA to {dimensions} dimensions, then t-SNE (seed {seed})"


def _tsne(reduced: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(reduced) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, max_iter=_ITERATIONS, init="pca", random_state=seed)
    return np.asarray(tsne.fit_transform(reduced))
