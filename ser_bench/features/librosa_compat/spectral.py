"""Mel spectrogram, MFCC and spectral contrast; librosa's ``feature`` module."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ser_bench.features import filterbanks
from ser_bench.features.librosa_compat.spectrum import N_FFT

N_MELS = 128
_GROUP = 16


@lru_cache(maxsize=16)
def _groups(sr: float) -> tuple[tuple[slice, np.ndarray], ...]:
    """Return the mel bank as groups of neighbouring bands, each with only the bins that it uses."""
    bank = filterbanks.mel_of_equal_area(sr, N_FFT, N_MELS)
    groups = []
    for first in range(0, N_MELS, _GROUP):
        rows = bank[first : first + _GROUP]
        used = np.flatnonzero(rows.any(axis=0))
        bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        groups.append((bins, np.ascontiguousarray(rows[:, bins].T)))
    return tuple(groups)


def mel_spectrogram(magnitude: np.ndarray, sr: float) -> np.ndarray:
    """Return mel energies; ``librosa.feature.melspectrogram``.

    Parameters
    ----------
    magnitude : ndarray of float32, shape (t, 1025)
        Magnitude spectrogram.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of float32, shape (t, 128)
        The energies.
    """
    power = magnitude * magnitude
    return np.hstack([power[:, bins] @ rows for bins, rows in _groups(sr)])


def power_to_db(values: np.ndarray, amin: float = 1e-10, top_db: float = 80.0) -> np.ndarray:
    """Convert a power spectrogram to decibels; ``librosa.power_to_db``.

    Parameters
    ----------
    values : ndarray of float
        Power.
    amin : float
        Smallest power.
    top_db : float
        Largest distance from the maximum in dB.

    Returns
    -------
    ndarray of float, same shape
        Levels in dB.
    """
    db = np.log(np.maximum(values, values.dtype.type(amin))) * values.dtype.type(10 / np.log(10))
    limited: np.ndarray = np.maximum(db, db.max() - top_db)
    return limited


def mfcc_mean(mel: np.ndarray, n_mfcc: int = 40) -> np.ndarray:
    """Return the time average of ``librosa.feature.mfcc``; the linear transform is applied to the mean frame.

    Parameters
    ----------
    mel : ndarray of float32, shape (t, 128)
        Mel energies.
    n_mfcc : int
        Number of coefficients.

    Returns
    -------
    ndarray of float32, shape (n_mfcc,)
        The mean of each coefficient.
    """
    mean: np.ndarray = filterbanks.dct_matrix(n_mfcc, N_MELS) @ power_to_db(mel).mean(axis=0)
    return mean


@lru_cache(maxsize=16)
def _octave_bands(sr: float) -> np.ndarray:
    """Return first bin, end bin and number of extremes of each contrast band, int64 ``(7, 3)``.

    As in librosa, neighbouring bands share a bin, and each band but the last lacks its topmost. A band above the
    Nyquist frequency is empty.
    """
    frequencies = np.fft.rfftfreq(N_FFT, 1 / sr)
    edges = np.concatenate([[0.0], 200.0 * 2.0 ** np.arange(7)])
    rows = []
    for k in range(7):
        inside = np.flatnonzero((frequencies >= edges[k]) & (frequencies <= edges[k + 1]))
        if not len(inside):
            rows.append((0, 0, 0))
            continue
        first = int(inside[0]) - (k > 0)
        last = len(frequencies) if k == 6 else int(inside[-1]) + 1
        count = max(1, int(np.rint(0.02 * (last - first))))
        rows.append((first, max(first + 1, last - (k < 6)), count))
    return np.asarray(rows, dtype=np.int64)


def contrast_mean(magnitude: np.ndarray, sr: float) -> np.ndarray:
    """Return the time average of ``librosa.feature.spectral_contrast``.

    Parameters
    ----------
    magnitude : ndarray of float32, shape (t, 1025)
        Magnitude spectrogram.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of float32, shape (7,)
        Contrast of each band in dB; 0 for a band above the Nyquist frequency.
    """
    from ser_bench.features.kernels.extremes import extremes

    valley, peak = extremes(magnitude, _octave_bands(sr))
    return np.asarray((power_to_db(peak) - power_to_db(valley)).mean(axis=0), dtype=np.float32)
