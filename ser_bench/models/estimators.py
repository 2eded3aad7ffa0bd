"""Small scikit-learn estimators for what the libraries leave open; imported only when a model is built."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_approximation import Nystroem
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_array, check_is_fitted


class Standardizer(TransformerMixin, BaseEstimator):
    """Scale columns to zero mean and unit variance; columns that are constant in training become zero.

    Parameters
    ----------
    limit : float
        Values are clipped to so many standard deviations, so that an extreme value of one column cannot decide a clip.
    """

    def __init__(self, limit: float = 10.0) -> None:
        self.limit = limit

    def fit(self, X: Any, y: Any = None) -> Standardizer:
        """Compute each column's mean and standard deviation.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.
        y : None
            Ignored.

        Returns
        -------
        self
        """
        X = check_array(X, dtype=np.float64)
        self.mean_ = X.mean(axis=0)
        self.scale_ = X.std(axis=0)
        # Rounding leaves a constant column with a spread of a few units in the last place.
        self.constant_ = self.scale_ <= 1e-6 * np.abs(self.mean_)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return ``X`` standardised, float32 of the same shape.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float32, shape (n, d)
        """
        check_is_fitted(self)
        X = check_array(X, dtype=np.float64)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(f"X has {X.shape[1]} columns, but {self.n_features_in_} in training")
        Z = (X - self.mean_) / np.where(self.constant_, 1.0, self.scale_)
        Z[:, self.constant_] = 0.0
        return np.clip(Z, -self.limit, self.limit, out=Z).astype(np.float32)


class Chance(ClassifierMixin, BaseEstimator):
    """Random guesses: those for a clip depend on the seed and on its features only, not on other clips.

    Parameters
    ----------
    strategy : {"uniform", "stratified"}
        Whether all classes are equally likely, or each as likely as it is frequent in training.
    random_state : int, optional
        Seed.
    """

    def __init__(self, strategy: str = "uniform", random_state: int | None = 0) -> None:
        self.strategy = strategy
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Chance:
        """Store the classes and their frequencies.

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
        if self.strategy not in ("uniform", "stratified"):
            raise ValueError(f"invalid strategy: expected 'uniform' or 'stratified', got {self.strategy!r}")
        self.classes_, counts = np.unique(np.asarray(y), return_counts=True)
        self.prior_ = counts / counts.sum()
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return random probabilities; the largest is the guess.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        check_is_fitted(self)
        times = -np.log(_hashed_uniform(X, len(self.classes_), self.random_state or 0))
        if self.strategy == "uniform":
            return times / times.sum(axis=1, keepdims=True)
        # the smallest of exponential times divided by rates is class k's with probability proportional to its rate
        rate = self.prior_ / np.maximum(times, 1e-300)
        return rate / rate.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return a guess per row.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _hashed_uniform(X: Any, count: int, seed: int) -> np.ndarray:
    """Return ``count`` numbers in (0, 1) per row, drawn from a hash of the seed and the row without padding."""
    X = np.ascontiguousarray(X, dtype=np.float32)
    lengths = (~np.isnan(X[:, :, 0])).sum(axis=1) if X.ndim == 3 else np.full(len(X), X.shape[1])
    rows = (seed.to_bytes(8, "little", signed=True) + row[:n].tobytes() for row, n in zip(X, lengths, strict=True))
    digests = b"".join(hashlib.shake_128(row).digest(4 * count) for row in rows)
    return (np.frombuffer(digests, dtype="<u4").reshape(len(X), count) + 0.5) / 2**32


class SoftmaxScores:
    """Mixin that turns a score per class into probabilities, and predicts the most probable class."""

    classes_: np.ndarray
    decision_function: Callable[[Any], np.ndarray]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the softmax of the decision function.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            scores = np.column_stack([-scores, scores])
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest score per row.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of shape (n,)
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


PAIR_SLOPE = 1.0
"""Log odds of a pair of classes per unit of its decision value; 2 and 3 calibrate worse."""


class SoftmaxSVC(SoftmaxScores, SVC):
    """Support vector classifier whose probabilities follow from the decision values of its pairs of classes.

    The decision value of a pair stands for the logarithm of its odds, and the probability of a class is proportional to
    the product of its probabilities in all pairs. ``predict`` returns the most probable class, not that with the most
    votes. Platt scaling inside ``SVC`` costs five fits on random folds that mix speakers, may disagree with
    ``predict``, and is deprecated.
    ``gamma`` may also be a string such as ``"0.3/d"``: 0.3 over the number of columns.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftmaxSVC:
        """Fit as ``SVC`` does, with ``gamma`` resolved for the number of columns.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.
        y : array_like of shape (n,)
            Labels.
        sample_weight : array_like of shape (n,), optional
            Weight of each clip.

        Returns
        -------
        self
        """
        gamma: Any = self.get_params()["gamma"]
        try:
            if isinstance(gamma, str) and gamma.endswith("/d"):
                self.gamma = float(gamma.removesuffix("/d")) / np.shape(X)[1]
            super().fit(X, y, sample_weight)
        finally:
            self.gamma = gamma  # a parameter stays as the caller set it
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the sum of the log probabilities of each class in its pairs with all others.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        decisions = PAIR_SLOPE * self._decision_function(X)
        count = len(self.classes_)
        if count == 2:  # the sign is that of the second class
            return -np.logaddexp(0, np.column_stack([decisions, -decisions]))
        scores = np.zeros((len(decisions), count))
        for column, (first, second) in enumerate(combinations(range(count), 2)):
            scores[:, first] -= np.logaddexp(0, -decisions[:, column])
            scores[:, second] -= np.logaddexp(0, decisions[:, column])
        return scores


