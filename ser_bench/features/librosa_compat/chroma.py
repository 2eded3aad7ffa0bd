"""Chroma of a spectrogram; librosa's ``chroma_stft``."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ser_bench.features.librosa_compat import pitch_tuning
from ser_bench.features.librosa_compat.spectrum import N_FFT

N_CHROMA = 12


@lru_cache(maxsize=128)
def chroma_bank(sr: float, deviation: float) -> np.ndarray:
    """Return the weight of each FFT bin in each pitch class; ``librosa.filters.chroma``, bit for bit.

    A Gaussian bump a semitone wide around each note, normalised to unit Euclidean length per bin, then weighted by a
    Gaussian two octaves wide around the fifth octave (D. Ellis, "Chroma feature analysis and synthesis", 2007).

    Parameters
    ----------
    sr : float
        Sampling rate in Hz.
    deviation : float
        Pitch tuning in semitones.

    Returns
    -------
    ndarray of float32, shape (12, 1025)
        The weights, C first.
    """
    bins = np.arange(1, N_FFT) * (sr / N_FFT)
    reference = 440.0 * 2 ** (deviation / N_CHROMA) / 16
    notes = N_CHROMA * np.log2(bins / reference)
    # 0 Hz has no note and stands one and a half octaves below the first bin
    notes = np.concatenate([[notes[0] - 1.5 * N_CHROMA], notes])
    width = np.concatenate([np.maximum(np.diff(notes), 1.0), [1.0]])
    distance = np.remainder(notes - np.arange(N_CHROMA)[:, None] + 6 + 120, N_CHROMA) - 6
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=0))
    weights *= np.exp(-0.5 * ((notes / N_CHROMA - 5) / 2) ** 2)
    weights = np.roll(weights, -3, axis=0)[:, : N_FFT // 2 + 1]
    return np.ascontiguousarray(weights, dtype=np.float32)


def chroma(magnitude: np.ndarray, sr: float) -> np.ndarray:
    """Return the chroma of each frame, relative to its strongest pitch class.

    Parameters
    ----------
    magnitude : ndarray of float32, shape (t, 1025)
        Magnitude spectrogram.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of float32, shape (t, 12)
        Strength of each pitch class from 0 to 1, C first.
    """
    weights = chroma_bank(sr, pitch_tuning.estimate(magnitude, sr, N_CHROMA))
    strengths = magnitude @ weights.T
    largest = strengths.max(axis=1, keepdims=True)
    largest[largest < np.finfo(np.float32).tiny] = 1
    relative: np.ndarray = strengths / largest
    return relative


def chroma_mean(magnitude: np.ndarray, sr: float) -> np.ndarray:
    """Return the time average of :func:`chroma`.

    Parameters
    ----------
    magnitude : ndarray of float32, shape (t, 1025)
        Magnitude spectrogram.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of float32, shape (12,)
        The mean of each pitch class.
    """
    mean: np.ndarray = chroma(magnitude, sr).mean(axis=0)
    return mean
