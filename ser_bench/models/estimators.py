"""Small scikit-learn estimators for what the libraries leave open; imported only when a model is built."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
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
    """Zero mean and unit variance per column; columns constant in training become zero for good.

    What lies further than ``limit`` standard deviations from the mean is moved there, so that one
    extreme value of one column cannot decide a clip. ``X`` is ``(n, d)``, the result float32.
    """

    def __init__(self, limit: float = 10.0) -> None:
        self.limit = limit

    def fit(self, X: Any, y: Any = None) -> Standardizer:
        """Learn each column's mean and standard deviation."""
        X = check_array(X, dtype=np.float64)
        self.mean_ = X.mean(axis=0)
        self.scale_ = X.std(axis=0)
        # Rounding leaves a constant column with a spread of a few units in the last place.
        self.constant_ = self.scale_ <= 1e-6 * np.abs(self.mean_)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return ``X`` standardised, float32 of the same shape."""
        check_is_fitted(self)
        X = check_array(X, dtype=np.float64)
        if X.shape[1] != self.n_features_in_:
            raise ValueError(f"X has {X.shape[1]} columns, but {self.n_features_in_} in training")
        Z = (X - self.mean_) / np.where(self.constant_, 1.0, self.scale_)
        Z[:, self.constant_] = 0.0
        return np.clip(Z, -self.limit, self.limit, out=Z).astype(np.float32)


class Chance(ClassifierMixin, BaseEstimator):
    """Random guesses: the same for the same ``X`` and seed, others for other clips.

    ``uniform`` gives every class the same chance; ``stratified`` guesses a class as often as it
    occurred in training.
    """

    def __init__(self, strategy: str = "uniform", random_state: int | None = 0) -> None:
        self.strategy = strategy
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Chance:
        """Learn the classes and how frequent each is."""
        if self.strategy not in ("uniform", "stratified"):
            raise ValueError(f"strategy must be 'uniform' or 'stratified', not {self.strategy!r}")
        self.classes_, counts = np.unique(np.asarray(y), return_counts=True)
        self.prior_ = counts / counts.sum()
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return random rows that sum to one, ``(n, classes)``; the largest value is the guess."""
        check_is_fitted(self)
        drawn = np.random.RandomState([self.random_state or 0, zlib.crc32(np.ascontiguousarray(X).tobytes())])
        waits = drawn.exponential(size=(len(X), len(self.classes_)))
        if self.strategy == "uniform":
            return waits / waits.sum(axis=1, keepdims=True)
        # In a race of exponential clocks, class k rings first with probability proportional to its rate.
        speed = self.prior_ / np.maximum(waits, 1e-300)
        return speed / speed.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return one guess per row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class SoftmaxScores:
    """Probabilities of a classifier with one-versus-rest scores, and labels that always agree with them."""

    classes_: np.ndarray
    decision_function: Callable[[Any], np.ndarray]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the softmax of the decision function, ``(n, classes)``."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            scores = np.column_stack([-scores, scores])
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest score per row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class SoftmaxSVC(SoftmaxScores, SVC):
    """A support vector classifier whose probabilities are the softmax of its one-versus-rest scores.

    Deterministic, needs no second fit, and always agrees with ``predict``; they rank well but are not
    calibrated. (Platt scaling inside ``SVC`` costs five fits on random folds that mix speakers, may
    disagree with ``predict``, and is deprecated.) ``gamma`` may also be a string such as ``"0.3/d"``:
    that number over the number of columns, so that one setting suits feature sets of any size.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftmaxSVC:
        """Fit as ``SVC`` does, working ``gamma`` out from the number of columns where it asks for that."""
        asked: Any = self.get_params()["gamma"]
        try:
            if isinstance(asked, str) and asked.endswith("/d"):
                self.gamma = float(asked.removesuffix("/d")) / np.shape(X)[1]
            super().fit(X, y, sample_weight)
        finally:
            self.gamma = asked  # a parameter stays as the caller set it
        return self


TOLERANCE = 0.01
"""Where the solver stops: liblinear's own default for the primal. scikit-learn's is a hundred times as strict."""


class NystroemSVC(SoftmaxScores, ClassifierMixin, BaseEstimator):
    """A linear support vector classifier on Nyström's approximation of the radial kernel (Williams and Seeger, 2001).

    ``components`` training rows are drawn, and every row stands by its kernel values with them: ``(n, components)``
    float64 is what a fit holds. One machine per class against the rest, squared hinge loss, solved in the primal;
    probabilities are the softmax of their scores, as those of :class:`SoftmaxSVC`.
    ``gamma`` is a number, or ``"0.3/d"`` for 0.3 over the number of columns.
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
        """Draw the rows that stand for the others, and fit the linear machines."""
        X, asked = np.asarray(X), self.gamma
        gamma = float(asked.removesuffix("/d")) / X.shape[1] if isinstance(asked, str) else asked
        count = min(self.components, len(X))
        self.map_ = Nystroem(gamma=gamma, n_components=count, random_state=self.random_state)
        self.machine_ = LinearSVC(C=self.C, dual=False, tol=TOLERANCE, class_weight=self.class_weight)
        self.machine_.fit(self.map_.fit_transform(X), y)
        self.classes_ = self.machine_.classes_
        self.n_features_in_ = X.shape[1]
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the machines' scores, ``(n, classes)``, or ``(n,)`` of two classes."""
        check_is_fitted(self)
        return self.machine_.decision_function(self.map_.transform(X))


