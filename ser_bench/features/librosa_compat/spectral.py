"""Mel spectrogram, MFCC and spectral contrast of the classic sets."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ser_bench.features.librosa_compat.spectrum import N_FFT
from ser_bench.features.speech import filterbanks

N_MELS = 128
_GROUP = 16


@lru_cache(maxsize=16)
def _groups(sr: float) -> tuple[tuple[slice, np.ndarray], ...]:
    """Return the mel bank cut into groups of neighbouring bands, each with the only bins that it reads."""
    bank = filterbanks.mel_of_equal_area(sr, N_FFT, N_MELS)
    groups = []
    for first in range(0, N_MELS, _GROUP):
        rows = bank[first : first + _GROUP]
        used = np.flatnonzero(rows.any(axis=0))
        bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        groups.append((bins, np.ascontiguousarray(rows[:, bins].T)))
    return tuple(groups)


def mel_spectrogram(magnitude: np.ndarray, sr: float) -> np.ndarray:
    """Return mel energies, float32 of shape ``(t, 128)``; ``librosa.feature.melspectrogram``."""
    power = magnitude * magnitude
    return np.hstack([power[:, bins] @ rows for bins, rows in _groups(sr)])


def to_db(values: np.ndarray, floor: float = 1e-10, top_db: float = 80.0) -> np.ndarray:
    """Return 10 log10 of values, not below ``floor`` nor ``top_db`` below the largest."""
    db = np.log(np.maximum(values, values.dtype.type(floor))) * values.dtype.type(10 / np.log(10))
    return np.maximum(db, db.max() - top_db)


def mfcc_mean(mel: np.ndarray, n_mfcc: int = 40) -> np.ndarray:
    """Return the time average of ``librosa.feature.mfcc``, float32 of shape ``(n_mfcc,)``.

    The cosine transform is linear, so it is taken of the averaged frame.
    """
    return filterbanks.cosine(n_mfcc, N_MELS) @ to_db(mel).mean(axis=0)


@lru_cache(maxsize=16)
def _octave_bands(sr: float) -> np.ndarray:
    """Return first bin, last-plus-one bin and number of extremes of each contrast band, int64 ``(7, 3)``.

    Neighbouring bands share a bin, and all but the last give their topmost away, as in librosa. A
    band above Nyquist is empty.
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
    """Return the time average of ``librosa.feature.spectral_contrast``, float32 of shape ``(7,)``.

    A band that the rate cannot hold has no contrast: 0.
    """
    from ser_bench.features.kernels.extremes import extremes

    valley, peak = extremes(magnitude, _octave_bands(sr))
    return (to_db(peak) - to_db(valley)).mean(axis=0).astype(np.float32)
