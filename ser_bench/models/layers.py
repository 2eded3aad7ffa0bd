"""Multinomial logistic regression on learned mixtures of the layers of a network; imported only when it is built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

_CHUNK = 1 << 18
"""Values that are converted to float64 at once."""


class LayeredLogisticRegression(ClassifierMixin, BaseEstimator):
    """Logistic regression on the softmax-weighted mean of the layers of each feature set.

    Layer weights and coefficients are learned together by L-BFGS, from equal weights. The columns of a set are one
    block per layer; a set of one block stays as it is. A mean of several layers is scaled to a mean square of one on
    the training rows, so that the penalty does not favour a single layer, whose variance is larger. The penalty is
    that of :class:`sklearn.linear_model.LogisticRegression`, so that sets of one block give the same probabilities.

    Parameters
    ----------
    blocks : sequence of (int, int)
        Number of layers, and of columns per layer, of each feature set, in the order of the columns.
    C : float
        Inverse strength of the penalty on the coefficients; layer weights have none.
    class_weight : {"balanced", None}
        Whether rare classes count as much as frequent ones.
    max_iter : int
        Most iterations.
    tol : float
        The largest part of the gradient at the end.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
        The labels.
    layer_weights_ : list of ndarray of float64
        Weights of the layers of each feature set, which sum to one.
    coef_ : ndarray of float64, shape (classes, d), or (1, d) for two classes
        Coefficients of the columns of all layers: scaled layer weight times coefficient of the mean.
    intercept_ : ndarray of float64, shape (classes,) or (1,)
        Intercepts.
    n_iter_ : int
        Number of iterations.

    References
    ----------
    Yang et al., SUPERB: Speech processing Universal PERformance Benchmark, Interspeech 2021.
    """

    def __init__(
        self,
        blocks: Sequence[tuple[int, int]],
        C: float = 1.0,
        class_weight: str | None = None,
        max_iter: int = 1000,
        tol: float = 1e-4,
    ) -> None:
        self.blocks = blocks
        self.C = C
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Any, y: Any) -> LayeredLogisticRegression:
        """Learn layer weights and coefficients.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Standardised features.
        y : array_like of shape (n,)
            Labels.

        Returns
        -------
        self
        """
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        weights = np.ones(len(codes)) if self.class_weight is None else compute_sample_weight(self.class_weight, codes)
        problem = LayerProblem(X, codes, weights, self.blocks, self.C)
        options = {"maxiter": self.max_iter, "maxls": 50, "gtol": self.tol, "ftol": 64 * np.finfo(float).eps}
        solution = minimize(problem.loss, np.zeros(problem.size), method="L-BFGS-B", jac=True, options=options)
        coefficients, self.intercept_, self.layer_weights_ = problem.unpacked(solution.x)
        self.coef_ = problem.columns_of_all_layers(coefficients, self.layer_weights_)
        self.n_iter_ = int(solution.nit)
        if len(self.classes_) == 2:
            self.coef_, self.intercept_ = np.diff(self.coef_, axis=0), np.diff(self.intercept_)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        check_is_fitted(self)
        scores = np.asarray(X, dtype=np.float64) @ self.coef_.T + self.intercept_
        if len(self.classes_) == 2:
            scores = np.hstack([np.zeros_like(scores), scores])
        p: np.ndarray = softmax(scores, axis=1)
        return p

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest probability per row.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class LayerProblem:
    """The loss of layer weights and coefficients, and its gradient.

    The vector of unknowns holds the coefficients (classes × columns of the means), the intercepts, and the logits of
    the weights of each feature set with several layers.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Standardised features.
    codes : ndarray of int, shape (n,)
        Class of each row.
    weights : ndarray of float64, shape (n,)
        Weight of each row.
    blocks : sequence of (int, int)
        Number of layers, and of columns per layer, of each feature set.
    C : float
        Inverse strength of the penalty.
    """

    def __init__(
        self, X: Any, codes: np.ndarray, weights: np.ndarray, blocks: Sequence[tuple[int, int]], C: float
    ) -> None:
        X = np.asarray(X)
        ends = np.cumsum([0, *(layers * width for layers, width in blocks)])
        if ends[-1] != X.shape[1]:
            raise ValueError(f"X has {X.shape[1]} columns, but the layers {ends[-1]}")
        parts = zip(blocks, ends[:-1], ends[1:], strict=True)
        self._parts = [X[:, start:end].reshape(len(X), *shape) for shape, start, end in parts]
        self._codes, self._weights = codes, weights / weights.sum()
        self._classes = int(codes.max()) + 1
        self._width = sum(width for _, width in blocks)
        # Two opposite rows of coefficients have half the penalty of their difference.
        self._penalty = (2.0 if self._classes == 2 else 1.0) / (C * weights.sum())
        self._layers = [layers for layers, _ in blocks]
        self._products = [_mean_products(part) for part in self._parts]

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return self._classes * (self._width + 1) + sum(layers for layers in self._layers if layers > 1)

    def unpacked(self, unknowns: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """Return what a vector of unknowns holds.

        Parameters
        ----------
        unknowns : ndarray of float64, shape (size,)
            The vector.

        Returns
        -------
        coefficients : ndarray of shape (classes, columns of the means)
        intercepts : ndarray of shape (classes,)
        layer_weights : list of ndarray
            Per feature set; they sum to one.
        """
        count = self._classes * self._width
        coefficients = unknowns[:count].reshape(self._classes, self._width)
        intercepts, logits = np.split(unknowns[count:], [self._classes])
        layer_weights = []
        for layers in self._layers:
            own, logits = (logits[:layers], logits[layers:]) if layers > 1 else (np.zeros(1), logits)
            layer_weights.append(softmax(own))
        return coefficients, intercepts, layer_weights

    def loss(self, unknowns: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the mean cross-entropy with the penalty, and its gradient.

        Parameters
        ----------
        unknowns : ndarray of float64, shape (size,)
            The vector of unknowns.

        Returns
        -------
        loss : float
        gradient : ndarray of float64, shape (size,)
        """
        coefficients, intercepts, layer_weights = self.unpacked(unknowns)
        scaled = self._scaled(layer_weights)
        means = np.hstack([_means(part, own) for part, own in zip(self._parts, scaled, strict=True)])
        log_p = log_softmax(means @ coefficients.T + intercepts, axis=1)
        rows = np.arange(len(means))
        loss = -self._weights @ log_p[rows, self._codes] + 0.5 * self._penalty * np.sum(coefficients**2)
        residuals = np.exp(log_p)
        residuals[rows, self._codes] -= 1.0
        residuals *= self._weights[:, None]
        gradients = [(residuals.T @ means + self._penalty * coefficients).ravel(), residuals.sum(axis=0)]
        return float(loss), np.concatenate(
            [*gradients, *self._logit_gradients(residuals @ coefficients, layer_weights)]
        )

    def columns_of_all_layers(self, coefficients: np.ndarray, layer_weights: Sequence[np.ndarray]) -> np.ndarray:
        """Return coefficients of the columns of all layers.

        Parameters
        ----------
        coefficients : ndarray of shape (classes, columns of the means)
            Coefficients of the means.
        layer_weights : sequence of ndarray
            Weights of the layers per feature set.

        Returns
        -------
        ndarray of float64, shape (classes, d)
        """
        own = np.split(coefficients, self._ends, axis=1)
        scaled = self._scaled(layer_weights)
        return np.hstack([np.kron(weights, part) for weights, part in zip(scaled, own, strict=True)])

    @property
    def _ends(self) -> np.ndarray:
        """Where the columns of the means of one feature set end, except the last."""
        return np.cumsum([part.shape[2] for part in self._parts])[:-1]

    def _scaled(self, layer_weights: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the weights for which each mean of layers has a mean square of one."""
        return [own / _scale(own, products) for own, products in zip(layer_weights, self._products, strict=True)]

    def _logit_gradients(self, slopes: np.ndarray, layer_weights: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the gradient of the logits of each set with layers, from that of the means."""
        own = np.split(slopes, self._ends, axis=1)
        for part, weights, products, slope in zip(self._parts, layer_weights, self._products, own, strict=True):
            if len(weights) > 1:
                of_scaled = sum(np.einsum("nld,nd->l", rows, slope[at]) for at, rows in _chunks(part))
                scale = _scale(weights, products)
                of_weights = of_scaled / scale - (of_scaled @ weights) * (products @ weights) / scale**3
                yield weights * (of_weights - weights @ of_weights)


def _mean_products(part: np.ndarray) -> np.ndarray:
    """Return the mean product of the values of every two layers, of shape (layers, layers)."""
    if part.shape[1] == 1:
        return np.ones((1, 1))  # a set without layers keeps its scale
    total = sum(np.einsum("nld,nmd->lm", rows, rows, optimize=True) for _, rows in _chunks(part))
    return np.asarray(total) / (len(part) * part.shape[2])


def _scale(weights: np.ndarray, products: np.ndarray) -> float:
    """Return the root mean square of the weighted mean of the layers; one where all values are zero."""
    return float(np.sqrt(weights @ products @ weights)) or 1.0


def _means(part: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of the layers, float64 of shape (n, columns per layer)."""
    if len(weights) == 1:
        return part[:, 0].astype(np.float64)
    return np.concatenate([np.matmul(weights, rows) for _, rows in _chunks(part)])


def _chunks(part: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield some rows at a time as float64, with their positions, so that memory stays small."""
    size = max(1, _CHUNK // (part.shape[1] * part.shape[2]))
    for start in range(0, len(part), size):
        at = slice(start, start + size)
        yield at, part[at].astype(np.float64)
