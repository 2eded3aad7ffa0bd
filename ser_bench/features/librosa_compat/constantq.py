"""Constant-Q spectrum folded to pitch classes; librosa's ``chroma_cqt`` before normalisation.

librosa halves the rate octave by octave (C. Schörkhuber and A. Klapuri, "Constant-Q transform toolbox for music
processing", 2010), transforms frames in double precision, rounds to single and multiplies by a sparse filter bank.
In near silence beside speech the values consist of that rounding, so it is repeated here bit for bit, but faster:

- The filters of all octaves are the same numbers, so one bank serves all seven.
- The filters use a tenth of the spectrum, so only these bins are computed.
- Frames overlap more in lower octaves, so each spectrum is computed from that of the frame before.
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
    """The filters of one octave at the rate of the topmost octave.

    Parameters
    ----------
    n_fft : int
        Frame length in samples.
    first : int
        First FFT bin that the filters use.
    weights : ndarray of complex64, shape (36, d)
        Weights of the bins from ``first`` on, zero where dropped.
    scale : ndarray of float32, shape (36,)
        Factors that make the magnitudes of the filters comparable.
    """

    n_fft: int
    first: int
    weights: np.ndarray
    scale: np.ndarray


def _frequencies(deviation: float) -> np.ndarray:
    """Return the 252 centre frequencies in Hz for a pitch tuning in bins."""
    ratios = np.multiply.outer(2.0 ** np.arange(OCTAVES), 2.0 ** (np.arange(BINS) / BINS)).reshape(-1)
    frequencies: np.ndarray = ratios * (FMIN * 2.0 ** (deviation / BINS))
    return frequencies


def _wavelet(frequency: float, sr: float) -> np.ndarray:
    """Return a Hann-windowed complex tone of Q periods whose magnitudes sum to 1."""
    length = Q * sr / frequency
    tone = np.exp(1j * (np.arange(-length // 2, length // 2) * 2 * np.pi * frequency / sr))
    tone *= 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(tone)) / len(tone))
    wavelet: np.ndarray = tone / np.abs(tone).sum()
    return wavelet


def _without_smallest(rows: np.ndarray) -> np.ndarray:
    """Return the rows without the smallest values that add up to 1 % of the magnitudes of a row."""
    sizes = np.abs(rows)
    ordered = np.sort(sizes, axis=1)
    share = np.cumsum(ordered / sizes.sum(axis=1, keepdims=True), axis=1)
    least = np.take_along_axis(ordered, np.argmin(share < SPARSITY, axis=1)[:, None], axis=1)
    return np.where(sizes >= least, rows, 0)


@lru_cache(maxsize=256)
def _octave_bank(sr: float, deviation: float) -> Bank:
    """Return the filters of the topmost of seven octaves at ``sr`` Hz."""
    from scipy.fft import fft

    centres = _frequencies(deviation)[-BINS:]
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
    """Return the samples at a rate divided by a power of two, with the same energy."""
    import soxr

    factor = 2**times
    length = -(-len(y) // factor)
    resampled = soxr.resample(y, factor, 1, "soxr_hq")[:length]
    if len(resampled) < length:
        resampled = np.pad(resampled, (0, length - len(resampled)))
    return np.asarray(resampled / np.sqrt(1 / factor), dtype=np.float32)


def _halvings_before(sr: float, deviation: float, hop: int) -> int:
    """Return how many times librosa halves the rate before the first octave."""
    highest = _frequencies(deviation)[-1] * (1 + 0.5 * _HANN_BANDWIDTH / Q)
    by_rate = max(0, int(np.ceil(np.log2(sr / 2 / highest)) - 1) - 1)
    by_hop = max(0, (hop & -hop).bit_length() - 1 - OCTAVES + 1)
    return min(by_rate, by_hop)


@lru_cache(maxsize=64)
def _block_transform(n_fft: int, first: int, count: int, hop: int) -> np.ndarray:
    """Return the Fourier matrix of a block, real then imaginary parts, float64 ``(hop, 2 count)``."""
    angles = 2 * np.pi / n_fft * (np.arange(hop)[:, None] * np.arange(first, first + count) % n_fft)
    return np.hstack([np.cos(angles), -np.sin(angles)])


def _spectra(y: np.ndarray, filters: Bank, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return real and imaginary parts of the bins that the filters use, float32 ``(d, t)`` each.

    Frames are centred every ``hop`` samples, with zeros beyond the ends.
    """
    from ser_bench.features.kernels.sliding_dft import slide

    n, first, d = filters.n_fft, filters.first, filters.weights.shape[1]
    if n % hop:  # blocks are longer than frames, so frames share nothing
        return _spectra_by_frame(y, filters, hop)
    count, inside = 1 + len(y) // hop, n // hop
    blocks = np.zeros((count - 1 + inside, hop))
    used = min(len(y), blocks.size - n // 2)
    blocks.reshape(-1)[n // 2 : n // 2 + used] = y[:used]
    turn = np.exp(2j * np.pi / n * (np.arange(first, first + d) * hop % n))
    real = np.empty((d, count), dtype=np.float32)
    imaginary = np.empty_like(real)
    slide(blocks @ _block_transform(n, first, d, hop), turn, real, imaginary)
    return real, imaginary


def _spectra_by_frame(y: np.ndarray, filters: Bank, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the same as ``_spectra``, with one transform per frame."""
    from scipy.fft import rfft

    frames = np.lib.stride_tricks.sliding_window_view(np.pad(y, filters.n_fft // 2), filters.n_fft)[::hop]
    spectra = rfft(frames.astype(np.float64), axis=1)[:, filters.first :][:, : filters.weights.shape[1]].T
    return np.ascontiguousarray(spectra.real, np.float32), np.ascontiguousarray(spectra.imag, np.float32)


def pitch_classes(y: np.ndarray, sr: float, deviation: float, hop: int = 512) -> np.ndarray:
    """Return the magnitude in each pitch class.

    Bins above the Nyquist frequency count as silent; librosa refuses such rates.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.
    sr : float
        Sampling rate in Hz.
    deviation : float
        Pitch tuning in bins.
    hop : int
        Distance of the frames in samples.

    Returns
    -------
    ndarray of float32, shape (t, 12)
        Magnitudes, C first.
    """
    from ser_bench.features.kernels.sliding_dft import add_magnitudes

    times = _halvings_before(sr, deviation, hop)
    if times:
        y, sr, hop = _halved(y, times), sr / 2**times, hop // 2**times
    filters = _octave_bank(sr, deviation)
    bins: np.ndarray | None = None
    for octave in range(OCTAVES):
        real, imaginary = _spectra(y, filters, hop)
        if bins is None:
            bins = np.zeros((BINS, real.shape[1]), dtype=np.float32)
        shared = min(bins.shape[1], real.shape[1])
        bins, real, imaginary = bins[:, :shared], real[:, :shared], imaginary[:, :shared]
        gain = np.sqrt(2.0**octave)
        weights = (filters.weights.astype(np.complex128) * gain).astype(np.complex64)
        add_magnitudes(real, imaginary, weights, filters.scale / np.float32(gain), bins)
        if octave < OCTAVES - 1:
            y, hop = _halved(y), hop // 2
    assert bins is not None
    # three bins a semitone, the middle one on the note
    classes: np.ndarray = np.roll(bins, 1, axis=0).reshape(12, 3, -1).sum(axis=1).T
    return classes
