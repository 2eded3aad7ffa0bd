"""The kernels' plain twins: slow, short, and what tests hold the kernels to."""

from __future__ import annotations

import numpy as np


def running_median(x: np.ndarray, size: int = 31) -> np.ndarray:
    """Return the running median down the columns, edges reflected."""
    padded = np.pad(x, ((size // 2, size // 2), (0, 0)), mode="symmetric")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, size, axis=0), axis=-1)


def keep_harmonic(spectrum: np.ndarray, harmonic: np.ndarray, percussive: np.ndarray) -> np.ndarray:
    """Return the spectrum times harmonic² / (harmonic² + percussive²), half where both are 0."""
    total = harmonic**2 + percussive**2
    mask = np.where(total > 0, harmonic**2 / np.where(total > 0, total, 1), 0.5)
    return spectrum * mask


def overlap_add(frames: np.ndarray, window: np.ndarray, hop: int, length: int) -> np.ndarray:
    """Return windowed frames added up, divided by the sum of squared windows, first half frame cut off."""
    n = frames.shape[1]
    total, weight = np.zeros((2, n + hop * len(frames) + length))
    for t, frame in enumerate(frames):
        total[t * hop : t * hop + n] += window * frame
        weight[t * hop : t * hop + n] += window**2
    divided = np.where(weight > 0, total / np.where(weight > 0, weight, 1), total)
    return divided[n // 2 : n // 2 + length]


def extremes(x: np.ndarray, bands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each band's smallest and of its largest values."""
    valley, peak = np.zeros((2, len(x), len(bands)))
    for b, (first, last, count) in enumerate(bands):
        if last > first:
            ordered = np.sort(x[:, first:last], axis=1)
            valley[:, b], peak[:, b] = ordered[:, :count].mean(axis=1), ordered[:, -count:].mean(axis=1)
    return valley, peak


def spectra(blocks: np.ndarray, n_fft: int, first: int, count: int) -> np.ndarray:
    """Return ``count`` bins from ``first`` on of each frame of successive blocks, complex ``(d, t)``."""
    frames = np.lib.stride_tricks.sliding_window_view(blocks.reshape(-1), n_fft)[:: blocks.shape[1]]
    return np.fft.rfft(frames, axis=1)[:, first : first + count].T


def add_magnitudes(spectra: np.ndarray, weights: np.ndarray, scale: np.ndarray, out: np.ndarray) -> None:
    """Add to ``out`` the magnitude of each filter's response to each frame."""
    out += np.abs(weights @ spectra) * scale[:, None]
