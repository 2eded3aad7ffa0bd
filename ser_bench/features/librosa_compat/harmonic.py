"""The harmonic part of a clip: what stays in time and not in frequency (Fitzgerald, 2010)."""

from __future__ import annotations

import numpy as np

from ser_bench.features.librosa_compat import spectrum


def harmonic_spectrum(stft: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """Return the spectrum's harmonic part, complex64 of the shape ``(t, d)`` of ``stft``.

    Equals the first result of ``librosa.decompose.hpss``: medians over 31 frames and 31 bins, and the
    soft mask between their squares.
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
    """Return the clip's harmonic part, float32 of shape ``(length,)``; ``librosa.effects.harmonic``."""
    return spectrum.istft(harmonic_spectrum(stft, magnitude), length)
