"""Selective prediction: accuracy when the least confident predictions are left out; and prediction sets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_bench.statistics.arrays import check_lengths

_ROUNDING = 1e-6
"""Probabilities are saved in single precision; one that equals the limit of a set belongs to it."""


def accuracy_by_coverage(confidence: npt.ArrayLike, right: npt.ArrayLike, coverage: npt.ArrayLike) -> np.ndarray:
    """Return the accuracy among the most confident clips.

    Parameters
    ----------
    confidence : array_like of float, shape (clips,)
        Probability of the predicted class.
    right : array_like of bool, shape (clips,)
        Whether the prediction is correct.
    coverage : array_like of float
        Shares of the clips, above 0 and at most 1; at least one clip counts.

    Returns
    -------
    ndarray of float64
        In the shape of ``coverage``. Among clips of equal confidence the mean over all orders counts.
    """
    counts, hits = _cumulated(confidence, right)
    numbers = np.maximum(np.asarray(coverage, dtype=np.float64) * counts[-1], 1)
    accuracies: np.ndarray = np.interp(numbers, counts, hits) / numbers
    return accuracies


def area_under_risk(confidence: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Return the area under the curve of risk over coverage (AURC): the mean share of errors over all coverages.

    Parameters
    ----------
    confidence, right : array_like, shape (clips,)
        As for :func:`accuracy_by_coverage`.

    Returns
    -------
    float
        From 0 to 1; lower is better.

    References
    ----------
    Geifman, Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR 2019.
    """
    clips = np.asarray(confidence).size
    shares = np.arange(1, clips + 1) / clips
    return float(1 - accuracy_by_coverage(confidence, right, shares).mean())


def confidence_auroc(confidence: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Return how often a right prediction is more confident than a wrong one (area under the ROC curve).

    Parameters
    ----------
    confidence, right : array_like, shape (clips,)
        As for :func:`accuracy_by_coverage`.

    Returns
    -------
    float
        Ties count half; 0.5 is confidence that says nothing. NaN without a right or without a wrong prediction.
    """
    counts, hits = _cumulated(confidence, right)
    wrong = counts - hits
    if not hits[-1] or not wrong[-1]:
        return float("nan")
    # going down in confidence, each wrong clip has the right clips above it as winners, and half of the tied ones
    return float((np.diff(wrong) * (hits[1:] + hits[:-1]) / 2).sum() / (hits[-1] * wrong[-1]))


def prediction_sets(probabilities: npt.ArrayLike, threshold: npt.ArrayLike) -> np.ndarray:
    """Return the labels of each clip's prediction set.

    Parameters
    ----------
    probabilities : array_like of float, shape (clips, classes)
    threshold : array_like of float, shape (clips,) or ()
        A label belongs to the set if its probability is at least 1 minus this; the most probable one always does.

    Returns
    -------
    ndarray of bool, shape (clips, classes)
    """
    p = np.asarray(probabilities, dtype=np.float64)
    limits = 1 - np.asarray(threshold, dtype=np.float64)[..., np.newaxis]
    members: np.ndarray = p >= limits - _ROUNDING
    members[np.arange(len(p)), p.argmax(axis=1)] = True
    return members


def binomial_p(share: float, clips: int, aim: float) -> float:
    """Return the probability of a share that is not higher, if each clip succeeds with the probability aimed at.

    Parameters
    ----------
    share : float
        Successes over clips; the number of successes is rounded up.
    clips : int
        Number of clips.
    aim : float
        Probability of a success.

    Returns
    -------
    float
        The p value of the exact one-sided binomial test.
    """
    from scipy import special

    return float(special.bdtr(np.ceil(share * clips - 1e-9), clips, aim))


def _cumulated(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of clips and of right ones down to each confidence, the highest first, after a zero."""
    confidences, correct = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    check_lengths(confidences, correct)
    if confidences.size == 0:
        raise ValueError("there is no clip to score")
    _, codes = np.unique(-confidences, return_inverse=True)
    numbers = [np.bincount(codes, weights=weights) for weights in (np.ones_like(correct), correct)]
    counts, hits = (np.concatenate([[0.0], np.cumsum(part)]) for part in numbers)
    return counts, hits
