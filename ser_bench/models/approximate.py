"""A support vector machine with an approximated kernel: its time grows with the clips, not with their square."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.kernel_approximation import Nystroem
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from ser_bench.models.estimators import SoftmaxScores

TOLERANCE = 0.01
"""Where the solver stops: liblinear's own default for the primal. scikit-learn's is a hundred times as strict."""


class NystroemSVC(SoftmaxScores, ClassifierMixin, BaseEstimator):
    """A linear support vector classifier on Nyström's approximation of the radial kernel (Williams and Seeger, 2001).

    ``components`` training rows are drawn, and every row stands by its kernel values with them: ``(n, components)``
    float64 is what a fit holds. One machine per class against the rest, squared hinge loss, solved in the primal;
    probabilities are the softmax of their scores, as those of :class:`~ser_bench.models.estimators.SoftmaxSVC`.
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
