"""Chroma from a spectrogram; librosa's ``chroma_stft``."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ser_bench.features.librosa_compat import pitch_tuning as tuning
from ser_bench.features.librosa_compat.spectrum import N_FFT

N_CHROMA = 12


@lru_cache(maxsize=128)
def bank(sr: float, deviation: float) -> np.ndarray:
    """Return weights of each FFT bin in each pitch class, float32 of shape ``(12, 1025)``.

    A Gaussian bump a semitone wide around each note, every bin's weights of unit Euclidean length, then
    weighted by a Gaussian two octaves wide around the fifth octave (Ellis, 2007).
    """
    bins = np.arange(1, N_FFT) * (sr / N_FFT)
    reference = 440.0 * 2 ** (deviation / N_CHROMA) / 16
    notes = N_CHROMA * np.log2(bins / reference)
    # 0 Hz has no note: one and a half octaves below the first bin stands for it
    notes = np.concatenate([[notes[0] - 1.5 * N_CHROMA], notes])
    width = np.concatenate([np.maximum(np.diff(notes), 1.0), [1.0]])
    distance = np.remainder(notes - np.arange(N_CHROMA)[:, None] + 6 + 120, N_CHROMA) - 6
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=0))
    weights *= np.exp(-0.5 * ((notes / N_CHROMA - 5) / 2) ** 2)
    weights = np.roll(weights, -3, axis=0)[:, : N_FFT // 2 + 1]
    return np.ascontiguousarray(weights, dtype=np.float32)


def chroma(magnitude: np.ndarray, sr: float) -> np.ndarray:
    """Return each pitch class's share of the frame's strongest, C first, float32 of shape ``(t, 12)``."""
    weights = bank(sr, tuning.estimate(magnitude, sr, N_CHROMA))
    strengths = magnitude @ weights.T
    largest = strengths.max(axis=1, keepdims=True)
    largest[largest < np.finfo(np.float32).tiny] = 1
    return strengths / largest


def chroma_mean(magnitude: np.ndarray, sr: float) -> np.ndarray:
    """Return the time average of ``chroma``, float32 of shape ``(12,)``."""
    return chroma(magnitude, sr).mean(axis=0)
