"""The mean of the calibrated probabilities of several classifiers; imported only when an ensemble is built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted


class ProbabilityMean(ClassifierMixin, BaseEstimator):
    """Calibrated classifiers that are fitted on the same clips, and the mean of their probabilities.

    Each member holds out the same parts of the training clips, so that the held-out probabilities of the mean need no
    further fit.

    Parameters
    ----------
    estimators : sequence of Calibrated
        The members.

    Attributes
    ----------
    classes_ : ndarray of shape (classes,)
        The labels.
    estimators_ : list of estimator
        The fitted members.
    held_out_ : ndarray of bool, shape (n,)
        The clips for which every member has probabilities of a copy that was not trained on them.
    held_out_proba_ : ndarray of float64, shape (held-out clips, classes)
        The mean of their probabilities.
    refitted_ : bool
        True: the members were trained on all clips in the end.
    """

    def __init__(self, estimators: Sequence[Any]) -> None:
        self.estimators = estimators

    def fit(self, X: Any, y: Any, groups: Any = None, speakers: Any = None, originals: Any = None) -> ProbabilityMean:
        """Fit clones of the members.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.
        y : array_like of shape (n,)
            Labels.
        groups, speakers, originals : array_like of shape (n,), optional
            As in :class:`ser_bench.models.calibration.Calibrated`.

        Returns
        -------
        self
        """
        self.estimators_ = [clone(member).fit(X, y, groups, speakers, originals) for member in self.estimators]
        self.classes_ = self.estimators_[0].classes_
        self._average_held_out(len(np.asarray(y)))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the mean of the probabilities of the members.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Features.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        check_is_fitted(self)
        p: np.ndarray = np.mean([member.predict_proba(X) for member in self.estimators_], axis=0)
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

    def _average_held_out(self, count: int) -> None:
        """State the clips that all members held out, and the mean of their probabilities."""
        p, known = np.zeros((count, len(self.classes_))), np.zeros(count, dtype=int)
        for member in self.estimators_:
            p[member.out_of_fold_] += member.out_of_fold_proba_
            known[member.out_of_fold_] += 1
        self.refitted_ = True
        self.held_out_ = known == len(self.estimators_)
        self.held_out_proba_ = p[self.held_out_] / len(self.estimators_)
