"""From features to a map: two dimensions in which near clips stay near (t-SNE)."""

from __future__ import annotations

import numpy as np

PCA_DIMENSIONS = 50
ITERATIONS = 500
PERPLEXITY = 30
_FEWEST = 10
"""Below so many clips t-SNE has nothing to keep near: their first two principal components are shown."""


def sample(count: int, most: int, seed: int) -> np.ndarray:
    """Return the indices of at most ``most`` clips in their order, drawn without regard to label or speaker."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.RandomState(seed).permutation(count)[:most])


def project(X: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Return places ``(n, 2)`` of the rows of standardised ``X``, at least two, and how they were found, in words.

    One thread, so that the same machine finds the same places again.
    """
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    few = len(X) < _FEWEST
    with threadpool_limits(1):
        dimensions = 2 if few else min(PCA_DIMENSIONS, *X.shape)
        reduced = PCA(min(dimensions, *X.shape), svd_solver="full").fit_transform(X)
        if few or reduced.shape[1] < 2:
            places = np.pad(reduced, ((0, 0), (0, 2 - reduced.shape[1])))
            return places, "the first two principal components"
        return _embed(reduced, seed), f"PCA to {dimensions} dimensions, then t-SNE (seed {seed})"


def _embed(reduced: np.ndarray, seed: int) -> np.ndarray:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(reduced) - 1) / 3)
    return TSNE(2, perplexity=perplexity, max_iter=ITERATIONS, init="pca", random_state=seed).fit_transform(reduced)
