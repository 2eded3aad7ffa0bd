"""Confidence of predictions against their accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_bench.statistics.arrays import check_lengths, ratio


@dataclass(frozen=True, eq=False)
class Calibration:
    """A reliability diagram.

    Parameters
    ----------
    confidence, accuracy : ndarray of float64, shape (bins,)
        Means over the clips of a bin, NaN for an empty bin.
    count : ndarray of int64, shape (bins,)
        Number of clips.
    ece : float
        Expected calibration error.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    ece: float


def calibration(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = 10) -> Calibration:
    """Compare the confidence of predictions with their accuracy.

    Parameters
    ----------
    confidence : array_like of float, shape (clips,)
        Probability of the predicted class.
    right : array_like of bool, shape (clips,)
        Whether the prediction is correct.
    bins : int
        Number of bins of equal width, each including its upper edge.

    Returns
    -------
    Calibration
        Its ``ece`` is the mean distance between confidence and accuracy, weighted by clips.

    Raises
    ------
    ValueError
        For unequal lengths, no clip, or a confidence outside [0, 1].

    References
    ----------
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    confidences, correct = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    check_lengths(confidences, correct)
    if confidences.size == 0:
        raise ValueError("there is no clip to score")
    if not np.all((confidences >= 0) & (confidences <= 1 + 1e-6)):  # a softmax in float32 may round above 1
        raise ValueError("confidence must be between 0 and 1")
    # division rounds once, so that 3 / 10 is 0.3; np.linspace rounds twice
    bin_of = np.searchsorted(np.arange(1, bins) / bins, confidences, side="left")
    count = np.bincount(bin_of, minlength=bins)
    mean_confidence = ratio(np.bincount(bin_of, weights=confidences, minlength=bins), count)
    accuracy = ratio(np.bincount(bin_of, weights=correct, minlength=bins), count)
    ece = float(np.nansum(count * np.abs(accuracy - mean_confidence)) / confidences.size)
    return Calibration(confidence=mean_confidence, accuracy=accuracy, count=count, ece=ece)
