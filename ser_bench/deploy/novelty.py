"""Novelty detection: whether the features of a clip lie outside those of the training clips.

The distance of a clip is its Mahalanobis distance under probabilistic principal components: standardised features are
projected onto a few axes, and what the axes leave counts with the mean variance that they leave. The threshold is a
quantile of the distances of speakers that the axes were not fitted on. So a new voice alone is not novel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError

QUANTILE = 0.99
"""Share of clips of new speakers whose distance is below the threshold; each speaker counts the same."""
MIN_SPEAKERS = 3
"""Fewer training speakers give no threshold."""

_AXES = 32
_PARTS = 6
_LIMIT = 10.0
"""Standardised values are clipped, so that one damaged column does not decide."""
_CONSTANT = 1e-6
_BATCH = 128
_LEAST_VARIANCE = 1e-6


@dataclass(frozen=True, eq=False)
class NoveltyDetector:
    """A fitted detector.

    Parameters
    ----------
    mean, precision : ndarray of float32, shape (d,)
        Mean of each column of training clips, and the inverse of its deviation; 0 for a constant column.
    axes : ndarray of float32, shape (k, d)
        Orthonormal principal axes of standardised columns.
    variances : ndarray of float32, shape (k,)
        Variance along each axis.
    residual : float
        Mean variance of a column that the axes leave.
    threshold : float
        Distance above which a clip lies outside the training data.

    References
    ----------
    Tipping and Bishop, Probabilistic Principal Component Analysis, J. R. Statist. Soc. B 61, 1999.
    """

    mean: np.ndarray
    precision: np.ndarray
    axes: np.ndarray
    variances: np.ndarray
    residual: float
    threshold: float

    def distances(self, vectors: np.ndarray) -> np.ndarray:
        """Return the distance of clips from the training data.

        Parameters
        ----------
        vectors : ndarray of float, shape (n, d)
            The result of :func:`clip_vectors`.

        Returns
        -------
        ndarray of float64, shape (n,)
            Root mean square per column, about 1 for a training clip.
        """
        z = np.clip((np.asarray(vectors, dtype=np.float64) - self.mean) * self.precision, -_LIMIT, _LIMIT)
        scores = z @ self.axes.T.astype(np.float64)
        left = np.maximum((z**2).sum(axis=1) - (scores**2).sum(axis=1), 0.0)
        total = (scores**2 / self.variances).sum(axis=1) + left / self.residual
        return np.asarray(np.sqrt(total / max(1, np.count_nonzero(self.precision))))

    def to_saved(self) -> dict[str, Any]:
        """Return plain arrays and numbers for a model file.

        Returns
        -------
        dict
        """
        return asdict(self)

    @classmethod
    def from_saved(cls, saved: Any, width: int) -> NoveltyDetector:
        """Validate the content of a model file.

        Parameters
        ----------
        saved : object
            The result of :meth:`to_saved`, from an untrusted file.
        width : int
            Number of columns of the result of :func:`clip_vectors` for the model's features.

        Returns
        -------
        NoveltyDetector

        Raises
        ------
        ModelFileError
            If values are missing, not finite, out of range, or do not fit together.
        """
        if not isinstance(saved, Mapping) or set(saved) != set(cls.__dataclass_fields__):
            raise ModelFileError("its novelty detector is incomplete")
        arrays = {name: saved[name] for name in ("mean", "precision", "axes", "variances")}
        if not all(isinstance(part, np.ndarray) and part.dtype == np.float32 for part in arrays.values()):
            raise ModelFileError("its novelty detector has invalid arrays")
        count = arrays["variances"].size
        shapes = {"mean": (width,), "precision": (width,), "axes": (count, width), "variances": (count,)}
        fits = count <= _AXES and all(arrays[name].shape == shape for name, shape in shapes.items())
        finite = all(np.isfinite(part).all() for part in arrays.values())
        positive = all(isinstance(n, float) and 0 < n < np.inf for n in (saved["residual"], saved["threshold"]))
        in_range = bool((arrays["precision"] >= 0).all() and (arrays["variances"] > 0).all())
        if not (fits and finite and positive and in_range):
            raise ModelFileError("its novelty detector is inconsistent")
        return cls(**saved)


def clip_vectors(X: np.ndarray) -> np.ndarray:
    """Return a vector per clip.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d) or (n, t, d)
        Vectors, or frames padded with NaN after the end of a clip.

    Returns
    -------
    ndarray of float32, shape (n, d) or (n, 2 * d)
        Vectors, or mean and standard deviation of each column of frames.
    """
    if X.ndim == 2:
        return np.asarray(X, dtype=np.float32)
    parts = [_moments(np.asarray(X[start : start + _BATCH])) for start in range(0, len(X), _BATCH)]
    return np.concatenate(parts).astype(np.float32)


def _moments(X: np.ndarray) -> np.ndarray:
    present = ~np.isnan(X[:, :, :1])
    count = np.maximum(present.sum(axis=1), 1)
    mean = np.where(present, X, 0).sum(axis=1, dtype=np.float64) / count
    square = np.where(present, (X - mean[:, None]) ** 2, 0).sum(axis=1, dtype=np.float64) / count
    return np.concatenate([mean, np.sqrt(square)], axis=1)


def fit(vectors: np.ndarray, speakers: np.ndarray) -> NoveltyDetector | None:
    """Fit a detector on training clips.

    Parameters
    ----------
    vectors : ndarray of float, shape (n, d)
        The result of :func:`clip_vectors`.
    speakers : ndarray of str, shape (n,)
        Their speakers; empty where unknown.

    Returns
    -------
    NoveltyDetector or None
        None where fewer than :data:`MIN_SPEAKERS` speakers are known, or some are unknown.
    """
    names, codes = np.unique(speakers, return_inverse=True)
    if len(names) < MIN_SPEAKERS or "" in names:
        return None
    distances = np.zeros(len(vectors))
    part = codes % min(_PARTS, len(names))
    for number in np.unique(part):
        held_out = part == number
        distances[held_out] = _fit(vectors[~held_out]).distances(vectors[held_out])
    threshold = max(_speaker_quantile(distances, codes), _LEAST_VARIANCE)
    return _fit(vectors, threshold)


def _fit(vectors: np.ndarray, threshold: float = 1.0) -> NoveltyDetector:
    """Fit scale and axes."""
    from sklearn.utils.extmath import randomized_svd

    vectors = np.asarray(vectors, dtype=np.float64)
    mean, deviation = vectors.mean(axis=0), vectors.std(axis=0)
    varies = deviation > _CONSTANT * np.maximum(np.abs(mean), 1e-3)
    precision = np.where(varies, 1 / np.where(varies, deviation, 1.0), 0.0)
    z = np.clip((vectors - mean) * precision, -_LIMIT, _LIMIT)
    count = max(1, min(_AXES, len(z) // 3, z.shape[1] // 2))
    _, singular, axes = randomized_svd(z, count, n_iter=4, random_state=0)
    variances = np.maximum(singular**2 / len(z), _LEAST_VARIANCE)
    columns = max(1, np.count_nonzero(varies) - count)
    residual = max(((z**2).sum() - (singular**2).sum()) / len(z) / columns, _LEAST_VARIANCE)
    single = {"mean": mean, "precision": precision, "axes": axes, "variances": variances}
    arrays = {name: values.astype(np.float32) for name, values in single.items()}
    return NoveltyDetector(**arrays, residual=float(residual), threshold=float(threshold))


def _speaker_quantile(distances: np.ndarray, codes: np.ndarray) -> float:
    """Return the quantile of distances, with the same weight for each speaker."""
    weights = 1 / np.bincount(codes)[codes]
    order = np.argsort(distances)
    shares = np.cumsum(weights[order]) / weights.sum()
    return float(distances[order[min(int(np.searchsorted(shares, QUANTILE)), len(order) - 1)]])
