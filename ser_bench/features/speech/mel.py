"""Log-mel energies and MFCC of speech: 25 ms windows every 10 ms, 64 bands up to 8 kHz at any sampling rate."""

from __future__ import annotations

import numpy as np

from ser_bench.features import filterbanks
from ser_bench.features.speech import framing

N_BANDS = 64
FMIN, FMAX = 50.0, 8000.0
FLOOR_DB = -100.0
RANGE_DB = 80.0
"""Energies are raised to this far below the clip's loudest band, because digital silence inside a clip describes the
recording rather than the voice."""


def spectrum(y: np.ndarray, sr: float) -> np.ndarray:
    """Return the spectrum of each 25 ms frame under a Hann window.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of complex64, shape (t, n_fft // 2 + 1)
        Spectra, with ``n_fft`` from :func:`fft_length`.
    """
    from scipy.fft import rfft

    length = framing.window_length(sr)
    frames = framing.cut_frames(y, sr, framing.frame_count(len(y), sr), length) * framing.hann(length)
    spectra: np.ndarray = rfft(frames, n=fft_length(sr), axis=1)
    return spectra


def fft_length(sr: float) -> int:
    """Return the FFT length: the smallest power of two that holds 25 ms.

    Parameters
    ----------
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    int
        ``n_fft`` in samples.
    """
    return 1 << (framing.window_length(sr) - 1).bit_length()


def power(spectrum: np.ndarray, sr: float, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean square of the samples that falls into each FFT bin of a range.

    Parameters
    ----------
    spectrum : ndarray of complex64, shape (t, n_fft // 2 + 1)
        Result of :func:`spectrum`.
    sr : float
        Sampling rate in Hz.
    low, high : float
        Range in Hz.

    Returns
    -------
    power : ndarray of float32, shape (t, bins)
        Mean square, which depends neither on the rate nor on the window.
    hz : ndarray of float64, shape (bins,)
        Frequencies of the bins in Hz.
    """
    n_fft, window = fft_length(sr), framing.hann(framing.window_length(sr))
    bins = slice(int(np.ceil(low * n_fft / sr)), int(high * n_fft / sr) + 2)
    part = spectrum[:, bins]
    scale = 2 / (n_fft * np.square(window, dtype=np.float64).sum())
    return (part.real**2 + part.imag**2) * np.float32(scale), np.arange(spectrum.shape[1])[bins] * sr / n_fft


def band_energies(power: np.ndarray, sr: float) -> np.ndarray:
    """Return the mean square in each mel band.

    Parameters
    ----------
    power : ndarray of float32, shape (t, bins)
        Result of :func:`power` from 0 Hz to ``FMAX``.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of float32, shape (t, 64)
        Mean square; 0 in bands above the Nyquist frequency.
    """
    bank = filterbanks.mel(sr, fft_length(sr), N_BANDS, FMIN, FMAX)
    energies: np.ndarray = power @ bank[:, : power.shape[1]].T
    return energies


def to_db(energies: np.ndarray) -> np.ndarray:
    """Convert mean squares to dBFS, at least -100 dBFS and at least 80 dB below the largest.

    Parameters
    ----------
    energies : ndarray of float32
        Mean squares.

    Returns
    -------
    ndarray of float32, same shape
        Levels in dBFS.
    """
    floor = max(10 ** (FLOOR_DB / 10), float(energies.max(initial=0.0)) * 10 ** (-RANGE_DB / 10))
    return np.asarray(10 * np.log10(np.maximum(energies, floor)), dtype=np.float32)


def cepstrum(log_mel: np.ndarray, n_mfcc: int) -> np.ndarray:
    """Return the first cosine coefficients of log-mel frames.

    Parameters
    ----------
    log_mel : ndarray of float32, shape (t, n_bands)
        Mel energies in dB.
    n_mfcc : int
        Number of coefficients.

    Returns
    -------
    ndarray of float32, shape (t, n_mfcc)
        Mel-frequency cepstral coefficients (orthonormal DCT-II).
    """
    mfcc: np.ndarray = log_mel @ filterbanks.dct_matrix(n_mfcc, log_mel.shape[1]).T
    return mfcc


def delta(frames: np.ndarray) -> np.ndarray:
    """Return the regression slope over two frames on either side; the first and last frame are repeated.

    Parameters
    ----------
    frames : ndarray of float32, shape (t, d)
        A sequence of frames.

    Returns
    -------
    ndarray of float32, shape (t, d)
        Slopes per frame.
    """
    padded = np.pad(frames, ((2, 2), (0, 0)), mode="edge")
    difference_1 = padded[3:-1] - padded[1:-3]
    difference_2 = padded[4:] - padded[:-4]
    return np.asarray((difference_1 + 2 * difference_2) / 10, dtype=np.float32)
