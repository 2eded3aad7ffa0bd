"""Kernel ridge regression on one-hot classes; imported only when a model is built."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_array, check_is_fitted


class KernelRidgeClassifier(ClassifierMixin, BaseEstimator):
    """Ridge regression on one-hot classes with a radial kernel: a least-squares support vector machine.

    The kernel of two clips is ``exp(-gamma / d * distance ** 2)``, where ``d`` is the number of columns. A fit holds it
    for all pairs of training clips, float32 of shape ``(n, n)``. Probabilities are the softmax of the regression's
    outputs times :attr:`sharpness`.

    Parameters
    ----------
    alpha : float
        Strength of the penalty.
    gamma : float
        Width of the kernel.
    class_weight : {"balanced", None}
        As in scikit-learn.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
        The labels.
    clips_ : ndarray of float32, shape (n, d)
        The training clips.
    coefficients_ : ndarray of float32, shape (n, classes)
        Weight of each training clip.
    intercept_ : ndarray of float64, shape (classes,)
        Share of each class in training.

    References
    ----------
    Suykens and Vandewalle, Least Squares Support Vector Machine Classifiers, Neural Processing Letters 9, 1999.
    """

    sharpness = 7.0

    def __init__(self, alpha: float = 0.1, gamma: float = 0.1, class_weight: str | None = None) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any) -> KernelRidgeClassifier:
        """Solve the regression for all classes.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.
        y : array_like of shape (n,)
            Labels.

        Returns
        -------
        self
        """
        self.clips_ = check_array(X, dtype=np.float32, copy=True)
        self.n_features_in_ = self.clips_.shape[1]
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        weights = compute_sample_weight(self.class_weight, codes)
        targets = np.eye(len(self.classes_))[codes]
        self.intercept_ = np.average(targets, axis=0, weights=weights)
        kernel = self._kernel(self.clips_)
        kernel.flat[:: len(kernel) + 1] += (self.alpha / weights).astype(np.float32)
        factor = cho_factor(kernel, lower=True, overwrite_a=True)
        self.coefficients_ = cho_solve(factor, (targets - self.intercept_).astype(np.float32))
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the outputs of the regression.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
            About 1 for the class of a clip, and 0 for the others.
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float64)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(f"X has {X.shape[1]} columns, but {self.n_features_in_} in training")
        outputs: np.ndarray = self._kernel(X) @ self.coefficients_ + self.intercept_
        return outputs

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        p: np.ndarray = softmax(self.sharpness * self.decision_function(X), axis=1)
        return p

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest probability per clip.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of shape (n,)
        """
        labels: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels

    def _kernel(self, X: np.ndarray) -> np.ndarray:
        """Return the kernel of clips and training clips, in the precision of ``X``."""
        clips = self.clips_.astype(X.dtype, copy=False)
        squares = (X**2).sum(axis=1)[:, None] + (clips**2).sum(axis=1)
        distances = np.maximum(squares - 2 * (X @ clips.T), 0)
        kernel: np.ndarray = np.exp(distances * X.dtype.type(-self.gamma / self.n_features_in_))
        return kernel
