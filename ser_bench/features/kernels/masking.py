"""Soft mask of the harmonic part."""

from __future__ import annotations

import numpy as np

from ser_bench.features.kernels.compiling import kernel


@kernel
def keep_harmonic(spectrum, magnitude, harmonic, percussive, out):  # type: ignore[no-untyped-def]
    """Write ``spectrum`` times harmonic² / (harmonic² + percussive²) into ``out``.

    All are ``(t, d)``; spectra complex64, the others float32. Operations and their order are those
    of ``librosa.decompose.hpss``, so that every bit is the same.
    """
    half = np.float32(0.5)
    for t in range(spectrum.shape[0]):
        for k in range(spectrum.shape[1]):
            h, p, s = harmonic[t, k], percussive[t, k], magnitude[t, k]
            larger = h if h > p else p
            mask = half
            if larger >= np.float32(1.1754944e-38):
                h = (h / larger) * (h / larger)
                p = (p / larger) * (p / larger)
                mask = h / (h + p)
            mask = s * mask
            value = spectrum[t, k]
            if s > 0:
                out[t, k] = complex(mask * (value.real / s), mask * (value.imag / s))
            else:
                out[t, k] = 0
