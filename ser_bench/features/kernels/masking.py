"""Soft mask of the harmonic part."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import kernel


@kernel
def keep_harmonic(spectrum, magnitude, harmonic, percussive, out):  # type: ignore[no-untyped-def]
    """Write ``spectrum`` times harmonic² / (harmonic² + percussive²) into ``out``.

    Spectra are float32 ``(t, d, 2)``, real and imaginary parts, the others float32 ``(t, d)``. Operations and
    their order are those of ``librosa.decompose.hpss``, so that every bit is the same.
    """
    one, half, tiny = np.float32(1), np.float32(0.5), np.float32(1.1754944e-38)
    masked = np.empty(spectrum.shape[1], np.float32)
    for t in range(spectrum.shape[0]):
        for k in range(spectrum.shape[1]):
            h, p = harmonic[t, k], percussive[t, k]
            larger = h if h > p else p
            divisor = larger if larger >= tiny else one
            h, p = h / divisor, p / divisor
            h, p = h * h, p * p
            total = h + p if larger >= tiny else one
            mask = h / total if larger >= tiny else half
            masked[k] = magnitude[t, k] * mask
        for k in range(spectrum.shape[1]):
            divisor = magnitude[t, k] if magnitude[t, k] > 0 else one
            out[t, k, 0] = masked[k] * (spectrum[t, k, 0] / divisor)
            out[t, k, 1] = masked[k] * (spectrum[t, k, 1] / divisor)
