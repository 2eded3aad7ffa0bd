"""Proper scores of probabilities per clip, and their means with intervals over speakers.

A proper score is lowest in expectation for the true probabilities; it measures calibration and discrimination together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_bench.statistics.arrays import check_lengths, ratio
from ser_bench.statistics.intervals import Estimate, positive_interval, score_interval
from ser_bench.statistics.tallies import speaker_draws

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)
"""A smaller probability of the true label counts as this one in the log loss, as in scikit-learn."""


def log_losses(probabilities: npt.ArrayLike, true_codes: npt.ArrayLike) -> np.ndarray:
    """Return −log of the true class's probability per clip; the mean is the log loss (cross-entropy).

    Parameters
    ----------
    probabilities : array_like of float, shape (clips, classes)
    true_codes : array_like of int, shape (clips,)
        The true classes.

    Returns
    -------
    ndarray of float64, shape (clips,)
        In nats, 0 or more.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    chosen = p[np.arange(len(p)), np.asarray(true_codes, dtype=np.int64)]
    losses: np.ndarray = -np.log(np.clip(chosen, LEAST_PROBABILITY, 1))
    return losses


def brier_scores(probabilities: npt.ArrayLike, true_codes: npt.ArrayLike) -> np.ndarray:
    """Return the squared distance between probabilities and truth per clip, summed over classes (Brier, 1950).

    Parameters
    ----------
    probabilities : array_like of float, shape (clips, classes)
    true_codes : array_like of int, shape (clips,)
        The true classes.

    Returns
    -------
    ndarray of float64, shape (clips,)
        From 0 to 2.
    """
    p = np.array(probabilities, dtype=np.float64)
    p[np.arange(len(p)), np.asarray(true_codes, dtype=np.int64)] -= 1
    scores: np.ndarray = (p**2).sum(axis=1)
    return scores


@dataclass(frozen=True, eq=False)
class SpeakerSums:
    """Sums over the clips of each speaker; leading axes may be repeats.

    Parameters
    ----------
    sums : ndarray of float64, shape (..., speakers, measures)
    clips : ndarray of float64, shape (..., speakers, measures)
        Numbers of clips with a value.
    """

    sums: np.ndarray
    clips: np.ndarray


def sum_by_speaker(values: npt.ArrayLike, speaker_codes: npt.ArrayLike, speakers: int) -> SpeakerSums:
    """Sum numbers of clips by speaker.

    Parameters
    ----------
    values : array_like of float, shape (clips, measures)
        NaN values are ignored.
    speaker_codes : array_like of int, shape (clips,)
        From 0 to ``speakers - 1``.
    speakers : int
        Number of speakers.

    Returns
    -------
    SpeakerSums
    """
    table, codes = np.asarray(values, dtype=np.float64), np.asarray(speaker_codes, dtype=np.int64)
    check_lengths(table[:, 0], codes)
    known = ~np.isnan(table)

    def add(columns: np.ndarray) -> np.ndarray:
        return np.stack([np.bincount(codes, weights=column, minlength=speakers) for column in columns.T], axis=1)

    return SpeakerSums(add(np.where(known, table, 0)), add(known))


def means(sums: SpeakerSums) -> np.ndarray:
    """Return means over all clips.

    Parameters
    ----------
    sums : SpeakerSums

    Returns
    -------
    ndarray of float64, shape (..., measures)
        NaN without a value.
    """
    return ratio(sums.sums.sum(axis=-2), sums.clips.sum(axis=-2))


def means_by_speaker(sums: SpeakerSums) -> np.ndarray:
    """Return means over the clips of each speaker.

    Parameters
    ----------
    sums : SpeakerSums

    Returns
    -------
    ndarray of float64, shape (..., speakers, measures)
        NaN without a value.
    """
    return ratio(sums.sums, sums.clips)


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Return means along the first axis that ignore NaN.

    Parameters
    ----------
    values : ndarray of float64, shape (n, ...)

    Returns
    -------
    ndarray of float64, shape (...)
        NaN where every value is.
    """
    return ratio(np.nansum(values, axis=0), np.sum(~np.isnan(values), axis=0))


def bootstrap_means(sums: SpeakerSums, draws: np.ndarray) -> np.ndarray:
    """Return means over the clips of each draw of speakers.

    Parameters
    ----------
    sums : SpeakerSums
    draws : ndarray of int64, shape (draws, speakers)
        How often each speaker is drawn, from :func:`~ser_bench.statistics.speaker_draws`.

    Returns
    -------
    ndarray of float64, shape (..., measures, draws)
    """
    weights = np.asarray(draws, dtype=np.float64)
    return np.swapaxes(ratio(weights @ sums.sums, weights @ sums.clips), -1, -2)


def mean_over_speakers(values: npt.ArrayLike, speakers: npt.ArrayLike, *, positive: bool = False) -> Estimate:
    """Return the mean of a number per clip with its 95 % interval over speakers.

    Parameters
    ----------
    values : array_like of float, shape (clips,)
        Such as log losses, or whether a prediction set holds the true label.
    speakers : array_like, shape (clips,)
        The speaker of each clip.
    positive : bool
        Whether the numbers are 0 or more, without an upper limit, as losses are; else they are within [0, 1].

    Returns
    -------
    Estimate
        The ends are NaN for fewer than ``MIN_SPEAKERS`` speakers.
    """
    names, codes = np.unique(np.asarray(speakers), return_inverse=True)
    sums = sum_by_speaker(np.asarray(values, dtype=np.float64)[:, np.newaxis], codes, len(names))
    value, drawn = means(sums), bootstrap_means(sums, speaker_draws(len(names)))
    low, high = (positive_interval if positive else score_interval)(drawn, value, len(names))
    return Estimate(float(value[0]), float(low[0]), float(high[0]))
