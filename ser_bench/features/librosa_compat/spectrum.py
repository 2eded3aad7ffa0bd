"""Short-time Fourier transform and its inverse, equal to librosa's bit for bit.

The bits matter: the tonal centroid of near silence consists of the rounding errors of the loud part beside it, and
the pitch tuning of a clip is the fullest bin of a histogram. As in librosa, spectra are computed in double precision
and stored in single, and the inverse is computed in single precision and added in double.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

N_FFT = 2048
HOP = 512
_BLOCK = 16
"""Frames transformed at a time, so that they stay in the processor's cache."""


@lru_cache(maxsize=1)
def window() -> np.ndarray:
    """Return the periodic Hann window; equal to ``scipy.signal.windows.hann`` bit for bit.

    It is written out because importing scipy.signal takes longer than twenty clips.

    Returns
    -------
    ndarray of float64, shape (2048,)
        The window, read-only.
    """
    values: np.ndarray = 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, N_FFT + 1)[:-1])
    values.flags.writeable = False
    return values


def stft(y: np.ndarray) -> np.ndarray:
    """Return the spectrum of frames centred every 512 samples, with zeros beyond the ends; ``librosa.stft``.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.

    Returns
    -------
    ndarray of complex64, shape (1 + n // 512, 1025)
        The spectrum.
    """
    from scipy.fft import rfft

    count = 1 + len(y) // HOP
    blocks = np.zeros((count - 1 + N_FFT // HOP, HOP), dtype=np.float32)
    used = min(len(y), blocks.size - N_FFT // 2)
    blocks.reshape(-1)[N_FFT // 2 : N_FFT // 2 + used] = y[:used]
    frames = np.lib.stride_tricks.sliding_window_view(blocks.reshape(-1), N_FFT)[::HOP]
    spectrum = np.zeros((count, N_FFT // 2 + 1), dtype=np.complex64)
    # the transform of digital silence is zero, and is skipped
    loud = np.convolve(blocks.any(axis=1), np.ones(N_FFT // HOP), mode="valid") > 0.5
    for first in range(0, count, _BLOCK):
        block = slice(first, first + _BLOCK)
        if loud[block].any():
            spectrum[block] = rfft(frames[block] * window(), axis=1)
    return spectrum


def istft(spectrum: np.ndarray, length: int) -> np.ndarray:
    """Return the samples whose :func:`stft` is nearest to a spectrum; ``librosa.istft``.

    Parameters
    ----------
    spectrum : ndarray of complex64, shape (t, 1025)
        The spectrum.
    length : int
        Number of samples ``n``.

    Returns
    -------
    ndarray of float32, shape (n,)
        The samples.
    """
    from scipy.fft import irfft

    from ser_bench.features.kernels.overlap import overlap_add

    frames = irfft(spectrum, n=N_FFT, axis=1)
    return overlap_add(frames, window(), HOP, length)
