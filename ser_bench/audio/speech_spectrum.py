"""The long-term average spectrum of speech.

References
----------
Byrne et al. (1994), An international comparison of long-term average speech spectra, J. Acoust. Soc. Am. 96(4),
2108-2120, Table II, men and women combined.
"""

from __future__ import annotations

import numpy as np

_HZ = (
    *(63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000),
    *(2500, 3150, 4000, 5000, 6300, 8000, 10000, 12500, 16000),
)
_DB = (
    *(38.6, 43.5, 54.4, 57.7, 56.8, 60.2, 60.3, 59.0, 62.1, 62.1, 60.5, 56.8, 53.7, 53.0, 52.0, 48.7),
    *(48.1, 46.8, 45.6, 44.5, 44.3, 43.7, 43.4, 41.3, 40.7),
)
"""Levels of third-octave bands."""

_EDGE = 2 ** (1 / 6)

LOWEST_HZ = _HZ[0] / _EDGE
"""Lower edge of the lowest band."""


def spectrum_level(hz: np.ndarray) -> np.ndarray:
    """Return the level per Hz, interpolated in dB over the logarithm of frequency.

    Parameters
    ----------
    hz : ndarray of float, shape (n,)
        Frequencies above 0 in Hz.

    Returns
    -------
    ndarray of float, shape (n,)
        Levels in dB, constant beyond the centres of the lowest and the highest band.
    """
    centres = np.array(_HZ, dtype=float)
    per_hertz = np.array(_DB) - 10 * np.log10(centres * (_EDGE - 1 / _EDGE))
    return np.asarray(np.interp(np.log(hz), np.log(centres), per_hertz))
