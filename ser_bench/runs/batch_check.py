"""Check whether predictions depend on the order of the clips, or on the clips that are predicted together.

A model is inductive if it predicts each clip by itself. One that uses the other test clips is transductive: scaling by
the statistics of a batch is an example, and so is a decoder that smooths labels over neighbouring rows. The scores of
the two kinds are not comparable.
"""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TOLERANCE = 1e-4
"""Changes of a probability up to this are rounding: float32 networks change by 1e-6, the other models by 1e-12."""

_BATCHES = (1, 3, 1, 5, 1, 2, 1, 1)
"""Numbers of clips that are predicted together before all clips are; the first two also where a model is slow."""

_LEAST_BATCHES = 2
_TIME_SHARE = 0.03
"""Share of the fit time after which no further small batch is predicted."""

_TIED_SHARE = 0.01
"""Share of clips whose label may change between classes of equal probability."""


class Permuted:
    """A fitted estimator that gets the rows in another order; its answers are in the order of the rows.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier.
    permutation : ndarray of int, shape (n,)
        Positions of the rows in the order in which the estimator gets them.
    """

    def __init__(self, estimator: Any, permutation: np.ndarray) -> None:
        self.estimator, self.permutation = estimator, permutation
        self.classes_ = estimator.classes_

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probabilities of the estimator.

        Parameters
        ----------
        X : ndarray, shape (n, d) or (n, t, d)
            Features.

        Returns
        -------
        ndarray, shape (n, classes)
        """
        return self._restored(self.estimator.predict_proba(X[self.permutation]))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the labels that the estimator predicts.

        Parameters
        ----------
        X : ndarray, shape (n, d) or (n, t, d)
            Features.

        Returns
        -------
        ndarray, shape (n,)
        """
        return self._restored(self.estimator.predict(X[self.permutation]))

    def _restored(self, answers: Any) -> np.ndarray:
        answers = np.asarray(answers)
        restored: np.ndarray = np.empty_like(answers)
        restored[self.permutation] = answers
        return restored


@dataclass(frozen=True)
class Answers:
    """What a model predicts for some rows.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Row numbers.
    probabilities : ndarray of float, shape (n, n_labels)
        A probability per label.
    predicted : ndarray of str, shape (n,)
        The predicted labels; empty where only probabilities were predicted.
    """

    rows: np.ndarray
    probabilities: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True)
class BatchCheck:
    """The outcome of the check.

    Attributes
    ----------
    transductive : bool
        Whether predictions changed by more than rounding.
    difference : float
        Largest change of a probability; 1 where predictions of a batch failed or were not finite.
    """

    transductive: bool
    difference: float


def predict(
    estimator: Any, X: np.ndarray, rows: np.ndarray, labels: Sequence[str], *, with_labels: bool = True
) -> Answers:
    """Predict some rows together.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier.
    X : ndarray, shape (n, d) or (n, t, d)
        Features.
    rows : ndarray of int, shape (m,)
        Row numbers, in the order in which the estimator gets the rows.
    labels : sequence of str
        The labels of the columns of probabilities.
    with_labels : bool
        Whether the estimator predicts labels too.

    Returns
    -------
    Answers
    """
    from ser_bench import models

    part = X[rows]
    probabilities = models.aligned_proba(estimator, part, labels)
    predicted = np.asarray(estimator.predict(part) if with_labels else []).astype(str)
    return Answers(rows, probabilities, predicted)


def copied(estimator: Any) -> Any:
    """Return a copy of an estimator, so that predictions do not change the original; itself if it cannot be copied.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier.

    Returns
    -------
    estimator
    """
    try:
        return copy.deepcopy(estimator)
    except Exception:  # a plugin's model may hold anything
        return estimator


class BatchChecker:
    """Predicts test clips again in other batches and in another order, and compares.

    Call :meth:`predict_batches` before the model predicts all clips, and :meth:`compare` afterwards.

    Parameters
    ----------
    estimator : estimator
        A copy of the fitted classifier.
    X : ndarray, shape (n, d) or (n, t, d)
        Features of the test clips.
    labels : sequence of str
        The labels of the columns of probabilities.
    seed : int
        Seed of the choice of clips and of the order.
    """

    def __init__(self, estimator: Any, X: np.ndarray, labels: Sequence[str], seed: int) -> None:
        self.estimator, self.X, self.labels = estimator, X, labels
        self.generator = np.random.default_rng([seed, 1])
        self.answers: list[Answers] = []
        self.failed = False

    def predict_batches(self, fit_seconds: float) -> None:
        """Predict single clips and small batches, fewer where that takes a considerable share of the fit time.

        Parameters
        ----------
        fit_seconds : float
            Time of the fit.
        """
        start = time.perf_counter()
        for number, rows in enumerate(self._batches()):
            if number >= _LEAST_BATCHES and time.perf_counter() - start > _TIME_SHARE * fit_seconds:
                break
            self._predict(rows)

    def _batches(self) -> Iterator[np.ndarray]:
        rows = self.generator.permutation(len(self.X))
        for size in _BATCHES:
            if len(rows) == 0:
                return
            yield rows[:size]
            rows = rows[size:]

    def _predict(self, rows: np.ndarray, *, with_labels: bool = True) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.answers.append(predict(self.estimator, self.X, rows, self.labels, with_labels=with_labels))
        except Exception:  # a model that needs several clips may raise anything
            self.failed = True

    def compare(self, answers: Answers) -> BatchCheck:
        """Predict all clips in another order, and compare every answer with the scored ones.

        Parameters
        ----------
        answers : Answers
            The scored answers, for all rows in their order.

        Returns
        -------
        BatchCheck
        """
        most_probable = np.asarray(self.labels)[answers.probabilities.argmax(axis=1)]
        if self._changed(answers, np.arange(len(self.X)), most_probable):
            self._predict(self.generator.permutation(len(self.X)))
        else:  # the scored labels follow from the probabilities
            self._predict(self.generator.permutation(len(self.X)), with_labels=False)
        if self.failed or not all(np.isfinite(part.probabilities).all() for part in self.answers):
            return BatchCheck(transductive=True, difference=1.0)
        rows = np.concatenate([part.rows for part in self.answers])
        again = np.concatenate([part.probabilities for part in self.answers])
        difference = float(np.abs(again - answers.probabilities[rows]).max())
        labelled = [part for part in self.answers if len(part.predicted)]
        labels_again = np.concatenate([part.predicted for part in labelled])
        changed = self._changed(answers, np.concatenate([part.rows for part in labelled]), labels_again)
        return BatchCheck(difference > TOLERANCE or changed, min(1.0, difference))

    def _changed(self, answers: Answers, rows: np.ndarray, labels: np.ndarray) -> bool:
        """Return whether labels differ from the scored ones, except for a few of equal probability."""
        changed = labels != answers.predicted[rows]
        tied = self._tied(answers.probabilities[rows], answers.predicted[rows], labels)
        n_ties = np.count_nonzero(changed & tied)
        return bool((changed & ~tied).any() or n_ties > max(1, _TIED_SHARE * len(rows)))

    def _tied(self, probabilities: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return where the probabilities of two labels are equal but for rounding."""
        column = {label: number for number, label in enumerate(self.labels)}
        known = np.array([a in column and b in column for a, b in zip(first, second, strict=True)])
        columns = [[column.get(label, 0) for label in labels] for labels in (first, second)]
        chances = [np.take_along_axis(probabilities, np.array(c)[:, None], axis=1)[:, 0] for c in columns]
        return np.asarray(known & (np.abs(chances[0] - chances[1]) <= TOLERANCE))
