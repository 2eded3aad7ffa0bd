"""Plain versions of the kernels, slow and short, with which tests compare them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ser_bench.features.kernels import viterbi


def running_median(x: np.ndarray, size: int = 31) -> np.ndarray:
    """Return the running median of each column, edges reflected."""
    padded = np.pad(x, ((size // 2, size // 2), (0, 0)), mode="symmetric")
    median: np.ndarray = np.median(np.lib.stride_tricks.sliding_window_view(padded, size, axis=0), axis=-1)
    return median


def keep_harmonic(spectrum: np.ndarray, harmonic: np.ndarray, percussive: np.ndarray) -> np.ndarray:
    """Return the spectrum times harmonic² / (harmonic² + percussive²), half where both are 0."""
    total = harmonic**2 + percussive**2
    mask = np.where(total > 0, harmonic**2 / np.where(total > 0, total, 1), 0.5)
    return spectrum * mask


def overlap_add(frames: np.ndarray, window: np.ndarray, hop: int, length: int) -> np.ndarray:
    """Return the overlap-add of windowed frames over the sum of squared windows, without the first half frame."""
    n = frames.shape[1]
    total, weight = np.zeros((2, n + hop * len(frames) + length))
    for t, frame in enumerate(frames):
        total[t * hop : t * hop + n] += window * frame
        weight[t * hop : t * hop + n] += window**2
    divided = np.where(weight > 0, total / np.where(weight > 0, weight, 1), total)
    return divided[n // 2 : n // 2 + length]


def extremes(x: np.ndarray, bands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the smallest and of the largest values of each band."""
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
    """Add the magnitude of each filter's response to each frame to ``out``."""
    out += np.abs(weights @ spectra) * scale[:, None]


def candidates(row: np.ndarray, first: int) -> list[tuple[float, float]]:
    """Return lag and score of the strongest peaks of a frame, at most six."""
    middle, before, after = row[first:-1], row[first - 1 : -2], row[first + 1 :]
    peaks = first + np.flatnonzero((middle >= viterbi.LEAST_PEAK) & (middle > before) & (middle >= after))
    a, b, c = row[peaks - 1], row[peaks], row[peaks + 1]
    shift = 0.5 * (a - c) / (a - 2 * b + c)
    score = np.minimum(1, b - 0.25 * (a - c) * shift) - viterbi.OCTAVE_COST * np.log2((peaks + shift) / first)
    best = np.argsort(-score)[: viterbi.CANDIDATES - 1]
    return [(peaks[i] + shift[i], score[i]) for i in best if score[i] > 0]


def viterbi_path(correlation: np.ndarray, first: int, quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return period and highest correlation of each frame by Viterbi's search, frame by frame."""
    rows = correlation.astype(np.float64)
    frames = [
        np.array([(0.0, viterbi.VOICING_THRESHOLD + 0.5 * q), *candidates(row, first)])
        for row, q in zip(rows, quiet, strict=True)
    ]
    total, came_from = -frames[0][:, 1], []
    for before, now in pairwise(frames):
        x, y = before[:, :1], now[:, 0]
        voiced = (x > 0) & (y > 0)
        octaves = np.abs(np.log2(np.where(voiced, y, 1) / np.where(voiced, x, 1)))
        change = np.where((x > 0) != (y > 0), viterbi.VOICING_CHANGE_COST, viterbi.OCTAVE_JUMP_COST * octaves)
        costs = total[:, None] + change
        came_from.append(costs.argmin(axis=0))
        total = costs.min(axis=0) - now[:, 1]
    best = [int(total.argmin())]
    for back in reversed(came_from):
        best.append(int(back[best[-1]]))
    period = np.array([frame[c, 0] for frame, c in zip(frames, reversed(best), strict=True)])
    return period, np.clip(rows[:, first:-1].max(axis=1), 0, 1)


def convolve(steps, first, channels, weights, dilations):
    """Return each convolution as a sum of shifted channels, zero outside the sequence."""
    reach = weights.shape[1] // 2
    padded = np.pad(steps, ((0, 0), (reach * dilations.max(),) * 2))
    out = np.zeros((len(dilations), steps.shape[1]))
    for n, dilation in enumerate(dilations):
        for c in range(first[n], first[n + 1]):
            for tap, weight in enumerate(weights[c]):
                start = reach * dilations.max() + (tap - reach) * dilation
                out[n] += weight * padded[channels[c], start : start + steps.shape[1]]
    return out
