"""Mel filter banks and the cosine transform, as matrices that multiply a spectrogram.

The mel scale is Slaney's (Auditory Toolbox, 1998), the default of librosa. librosa's own functions are not
called here, because ``import librosa`` would add seconds to the start of every worker.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def _read_only(array: np.ndarray) -> np.ndarray:
    """Return the array marked read-only, because all callers of a cached function share it."""
    array.flags.writeable = False
    return array


def hz_to_mel(hz: np.ndarray | float) -> np.ndarray:
    """Convert Hz to Slaney's mel: linear up to 1 kHz, logarithmic above.

    Parameters
    ----------
    hz : ndarray or float
        Frequencies in Hz.

    Returns
    -------
    ndarray of float64, same shape
        Frequencies in mel; equals ``librosa.hz_to_mel`` up to rounding.
    """
    hz = np.asarray(hz, dtype=np.float64)
    above = 15 + 27 * np.log(np.maximum(hz, 1.0) / 1000) / np.log(6.4)
    return np.where(hz >= 1000, above, hz * 3 / 200)


def mel_to_hz(mel: np.ndarray) -> np.ndarray:
    """Convert Slaney's mel to Hz; the inverse of :func:`hz_to_mel`.

    Parameters
    ----------
    mel : ndarray
        Frequencies in mel.

    Returns
    -------
    ndarray of float64, same shape
        Frequencies in Hz.
    """
    mel = np.asarray(mel, dtype=np.float64)
    return np.where(mel >= 15, 1000 * 6.4 ** ((mel - 15) / 27), mel * 200 / 3)


def mel_edges(n_mels: int, fmin: float, fmax: float) -> np.ndarray:
    """Return the corner frequencies of triangular filters spaced equally in mel.

    Parameters
    ----------
    n_mels : int
        Number of filters.
    fmin, fmax : float
        Lowest and highest corner in Hz.

    Returns
    -------
    ndarray of float64, shape (n_mels + 2,)
        Corner frequencies in Hz.
    """
    return mel_to_hz(np.linspace(hz_to_mel(fmin), hz_to_mel(fmax), n_mels + 2))


@lru_cache(maxsize=16)
def mel(sr: float, n_fft: int, n_mels: int, fmin: float, fmax: float) -> np.ndarray:
    """Return triangular mel filters with a peak of 1.

    Parameters
    ----------
    sr : float
        Sampling rate in Hz.
    n_fft : int
        FFT length in samples.
    n_mels : int
        Number of filters.
    fmin, fmax : float
        Lowest and highest corner in Hz.

    Returns
    -------
    ndarray of float32, shape (n_mels, n_fft // 2 + 1)
        Weight of each FFT bin in each filter; equals ``librosa.filters.mel(norm=None)``.
    """
    edges = mel_edges(n_mels, fmin, fmax)
    bins = np.arange(n_fft // 2 + 1) * (sr / n_fft)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return _read_only(np.maximum(0, np.minimum(rising, falling)).astype(np.float32))


@lru_cache(maxsize=16)
def mel_of_equal_area(sr: float, n_fft: int, n_mels: int = 128) -> np.ndarray:
    """Return mel filters from 0 Hz to the Nyquist frequency, each with an area of 1 (Slaney's norm).

    Parameters
    ----------
    sr : float
        Sampling rate in Hz.
    n_fft : int
        FFT length in samples.
    n_mels : int
        Number of filters.

    Returns
    -------
    ndarray of float32, shape (n_mels, n_fft // 2 + 1)
        Weight of each FFT bin in each filter; equals ``librosa.filters.mel`` up to rounding.
    """
    edges = mel_edges(n_mels, 0.0, sr / 2)
    return _read_only(mel(sr, n_fft, n_mels, 0.0, sr / 2) * (2 / (edges[2:] - edges[:-2]))[:, None].astype("f4"))


@lru_cache(maxsize=8)
def dct_matrix(n_coefficients: int, n_bands: int) -> np.ndarray:
    """Return the first rows of the orthonormal DCT-II.

    Parameters
    ----------
    n_coefficients : int
        Number of cosine coefficients.
    n_bands : int
        Number of bands that are transformed.

    Returns
    -------
    ndarray of float32, shape (n_coefficients, n_bands)
        The transform as a matrix.
    """
    from scipy.fft import dct

    return _read_only(dct(np.eye(n_bands), axis=0, norm="ortho")[:n_coefficients].astype(np.float32))
