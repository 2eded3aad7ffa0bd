"""Fundamental frequency of speech: normalised autocorrelation and the cheapest path through its peaks.

After Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
ratio of a sampled sound" (1993): the autocorrelation of a windowed frame is divided by that of the
window, each peak is a candidate, and a path weighs each peak's strength against octave jumps and
changes of voicing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ser_bench.features.speech import framing

FMIN, FMAX = 65.0, 600.0
FRAME_SECONDS = 0.045
RATE = 7500.0
"""Lowest rate that the signal is decimated to, in Hz."""


@dataclass(frozen=True)
class PitchTrack:
    """F0 of each frame in Hz, 0 where unvoiced, and the strength (0 to 1) of its autocorrelation peak."""

    hz: np.ndarray
    strength: np.ndarray

    @property
    def voiced(self) -> np.ndarray:
        """Which frames are voiced, bool of shape ``(t,)``."""
        return self.hz > 0


@lru_cache(maxsize=16)
def _window_correlation(length: int, n_fft: int, lags: int) -> np.ndarray:
    """Return the autocorrelation of the analysis window at each lag, 1 at lag 0."""
    from scipy.fft import irfft, rfft

    correlation = irfft(np.abs(rfft(framing.hann(length), n=n_fft)) ** 2, n=n_fft)[:lags]
    return correlation / correlation[0]


def autocorrelation(frames: np.ndarray, lags: int) -> np.ndarray:
    """Return the normalised autocorrelation of frames at lags ``0 … lags - 1``, float32 ``(t, lags)``."""
    from scipy.fft import irfft, rfft

    length = frames.shape[1]
    n_fft = 1 << (length + lags - 1).bit_length()
    frames = (frames - frames.mean(axis=1, keepdims=True)) * framing.hann(length)
    spectrum = rfft(frames, n=n_fft, axis=1)
    correlation = irfft(spectrum.real**2 + spectrum.imag**2, n=n_fft, axis=1)[:, :lags]
    energy = np.maximum(correlation[:, :1], 1e-12)
    return (correlation / energy / _window_correlation(length, n_fft, lags)).astype(np.float32)


def track(y: np.ndarray, sr: float, levels: np.ndarray) -> PitchTrack:
    """Follow F0 through a clip; one value per 25 ms frame of ``framing``.

    ``y`` is float32 mono, at best decimated to a few kHz; ``levels`` holds each frame's level in dB,
    since what is far below the loud frames is not taken for voice.
    """
    from ser_bench.features.kernels import path

    length = max(4, round(FRAME_SECONDS * sr))
    first, last = max(2, int(sr / FMAX)), max(4, int(np.ceil(sr / FMIN)))
    frames = framing.cut_frames(y, sr, len(levels), length)
    correlation = autocorrelation(frames, min(last + 2, length))
    quiet = np.clip((np.percentile(levels, 95) - 20 - levels) / 20, 0, 1)
    period, strength = path.cheapest(correlation, first, quiet)
    return PitchTrack(np.where(period > 0, sr / np.where(period > 0, period, 1), 0), strength)
