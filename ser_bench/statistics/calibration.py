"""Confidence of predictions against their accuracy: reliability diagrams and the expected calibration error.

Confidence is the probability of the predicted label. Bins hold equally many clips (adaptive bins), and clips of equal
confidence share a bin, so that the order of clips decides nothing.

The error of bins is a mean of distances, so chance makes it larger than 0 for any model. :attr:`Reliability.perfect`
is the error that chance alone gives a calibrated model. The lower end of an interval has no such bias: it subtracts
what chance adds in the bins whose difference is not significant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_bench.statistics.arrays import check_lengths, ratio
from ser_bench.statistics.intervals import Estimate, difference_interval
from ser_bench.statistics.tallies import speaker_draws

BINS = 10
"""Bins of confidence. On 1,440 clips, 15 bins give a perfectly calibrated model an error of 3.2 points, 10 give 2.7."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """A reliability diagram.

    Parameters
    ----------
    confidence, accuracy : ndarray of float64, shape (bins,)
        Means over the clips of a bin, NaN for an empty bin.
    count : ndarray of int64, shape (bins,)
        Number of clips.
    ece : float
        Expected calibration error: mean distance between confidence and accuracy, weighted by clips.
    perfect : float
        The mean of ``ece`` if each clip were right with the probability that is its confidence.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    ece: float
    perfect: float


def reliability(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS) -> Reliability:
    """Compare the confidence of predictions with their accuracy.

    Parameters
    ----------
    confidence : array_like of float, shape (clips,)
        Probability of the predicted class.
    right : array_like of bool, shape (clips,)
        Whether the prediction is correct.
    bins : int
        Number of bins of equally many clips.

    Returns
    -------
    Reliability

    Raises
    ------
    ValueError
        For unequal lengths, no clip, or a confidence outside [0, 1].

    References
    ----------
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    Nixon et al., Measuring Calibration in Deep Learning, CVPR workshops 2019 (adaptive bins).
    """
    confidences, correct = _checked(confidence, right)
    bin_of = _equal_mass_bins(confidences, bins)

    def total(weights: np.ndarray) -> np.ndarray:
        return np.bincount(bin_of, weights=weights, minlength=bins)

    count, variances = np.bincount(bin_of, minlength=bins), total(confidences * (1 - confidences))
    return Reliability(
        confidence=ratio(total(confidences), count),
        accuracy=ratio(total(correct), count),
        count=count,
        ece=float(np.abs(total(correct - confidences)).sum() / confidences.size),
        perfect=float(np.sqrt(2 / np.pi * np.maximum(variances, 0)).sum() / confidences.size),
    )


def calibration_error(
    confidence: npt.ArrayLike, right: npt.ArrayLike, speakers: npt.ArrayLike, bins: int = BINS
) -> Estimate:
    """Return the expected calibration error with its interval over speakers.

    Parameters
    ----------
    confidence, right : array_like, shape (clips,)
        As for :func:`reliability`.
    speakers : array_like, shape (clips,)
        The speaker of each clip.
    bins : int
        Number of bins of equally many clips.

    Returns
    -------
    Estimate
        See :func:`pooled_calibration_error`.

    Raises
    ------
    ValueError
        As for :func:`reliability`.
    """
    names, codes = np.unique(np.asarray(speakers), return_inverse=True)
    excess = excess_by_speaker(confidence, right, codes, len(names), bins)
    return pooled_calibration_error([excess], speaker_draws(len(names)))


@dataclass(frozen=True, eq=False)
class Excess:
    """Right predictions minus the sum of confidences, per speaker and bin.

    Parameters
    ----------
    excess : ndarray of float64, shape (speakers, bins)
    clips : ndarray of int64, shape (speakers,)
    """

    excess: np.ndarray
    clips: np.ndarray


def excess_by_speaker(
    confidence: npt.ArrayLike, right: npt.ArrayLike, speaker_codes: npt.ArrayLike, speakers: int, bins: int = BINS
) -> Excess:
    """Sum right predictions minus confidence by speaker and bin.

    Parameters
    ----------
    confidence, right : array_like, shape (clips,)
        As for :func:`reliability`.
    speaker_codes : array_like of int, shape (clips,)
        From 0 to ``speakers - 1``.
    speakers : int
        Number of speakers.
    bins : int
        Number of bins of equally many clips.

    Returns
    -------
    Excess

    Raises
    ------
    ValueError
        As for :func:`reliability`.
    """
    confidences, correct = _checked(confidence, right)
    codes = np.asarray(speaker_codes, dtype=np.int64)
    check_lengths(confidences, codes)
    cells = codes * bins + _equal_mass_bins(confidences, bins)
    excess = np.bincount(cells, weights=correct - confidences, minlength=speakers * bins)
    return Excess(excess.reshape(speakers, bins), np.bincount(codes, minlength=speakers))


def pooled_calibration_error(repeats: Sequence[Excess], draws: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Return the expected calibration error, averaged over repeats, with its interval over speakers.

    The interval is asymmetric. Half its width is that of a t interval with the bootstrap's standard error. Below, it is
    longer by what chance adds: the mean distance from 0 of a normal deviate, in standard errors over speakers, for each
    bin whose difference is within two of them.

    Parameters
    ----------
    repeats : sequence of Excess
        At least one, of the same speakers.
    draws : ndarray of int64, shape (draws, speakers)
        How often each speaker is drawn, from :func:`~ser_bench.statistics.speaker_draws`.
    confidence : float
        Of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        The interval reaches down to 0 where the speakers do not show any error. Its ends are NaN for fewer than
        ``MIN_SPEAKERS`` speakers.

    References
    ----------
    Roelofs et al., Mitigating Bias in Calibration Error Estimation, AISTATS 2022 (the bias of bins).
    """
    weights, speakers = np.asarray(draws, dtype=np.float64), len(repeats[0].clips)
    value = float(np.mean([np.abs(part.excess.sum(axis=0)).sum() / part.clips.sum() for part in repeats]))
    drawn = [ratio(np.abs(weights @ part.excess).sum(axis=1), weights @ part.clips) for part in repeats]
    low, high = difference_interval(np.mean(drawn, axis=0), value, speakers, confidence)
    chance = np.mean([_chance(part) for part in repeats]) if speakers > 1 else 0.0
    return Estimate(value, float(np.maximum(low - chance, 0)), float(high))


def _chance(part: Excess) -> float:
    """Return what chance adds to the error in the bins whose difference is within two standard errors."""
    errors = np.sqrt(len(part.clips)) * part.excess.std(axis=0, ddof=1)
    within = np.abs(part.excess.sum(axis=0)) <= 2 * errors
    return float(np.sqrt(2 / np.pi) * errors[within].sum() / part.clips.sum())


def _checked(confidence: npt.ArrayLike, right: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    confidences, correct = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    check_lengths(confidences, correct)
    if confidences.size == 0:
        raise ValueError("there is no clip to score")
    if not np.all((confidences >= 0) & (confidences <= 1 + 1e-6)):  # a softmax in float32 may round above 1
        raise ValueError("confidence must be between 0 and 1")
    return confidences, correct


def _equal_mass_bins(confidences: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each clip: by its rank, equal confidences at their mean rank."""
    _, codes, counts = np.unique(confidences, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2  # of the ranks from 0 to the number of clips
    return np.minimum((middle * bins / confidences.size).astype(np.int64), bins - 1)[codes]