_TOLERANCE = 0.01
"""Tolerance of liblinear's own default for the primal problem; scikit-learn's is 100 times smaller."""


class NystroemSVC(SoftmaxScores, ClassifierMixin, BaseEstimator):
    """Linear support vector classifier on Nyström's approximation of the radial kernel.

    One-versus-rest with squared hinge loss, solved in the primal. A fit holds float64 of shape ``(n, components)``.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty.
    gamma : float or str
        Width of the kernel; ``"0.3/d"`` is 0.3 over the number of columns.
    components : int
        Training rows that the kernel is approximated with.
    class_weight : {"balanced", None}
        As in scikit-learn.
    random_state : int
        Seed of the choice of rows.

    References
    ----------
    Williams and Seeger, Using the Nyström Method to Speed Up Kernel Machines, NIPS 2000.
    """

    def __init__(
        self,
        C: float = 1.0,
        gamma: float | str = "1/d",
        components: int = 1000,
        class_weight: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.components = components
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> NystroemSVC:
        """Choose the rows of the approximation and fit the linear classifiers.

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
        X, gamma = np.asarray(X), self.gamma
        if isinstance(gamma, str):
            gamma = float(gamma.removesuffix("/d")) / X.shape[1]
        count = min(self.components, len(X))
        self.map_ = Nystroem(gamma=gamma, n_components=count, random_state=self.random_state)
        self.machine_ = LinearSVC(C=self.C, dual=False, tol=_TOLERANCE, class_weight=self.class_weight)
        self.machine_.fit(self.map_.fit_transform(X), y)
        self.classes_ = self.machine_.classes_
        self.n_features_in_ = X.shape[1]
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Return one-versus-rest scores.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes), or (n,) for two classes
        """
        check_is_fitted(self)
        return self.machine_.decision_function(self.map_.transform(X))


class Neighbours(KNeighborsClassifier):
    """Nearest neighbours whose ``predict`` is the most probable class, the first of equally probable ones."""

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


class FixedEpochsMLP(MLPClassifier):
    """Multi-layer perceptron that trains for ``max_iter`` epochs without a warning.

    The early stopping of scikit-learn holds out random clips, so its validation set shares speakers with training.
    """

    def fit(self, X: Any, y: Any) -> FixedEpochsMLP:
        """Fit without warnings about the last epoch or a batch that holds all clips.

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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", message="Got `batch_size` less than 1 or larger")
            super().fit(X, y)
        return self


class _Wrapped(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """A classifier that delegates its probabilities to the fitted ``estimator_``."""

    classes_: np.ndarray
    estimator_: Any

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the wrapped estimator.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

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


class LabelEncoded(_Wrapped):
    """Labels of any kind for a classifier that only takes the classes 0, 1, 2, ….

    Parameters
    ----------
    estimator : estimator
        The classifier.
    balance : bool
        Whether each clip is weighted by the inverse frequency of its class.
    """

    def __init__(self, estimator: Any, balance: bool = False) -> None:
        self.estimator = estimator
        self.balance = balance

    def fit(self, X: Any, y: Any) -> LabelEncoded:
        """Fit a clone of the estimator on indices into ``classes_``.

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
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        weights = compute_sample_weight("balanced", codes) if self.balance else None
        self.estimator_ = clone(self.estimator).fit(X, codes, sample_weight=weights)
        return self


class BalancedLDA(LinearDiscriminantAnalysis):
    """Linear discriminant analysis with equal priors.

    Parameters
    ----------
    solver, shrinkage
        As in scikit-learn.
    balance : bool
        Whether all classes have the same prior.
    """

    def __init__(self, solver: str = "lsqr", shrinkage: float | str | None = None, balance: bool = False) -> None:
        super().__init__(solver=solver, shrinkage=shrinkage)
        self.balance = balance

    def fit(self, X: Any, y: Any) -> BalancedLDA:
        """Fit with the chosen priors.

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
        count = len(np.unique(np.asarray(y)))
        self.priors = np.full(count, 1 / count) if self.balance else None
        return super().fit(X, y)


class Oversampled(_Wrapped):
    """A classifier fitted on equally many clips per class; clips of rarer classes are repeated at random.

    Parameters
    ----------
    estimator : estimator
        The classifier.
    random_state : int
        Seed of the choice of repeated clips.
    """

    def __init__(self, estimator: Any, random_state: int = 0) -> None:
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Oversampled:
        """Fit a clone of the estimator on the clips and the repeated ones.

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
        X, y = np.asarray(X), np.asarray(y)
        self.classes_, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        drawn = np.random.RandomState(self.random_state)
        more = [drawn.choice(np.flatnonzero(codes == code), counts.max() - count) for code, count in enumerate(counts)]
        rows = np.sort(np.concatenate([np.arange(len(y)), *more]))
        self.estimator_ = clone(self.estimator).fit(X[rows], y[rows])
        return self
