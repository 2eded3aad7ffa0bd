"""Resampling to a common rate, for corpora with different rates."""

from __future__ import annotations

import numpy as np


def resample(y: np.ndarray, sr: float, rate: int | None) -> np.ndarray:
    """Resample a clip with the SoX resampler at high quality: flat up to 0.9 of the lower Nyquist frequency.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Mono samples.
    sr : float
        Their sampling rate in Hz.
    rate : int or None
        The new rate in Hz; None keeps the clip's own.

    Returns
    -------
    ndarray of shape (n_resampled,), dtype float32
        The resampled clip; ``y`` itself if the rate does not change.
    """
    if rate is None or rate == sr:
        return y
    import soxr

    resampled: np.ndarray = soxr.resample(np.ascontiguousarray(y, dtype=np.float32), sr, rate, quality="HQ")
    return resampled
