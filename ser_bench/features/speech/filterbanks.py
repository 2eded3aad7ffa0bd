"""Filter banks on a spectrum's bins: mel for the classic sets, mel for speech, cosine transform."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def _frozen(array: np.ndarray) -> np.ndarray:
    """Return the array marked read-only, since caches hand it to everybody."""
    array.flags.writeable = False
    return array


def hz_to_mel(hz: np.ndarray | float) -> np.ndarray:
    """Return mel after Slaney's Auditory Toolbox (1998): linear to 1 kHz, logarithmic above."""
    hz = np.asarray(hz, dtype=np.float64)
    above = 15 + 27 * np.log(np.maximum(hz, 1.0) / 1000) / np.log(6.4)
    return np.where(hz >= 1000, above, hz * 3 / 200)


def mel_to_hz(mel: np.ndarray) -> np.ndarray:
    """Return Hz of Slaney's mel."""
    mel = np.asarray(mel, dtype=np.float64)
    return np.where(mel >= 15, 1000 * 6.4 ** ((mel - 15) / 27), mel * 200 / 3)


def mel_edges(n_mels: int, fmin: float, fmax: float) -> np.ndarray:
    """Return the ``n_mels + 2`` corner frequencies in Hz of triangles spaced equally in mel."""
    return mel_to_hz(np.linspace(hz_to_mel(fmin), hz_to_mel(fmax), n_mels + 2))


@lru_cache(maxsize=16)
def mel(sr: float, n_fft: int, n_mels: int, fmin: float, fmax: float) -> np.ndarray:
    """Return triangular mel filters of peak 1, float32 of shape ``(n_mels, n_fft // 2 + 1)``."""
    edges = mel_edges(n_mels, fmin, fmax)
    bins = np.arange(n_fft // 2 + 1) * (sr / n_fft)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return _frozen(np.maximum(0, np.minimum(rising, falling)).astype(np.float32))


@lru_cache(maxsize=16)
def mel_of_equal_area(sr: float, n_fft: int, n_mels: int = 128) -> np.ndarray:
    """Return ``librosa.filters.mel``'s default bank: 0 Hz to Nyquist, each triangle's area 1 (Slaney)."""
    edges = mel_edges(n_mels, 0.0, sr / 2)
    return _frozen(mel(sr, n_fft, n_mels, 0.0, sr / 2) * (2 / (edges[2:] - edges[:-2]))[:, None].astype("f4"))


@lru_cache(maxsize=8)
def cosine(n_coefficients: int, n_bands: int) -> np.ndarray:
    """Return the orthonormal DCT-II as a matrix, float32 of shape ``(n_coefficients, n_bands)``."""
    k = np.arange(n_coefficients)[:, None]
    matrix = np.cos(np.pi * k * (np.arange(n_bands) + 0.5) / n_bands) * np.sqrt(2 / n_bands)
    matrix[0] /= np.sqrt(2)
    return _frozen(matrix.astype(np.float32))
