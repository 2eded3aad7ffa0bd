"""Bringing clips to one sampling rate, so that several corpora sound alike."""

from __future__ import annotations

import numpy as np


def resample(y: np.ndarray, sr: float, rate: int | None) -> np.ndarray:
    """Return float32 mono ``y`` of ``sr`` Hz at ``rate`` Hz; as it is where ``rate`` is None or its own.

    Band-limited by the SoX resampler at its high quality: flat to 0.9 of the lower Nyquist frequency.
    A clip of a lower rate gets no sound above its own Nyquist frequency by this.
    """
    if rate is None or rate == sr:
        return y
    import soxr

    return soxr.resample(np.ascontiguousarray(y, dtype=np.float32), sr, rate, quality="HQ")
