"""Constant-Q spectrum folded to pitch classes; librosa's ``chroma_cqt`` before normalisation.

librosa halves the rate octave by octave (Schörkhuber and Klapuri, 2010), transforms frames of each in
double precision, rounds to single and multiplies by a sparse filter bank. In near silence beside
speech that rounding is what its values are made of, so it is repeated here to the bit, but faster: in
each octave the filters are the same numbers, so one bank serves all seven; they read a tenth of the
spectrum, so only that is computed; and the lower the octave, the more successive frames overlap, so
each frame's spectrum is made from that of the frame before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

BINS = 36
OCTAVES = 7
FMIN = 440.0 * 2.0 ** (-45 / 12)
"""C1 in Hz."""
_RATIO = 2.0 ** (2 / BINS)
Q = (_RATIO + 1) / (_RATIO - 1)
_HANN_BANDWIDTH = 1.50018310546875
SPARSITY = 0.01


@dataclass(frozen=True)
class Bank:
    """One octave's filters at the rate of the topmost octave.

    ``n_fft`` is the frame length; the filters read the bins from ``first`` on and their weights on
    these are ``weights``, complex64 of shape ``(36, d)``, zero where dropped; ``scale`` (36) makes
    magnitudes of responses comparable between filters.
    """

    n_fft: int
    first: int
    weights: np.ndarray
    scale: np.ndarray


def frequencies(deviation: float) -> np.ndarray:
    """Return the 252 centre frequencies in Hz for a tuning deviation in bins."""
    ratios = np.multiply.outer(2.0 ** np.arange(OCTAVES), 2.0 ** (np.arange(BINS) / BINS)).reshape(-1)
    return ratios * (FMIN * 2.0 ** (deviation / BINS))


def _wavelet(frequency: float, sr: float) -> np.ndarray:
    """Return a Hann-windowed complex tone of Q periods whose magnitudes sum to 1."""
    length = Q * sr / frequency
    tone = np.exp(1j * (np.arange(-length // 2, length // 2) * 2 * np.pi * frequency / sr))
    tone *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(tone)) / len(tone))
    return tone / np.abs(tone).sum()


def _without_smallest(rows: np.ndarray) -> np.ndarray:
    """Return the rows with the smallest values zeroed that make up 1 % of each row's sum of magnitudes."""
    sizes = np.abs(rows)
    ordered = np.sort(sizes, axis=1)
    share = np.cumsum(ordered / sizes.sum(axis=1, keepdims=True), axis=1)
    least = np.take_along_axis(ordered, np.argmin(share < SPARSITY, axis=1)[:, None], axis=1)
    return np.where(sizes >= least, rows, 0)


@lru_cache(maxsize=256)
def bank(sr: float, deviation: float) -> Bank:
    """Return the filters for an octave whose topmost bin lies as at the top of seven octaves at ``sr`` Hz."""
    from scipy.fft import fft

    centres = frequencies(deviation)[-BINS:]
    lengths = Q * sr / centres
    n_fft = 1 << int(np.ceil(np.log2(lengths.max())))
    rows = np.zeros((BINS, n_fft), dtype=np.complex64)
    for row, centre in zip(rows, centres, strict=True):
        tone = _wavelet(centre, sr)
        start = (n_fft - len(tone)) // 2
        row[start : start + len(tone)] = tone
    rows *= (lengths / n_fft)[:, None]
    weights = _without_smallest(fft(rows, axis=1)[:, : n_fft // 2 + 1])
    weights[centres * (1 + 0.5 * _HANN_BANDWIDTH / Q) > sr / 2] = 0
    used = np.flatnonzero(weights.any(axis=0))
    first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
    return Bank(n_fft, first, weights[:, first:last].copy(), (1 / np.sqrt(lengths)).astype(np.float32))


def _halved(y: np.ndarray, times: int = 1) -> np.ndarray:
    """Return ``y`` at a rate divided by a power of two, its energy kept."""
    import soxr

    factor = 2**times
    length = -(-len(y) // factor)
    resampled = soxr.resample(y, factor, 1, "soxr_hq")[:length]
    if len(resampled) < length:
        resampled = np.pad(resampled, (0, length - len(resampled)))
    return (resampled / np.sqrt(1 / factor)).astype(np.float32)


def _halvings_before(sr: float, deviation: float, hop: int) -> int:
    """Return how often librosa halves the rate before the first octave."""
    highest = frequencies(deviation)[-1] * (1 + 0.5 * _HANN_BANDWIDTH / Q)
    by_rate = max(0, int(np.ceil(np.log2(sr / 2 / highest)) - 1) - 1)
    by_hop = max(0, (hop & -hop).bit_length() - 1 - OCTAVES + 1)
    return min(by_rate, by_hop)


def _spectrum(y: np.ndarray, filters: Bank, hop: int) -> np.ndarray:
    from scipy.fft import rfft

    n = filters.n_fft
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(y, n // 2), n)[::hop]
    return rfft(frames.astype("f8"), axis=1).astype("c8")[:, filters.first : filters.first + filters.weights.shape[1]]


def pitch_classes(y: np.ndarray, sr: float, deviation: float, hop: int = 512) -> np.ndarray:
    """Return the magnitude in each pitch class, C first, float32 of shape ``(t, 12)``.

    Bins that do not fit below Nyquist count as silent; librosa refuses such rates.
    """
    import scipy.sparse
    times = _halvings_before(sr, deviation, hop)
    if times:
        y, sr, hop = _halved(y, times), sr / 2**times, hop // 2**times
    filters = bank(sr, deviation)
    bins = None
    for octave in range(OCTAVES):
        w = (filters.weights.astype("c16") * np.sqrt(2.0**octave)).astype("c8")
        X = _spectrum(y, filters, hop)
        V = (scipy.sparse.csr_matrix(w) @ np.ascontiguousarray(X.T)).T
        magnitude = np.abs(V) * (filters.scale/np.sqrt(2.**octave)).astype("f4")
        bins = magnitude if bins is None else bins[: len(magnitude)] + magnitude[: len(bins)]
        if octave < OCTAVES - 1:
            y, hop = _halved(y), hop // 2
    return np.roll(bins, 1, axis=1).reshape(len(bins), 12, 3).sum(axis=2)
