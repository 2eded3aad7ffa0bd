"""Confidence intervals of scores and of their differences over speakers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ser_bench.statistics.arrays import ratio

MIN_SPEAKERS = 6
"""Test speakers below which there is no interval, but the score of each speaker: so few do not show how they vary."""


class Estimate(NamedTuple):
    """A number with the ends of its interval, which are NaN where there is none."""

    value: float
    low: float
    high: float


class Interval(Protocol):
    """A function that returns the ends of intervals over speakers, such as :func:`score_interval`."""

    def __call__(
        self, draws: npt.ArrayLike, estimate: npt.ArrayLike, speakers: int, confidence: float = 0.95
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the low and the high end."""


def score_interval(
    draws: npt.ArrayLike,
    estimate: npt.ArrayLike,
    speakers: int,
    confidence: float = 0.95,
    *,
    min_speakers: int = MIN_SPEAKERS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return t intervals over speakers of scores in [0, 1], computed on the logit scale.

    The standard error is the standard deviation of the draws, enlarged by ``sqrt(speakers / (speakers - 1))``, because
    a draw of speakers varies too little. The logit scale keeps the ends within [0, 1], and high scores, whose
    distribution is skewed, covered. Scores with draws outside [0, 1] stay on their own scale.

    A score of 1 holds for every speaker, so no draw differs. Its interval is the exact one of the share of speakers
    with that score (Clopper and Pearson, 1934): the mean cannot be below that share. Likewise for 0.

    Parameters
    ----------
    draws : array_like of float, shape (..., draws)
        Scores per draw, from :func:`bootstrap_scores`; NaN values are ignored.
    estimate : array_like of float, shape (...)
        Scores of all speakers.
    speakers : int
        Number of speakers that are drawn.
    confidence : float
        Between 0 and 1.
    min_speakers : int
        Fewer speakers have no interval.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN without an estimate, and for fewer than ``min_speakers`` speakers.

    Raises
    ------
    ValueError
        For fewer than two draws, or an invalid ``confidence``.
    """
    values, center = np.asarray(draws, dtype=np.float64), np.asarray(estimate, dtype=np.float64)
    margin = _t_margin(values, speakers, confidence, min_speakers)
    return _score_ends(values, center, margin, speakers, confidence)


def jackknife_interval(
    without: npt.ArrayLike, estimate: npt.ArrayLike, confidence: float = 0.95, *, min_speakers: int = MIN_SPEAKERS
) -> tuple[np.ndarray, np.ndarray]:
    """Return t intervals over speakers of scores in [0, 1], with the jackknife's standard error.

    For scores that take too long to compute for every draw of speakers. The scale is that of :func:`score_interval`.

    Parameters
    ----------
    without : array_like of float, shape (..., speakers)
        Scores with each speaker left out in turn; NaN values are ignored.
    estimate : array_like of float, shape (...)
        Scores of all speakers.
    confidence : float
        Between 0 and 1.
    min_speakers : int
        Fewer speakers have no interval.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN without an estimate, and for fewer than ``min_speakers`` speakers.

    Raises
    ------
    ValueError
        For fewer than two speakers, or an invalid ``confidence``.
    """
    values, center = np.asarray(without, dtype=np.float64), np.asarray(estimate, dtype=np.float64)
    speakers = values.shape[-1]
    # the deviation of draws is enlarged by sqrt(n / (n - 1)), that of the jackknife by (n - 1) / sqrt(n)
    margin = _t_margin(values, speakers, confidence, min_speakers) * (speakers - 1) ** 1.5 / speakers
    return _score_ends(values, center, margin, speakers, confidence)


def _score_ends(
    values: np.ndarray, center: np.ndarray, margin: np.ndarray, speakers: int, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of intervals of scores on the logit scale; see :func:`score_interval`."""
    fractions = np.all(np.isnan(values) | ((values >= 0) & (values <= 1)), axis=-1)
    logit = fractions & (center > 0) & (center < 1)
    inner = np.where(logit, center, 0.5)
    log_odds, log_margin = np.log(inner / (1 - inner)), margin / (inner * (1 - inner))
    ends = []
    for sign in (-1, 1):
        end = np.where(fractions, np.clip(center + sign * margin, 0, 1), center + sign * margin)
        ends.append(np.where(logit, 0.5 * (1 + np.tanh((log_odds + sign * log_margin) / 2)), end))
    share = ((1 - confidence) / 2) ** (1 / max(speakers, 1))
    low = np.where(fractions & (center == 1), np.minimum(ends[0], share), ends[0])
    high = np.where(fractions & (center == 0), np.maximum(ends[1], 1 - share), ends[1])
    return low, high


def difference_interval(
    draws: npt.ArrayLike,
    estimate: npt.ArrayLike,
    speakers: int,
    confidence: float = 0.95,
    *,
    min_speakers: int = MIN_SPEAKERS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return t intervals over speakers of differences between scores.

    The standard error is that of :func:`score_interval`.

    Parameters
    ----------
    draws : array_like of float, shape (..., draws)
        Differences per draw, those of one speaker list from the same draws; NaN values are ignored.
    estimate : array_like of float, shape (...)
        Differences over all speakers.
    speakers : int
        Number of speakers that are drawn; of two lists, that of the shorter one.
    confidence : float
        Between 0 and 1.
    min_speakers : int
        Fewer speakers have no interval.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN without an estimate, and for fewer than ``min_speakers`` speakers.

    Raises
    ------
    ValueError
        For fewer than two draws, or an invalid ``confidence``.
    """
    center = np.asarray(estimate, dtype=np.float64)
    margin = _t_margin(np.asarray(draws, dtype=np.float64), speakers, confidence, min_speakers)
    return np.clip(center - margin, -1, 1), np.clip(center + margin, -1, 1)


def positive_interval(
    draws: npt.ArrayLike,
    estimate: npt.ArrayLike,
    speakers: int,
    confidence: float = 0.95,
    *,
    min_speakers: int = MIN_SPEAKERS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return t intervals over speakers of positive numbers without an upper limit, such as losses.

    The standard error is that of :func:`score_interval`; the logarithmic scale keeps the ends above 0.

    Parameters
    ----------
    draws : array_like of float, shape (..., draws)
        Numbers per draw; NaN values are ignored.
    estimate : array_like of float, shape (...)
        Numbers over all speakers.
    speakers : int
        Number of speakers that are drawn.
    confidence : float
        Between 0 and 1.
    min_speakers : int
        Fewer speakers have no interval.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN without an estimate, and for fewer than ``min_speakers`` speakers. An estimate of 0 has no width.

    Raises
    ------
    ValueError
        For fewer than two draws, or an invalid ``confidence``.
    """
    center = np.asarray(estimate, dtype=np.float64)
    margin = _t_margin(np.asarray(draws, dtype=np.float64), speakers, confidence, min_speakers)
    factor = np.exp(ratio(margin, center))
    factor = np.where(center == 0, np.where(np.isnan(margin), np.nan, 1), factor)
    return center / factor, center * factor


def _t_margin(draws: np.ndarray, speakers: int, confidence: float, min_speakers: int) -> np.ndarray:
    """Return half the width of a t interval, from scores per draw of speakers."""
    from scipy import special

    if draws.ndim == 0 or draws.shape[-1] < 2:
        raise ValueError(f"an interval needs two or more draws, got draws of shape {draws.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    if speakers < max(min_speakers, 2):
        return np.full(draws.shape[:-1], np.nan)
    counts = np.sum(~np.isnan(draws), axis=-1)
    center = ratio(np.nansum(draws, axis=-1), counts)
    squares = np.nansum((draws - center[..., np.newaxis]) ** 2, axis=-1)
    deviation = np.sqrt(ratio(squares, counts - 1.0))
    quantile = special.stdtrit(speakers - 1, (1 + confidence) / 2)
    margin: np.ndarray = quantile * np.sqrt(speakers / (speakers - 1)) * deviation
    return margin
