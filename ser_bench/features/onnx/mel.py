"""Mel spectrograms in librosa's terms, without importing librosa, which would add seconds to each worker's start."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ser_bench.features.filterbanks import hz_to_mel, mel_to_hz
from ser_bench.features.onnx.description import Mel

_BLOCK = 512
"""Frames transformed at a time, so that memory is bounded."""


def mel_frames(y: np.ndarray, rate: int, mel: Mel) -> np.ndarray:
    """Return the mel frames of samples.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.
    rate : int
        Sampling rate in Hz.
    mel : Mel
        The spectrogram.

    Returns
    -------
    ndarray of float32, shape (t, n_mels)
    """
    from scipy.fft import rfft

    if mel.center:
        y = np.pad(y, mel.n_fft // 2, mode=mel.pad_mode)
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(y, dtype=np.float32), mel.n_fft)[:: mel.hop_length]
    window, weights = _window(mel.n_fft, mel.win_length or mel.n_fft), filters(rate, mel).T
    energies = np.concatenate(
        [
            (np.abs(rfft(frames[first : first + _BLOCK] * window, axis=1)) ** mel.power) @ weights
            for first in range(0, len(frames), _BLOCK)
        ]
    )
    bands = (_logarithm(energies, mel) - np.asarray(mel.mean)) / np.asarray(mel.std)
    return np.asarray(bands, dtype=np.float32)


def _logarithm(energies: np.ndarray, mel: Mel) -> np.ndarray:
    """Return the logarithm of energies, and raise what is below the range."""
    if mel.log == "none":
        return energies
    raised = np.maximum(energies, mel.floor)
    factor = {"ln": np.log(10), "log10": 1, "db": 20 / mel.power}[mel.log]
    values: np.ndarray = np.log10(raised) * factor
    return values if mel.range is None else np.maximum(values, values.max() - mel.range)


def _window(n_fft: int, win_length: int) -> np.ndarray:
    """Return a periodic Hann window in the middle of ``n_fft`` samples."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win_length) / win_length)
    before = (n_fft - win_length) // 2
    return np.pad(hann, (before, n_fft - win_length - before))


@lru_cache(maxsize=8)
def filters(rate: int, mel: Mel) -> np.ndarray:
    """Return the triangular filters of a mel spectrogram.

    Parameters
    ----------
    rate : int
        Sampling rate in Hz.
    mel : Mel
        The spectrogram.

    Returns
    -------
    ndarray of float64, shape (n_mels, n_fft // 2 + 1)
        Equal to ``librosa.filters.mel`` up to rounding.
    """
    to_mel, to_hz = (_hz_to_htk, _htk_to_hz) if mel.htk else (hz_to_mel, mel_to_hz)
    low, high = to_mel(mel.fmin), to_mel(mel.fmax or rate / 2)
    edges = to_hz(np.linspace(low, high, mel.n_mels + 2))
    bins = np.arange(mel.n_fft // 2 + 1) * (rate / mel.n_fft)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    weights: np.ndarray = np.maximum(0, np.minimum(rising, falling))
    if mel.norm == "slaney":
        weights *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return weights


def _hz_to_htk(hz: float) -> float:
    return float(2595 * np.log10(1 + hz / 700))


def _htk_to_hz(mel: np.ndarray) -> np.ndarray:
    return 700 * (10 ** (mel / 2595) - 1)
