"""Harmonic part of a clip by median filtering (D. Fitzgerald, "Harmonic/percussive separation", DAFx 2010)."""

from __future__ import annotations

import numpy as np

from ser_bench.features.librosa_compat import spectrum


def harmonic_spectrum(stft: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """Return the harmonic part of a spectrum; the first result of ``librosa.decompose.hpss``, bit for bit.

    Medians run over 31 frames and over 31 bins; a soft mask divides the spectrum by their squares.

    Parameters
    ----------
    stft : ndarray of complex64, shape (t, d)
        The spectrum.
    magnitude : ndarray of float32, shape (t, d)
        Its magnitude.

    Returns
    -------
    ndarray of complex64, shape (t, d)
        The harmonic part.
    """
    from ser_bench.features.kernels.masking import keep_harmonic
    from ser_bench.features.kernels.median import running_median

    over_time = np.empty_like(magnitude)
    running_median(magnitude, over_time)
    over_frequency = np.empty_like(magnitude)
    running_median(magnitude.T, over_frequency.T)
    out = np.empty_like(stft)
    parts = (*stft.shape, 2)
    keep_harmonic(
        stft.view(np.float32).reshape(parts),
        magnitude,
        over_time,
        over_frequency,
        out.view(np.float32).reshape(parts),
    )
    return out


def harmonic(stft: np.ndarray, magnitude: np.ndarray, length: int) -> np.ndarray:
    """Return the harmonic part of a clip; ``librosa.effects.harmonic``, bit for bit.

    Parameters
    ----------
    stft : ndarray of complex64, shape (t, 1025)
        The clip's spectrum.
    magnitude : ndarray of float32, shape (t, 1025)
        Its magnitude.
    length : int
        Number of samples ``n``.

    Returns
    -------
    ndarray of float32, shape (n,)
        The samples.
    """
    return spectrum.istft(harmonic_spectrum(stft, magnitude), length)