class Neighbours(KNeighborsClassifier):
    """Nearest neighbours whose ``predict`` is the most probable class, ties going to the first."""

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest probability per row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class FixedEpochsMLP(MLPClassifier):
    """A multi-layer perceptron that trains for ``max_iter`` epochs and does not call that a failure.

    scikit-learn's own early stopping would hold out random clips, so that the validation set knows
    the training speakers; a fixed number of epochs needs none.
    """

    def fit(self, X: Any, y: Any) -> FixedEpochsMLP:
        """Fit without the warnings that the last epoch was reached or that a batch holds every clip."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", message="Got `batch_size` less than 1 or larger")
            super().fit(X, y)
        return self


class _Wrapped(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """A classifier around another, ``estimator_`` once fitted, whose probabilities are its own."""

    classes_: np.ndarray
    estimator_: Any

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the estimator's probabilities, ``(n, classes)``."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    def predict(self, X: Any) -> np.ndarray:
        """Return the class with the highest probability per row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class LabelEncoded(_Wrapped):
    """Gives a classifier that only knows the classes 0, 1, 2, … labels of any kind.

    ``balance`` weights each clip by the inverse frequency of its class.
    """

    def __init__(self, estimator: Any, balance: bool = False) -> None:
        self.estimator = estimator
        self.balance = balance

    def fit(self, X: Any, y: Any) -> LabelEncoded:
        """Fit a clone of the estimator on the labels' positions in ``classes_``."""
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        weights = compute_sample_weight("balanced", codes) if self.balance else None
        self.estimator_ = clone(self.estimator).fit(X, codes, sample_weight=weights)
        return self


class BalancedLDA(LinearDiscriminantAnalysis):
    """Linear discriminant analysis whose classes all have the same prior where ``balance``."""

    def __init__(self, solver: str = "lsqr", shrinkage: float | str | None = None, balance: bool = False) -> None:
        super().__init__(solver=solver, shrinkage=shrinkage)
        self.balance = balance

    def fit(self, X: Any, y: Any) -> BalancedLDA:
        """Fit with the priors asked for."""
        count = len(np.unique(np.asarray(y)))
        self.priors = np.full(count, 1 / count) if self.balance else None
        return super().fit(X, y)


class Oversampled(_Wrapped):
    """Fits on training clips of which those of rarer classes are repeated, until every class is as frequent."""

    def __init__(self, estimator: Any, random_state: int = 0) -> None:
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Oversampled:
        """Draw and fit."""
        X, y = np.asarray(X), np.asarray(y)
        self.classes_, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        drawn = np.random.RandomState(self.random_state)
        more = [drawn.choice(np.flatnonzero(codes == code), counts.max() - count) for code, count in enumerate(counts)]
        rows = np.sort(np.concatenate([np.arange(len(y)), *more]))
        self.estimator_ = clone(self.estimator).fit(X[rows], y[rows])
        return self
