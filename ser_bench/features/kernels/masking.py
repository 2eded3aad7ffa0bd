"""Soft mask of the harmonic part of a spectrum."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compile import kernel


@kernel
def keep_harmonic(
    spectrum: np.ndarray, magnitude: np.ndarray, harmonic: np.ndarray, percussive: np.ndarray, out: np.ndarray
) -> None:
    """Write ``spectrum`` times harmonic² / (harmonic² + percussive²) into ``out``.

    The order of operations is that of ``librosa.decompose.hpss``, so that every bit is the same.

    Parameters
    ----------
    spectrum : ndarray of float32, shape (t, d, 2)
        Real and imaginary parts of the spectrum.
    magnitude : ndarray of float32, shape (t, d)
        Its magnitude.
    harmonic, percussive : ndarray of float32, shape (t, d)
        Medians of the magnitude over time and over frequency.
    out : ndarray of float32, shape (t, d, 2)
        The result.
    """
    unit, half, tiny = np.float32(1), np.float32(0.5), np.float32(1.1754944e-38)
    masked = np.empty(spectrum.shape[1], np.float32)
    for t in range(spectrum.shape[0]):
        for k in range(spectrum.shape[1]):
            h, p = harmonic[t, k], percussive[t, k]
            larger = h if h > p else p
            divisor = larger if larger >= tiny else unit
            h, p = h / divisor, p / divisor
            h, p = h * h, p * p
            total = h + p if larger >= tiny else unit
            mask = h / total if larger >= tiny else half
            masked[k] = magnitude[t, k] * mask
        for k in range(spectrum.shape[1]):
            divisor = magnitude[t, k] if magnitude[t, k] > 0 else unit
            out[t, k, 0] = masked[k] * (spectrum[t, k, 0] / divisor)
            out[t, k, 1] = masked[k] * (spectrum[t, k, 1] / divisor)
