"""The kernels' plain twins: slow, short, and what tests hold the kernels to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ser_bench.features.kernels import path


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


def candidates(row: np.ndarray, first: int) -> list[tuple[float, float]]:
    """Return lag and score of a frame's strongest peaks, at most six."""
    here, before, after = row[first:-1], row[first - 1 : -2], row[first + 1 :]
    at = first + np.flatnonzero((here >= path.LEAST_PEAK) & (here > before) & (here >= after))
    a, b, c = row[at - 1], row[at], row[at + 1]
    shift = 0.5 * (a - c) / (a - 2 * b + c)
    score = np.minimum(1, b - 0.25 * (a - c) * shift) - path.OCTAVE_COST * np.log2((at + shift) / first)
    best = np.argsort(-score)[: path.CANDIDATES - 1]
    return [(at[i] + shift[i], score[i]) for i in best if score[i] > 0]


def cheapest(correlation: np.ndarray, first: int, quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return period and highest correlation of each frame: Viterbi's search, frame by frame."""
    rows = correlation.astype(np.float64)
    frames = [
        np.array([(0.0, path.VOICING_THRESHOLD + 0.5 * q), *candidates(row, first)])
        for row, q in zip(rows, quiet, strict=True)
    ]
    total, came_from = -frames[0][:, 1], []
    for before, now in pairwise(frames):
        x, y = before[:, :1], now[:, 0]
        voiced = (x > 0) & (y > 0)
        octaves = np.abs(np.log2(np.where(voiced, y, 1) / np.where(voiced, x, 1)))
        change = np.where((x > 0) != (y > 0), path.VOICING_CHANGE_COST, path.OCTAVE_JUMP_COST * octaves)
        costs = total[:, None] + change
        came_from.append(costs.argmin(axis=0))
        total = costs.min(axis=0) - now[:, 1]
    best = [int(total.argmin())]
    for back in reversed(came_from):
        best.append(int(back[best[-1]]))
    period = np.array([frame[c, 0] for frame, c in zip(frames, reversed(best), strict=True)])
    return period, np.clip(rows[:, first:-1].max(axis=1), 0, 1)
