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
    return _accuracies(*_curve(confidence, right), coverage)


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
    return _area_under_risk(*_curve(confidence, right))


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
    return _auroc(*_curve(confidence, right))


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


def selective_scores(
    confidence: npt.ArrayLike,
    right: npt.ArrayLike,
    speaker_codes: npt.ArrayLike,
    speakers: int,
    coverage: npt.ArrayLike,
) -> np.ndarray:
    """Return accuracies by coverage, AURC and AUROC of all clips, and with each speaker left out.

    Parameters
    ----------
    confidence, right : array_like, shape (clips,)
        As for :func:`accuracy_by_coverage`.
    speaker_codes : array_like of int, shape (clips,)
        From 0 to ``speakers - 1``.
    speakers : int
        Number of speakers.
    coverage : array_like of float, shape (shares,)
        Shares of the clips.

    Returns
    -------
    ndarray of float64, shape (1 + speakers, shares + 2)
        The first row is of all clips. NaN where no clip is left.
    """
    codes, (levels, correct) = np.asarray(speaker_codes, dtype=np.int64), _levels(confidence, right)
    size = int(levels.max()) + 1
    counts, hits = _cumulated(levels, correct, size)
    rows = np.full((1 + speakers, np.size(coverage) + 2), np.nan)
    for row in range(1 + speakers):
        own = codes == row - 1
        own_counts, own_hits = _cumulated(levels[own], correct[own], size)
        left = counts - own_counts, hits - own_hits
        if left[0][-1]:
            rows[row] = [*_accuracies(left[0], left[1], coverage), _area_under_risk(*left), _auroc(*left)]
    return rows


def _accuracies(counts: np.ndarray, hits: np.ndarray, coverage: npt.ArrayLike) -> np.ndarray:
    numbers = np.maximum(np.asarray(coverage, dtype=np.float64) * counts[-1], 1)
    accuracies: np.ndarray = np.interp(numbers, counts, hits) / numbers
    return accuracies


def _area_under_risk(counts: np.ndarray, hits: np.ndarray) -> float:
    numbers = np.arange(1, int(counts[-1]) + 1)
    return float(1 - (np.interp(numbers, counts, hits) / numbers).mean())


def _auroc(counts: np.ndarray, hits: np.ndarray) -> float:
    wrong = counts - hits
    if not hits[-1] or not wrong[-1]:
        return float("nan")
    # going down in confidence, each wrong clip loses to the right clips above it, and to half of the tied ones
    return float((np.diff(wrong) * (hits[1:] + hits[:-1]) / 2).sum() / (hits[-1] * wrong[-1]))


def _curve(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    levels, correct = _levels(confidence, right)
    return _cumulated(levels, correct, int(levels.max()) + 1)


def _levels(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the rank of each clip's confidence, 1 for the highest, equal ones the same, and whether it is right."""
    confidences, correct = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    check_lengths(confidences, correct)
    if confidences.size == 0:
        raise ValueError("there is no clip to score")
    return np.unique(-confidences, return_inverse=True)[1] + 1, correct


def _cumulated(levels: np.ndarray, correct: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of clips and of right ones down to each level, after a zero."""
    counts, hits = (np.cumsum(np.bincount(levels, weights, size)) for weights in (np.ones_like(correct), correct))
    return counts, hits
