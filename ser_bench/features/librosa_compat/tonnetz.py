"""Tonal centroid (C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", 2006)."""

from __future__ import annotations

import numpy as np

from ser_bench.features.librosa_compat import constantq, pitch_tuning, spectrum


def _axes() -> np.ndarray:
    """Return the position of each pitch class on the circles of fifths, minor and major thirds, shape ``(6, 12)``."""
    steps = np.arange(12)
    circles = ((7 / 6, 1.0), (3 / 2, 1.0), (2 / 3, 0.5))
    rows = [r * wave(np.pi * turn * steps) for turn, r in circles for wave in (np.sin, np.cos)]
    return np.stack(rows)


def tonnetz_mean(harmonic: np.ndarray, sr: float) -> np.ndarray:
    """Return the time average of ``librosa.feature.tonnetz``.

    Parameters
    ----------
    harmonic : ndarray of float32, shape (n,)
        The clip's harmonic part.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of float32, shape (6,)
        The mean of each dimension.
    """
    magnitude = np.abs(spectrum.stft(harmonic))
    chroma = constantq.pitch_classes(harmonic, sr, pitch_tuning.estimate(magnitude, sr, constantq.BINS))
    total = chroma.sum(axis=1, keepdims=True)
    total[total < np.finfo(np.float32).tiny] = 1
    return np.asarray(((chroma / total) @ _axes().T).mean(axis=0), dtype=np.float32)
