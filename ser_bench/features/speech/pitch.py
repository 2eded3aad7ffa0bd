"""Fundamental frequency of speech: peaks of the normalised autocorrelation and the cheapest path through them.

After P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", IFA Proceedings 17, 1993. The autocorrelation of a windowed frame is divided by that of the window.
Each peak is a candidate; the path weighs its strength against octave jumps and changes of voicing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ser_bench.features.speech import framing

FMIN, FMAX = 65.0, 600.0
FRAME_SECONDS = 0.045
RATE = 7500.0
"""Lowest sampling rate in Hz to which the signal is decimated."""
REFERENCE_HZ = 150.0
"""The frequency of 0 semitones."""


@dataclass(frozen=True)
class PitchTrack:
    """F0 of each 25 ms frame.

    Parameters
    ----------
    hz : ndarray of float64, shape (t,)
        F0 in Hz, 0 where unvoiced.
    strength : ndarray of float64, shape (t,)
        Height of the highest autocorrelation peak, from 0 to 1.
    """

    hz: np.ndarray
    strength: np.ndarray

    @property
    def voiced(self) -> np.ndarray:
        """Whether each frame is voiced, bool of shape ``(t,)``."""
        return self.hz > 0


def semitones(hz: np.ndarray) -> np.ndarray:
    """Convert frequencies to semitones above 150 Hz.

    Parameters
    ----------
    hz : ndarray of float64
        Frequencies in Hz, above 0.

    Returns
    -------
    ndarray of float64, same shape
        Semitones.
    """
    above: np.ndarray = 12 * np.log2(hz / REFERENCE_HZ)
    return above


def interpolated_semitones(track: PitchTrack) -> np.ndarray:
    """Return F0 of every frame in semitones, interpolated where unvoiced.

    Parameters
    ----------
    track : PitchTrack
        F0 and voicing.

    Returns
    -------
    ndarray of float64, shape (t,)
        0 everywhere for a clip without voice.
    """
    voiced = np.flatnonzero(track.voiced)
    if not len(voiced):
        return np.zeros(len(track.hz))
    contour: np.ndarray = np.interp(np.arange(len(track.hz)), voiced, semitones(track.hz[voiced]))
    return contour


@lru_cache(maxsize=16)
def _window_correlation(length: int, n_fft: int, lags: int) -> np.ndarray:
    """Return the autocorrelation of the analysis window at each lag, 1 at lag 0."""
    from scipy.fft import irfft, rfft

    correlation = irfft(np.abs(rfft(framing.hann(length), n=n_fft)) ** 2, n=n_fft)[:lags]
    normalised: np.ndarray = correlation / correlation[0]
    return normalised


def autocorrelation(frames: np.ndarray, lags: int) -> np.ndarray:
    """Return the autocorrelation of frames, normalised by energy and by the window's own autocorrelation.

    Parameters
    ----------
    frames : ndarray of float32, shape (t, length)
        Frames of samples.
    lags : int
        Number of lags, from 0 samples on.

    Returns
    -------
    ndarray of float32, shape (t, lags)
        Correlation at each lag.
    """
    from scipy.fft import irfft, rfft

    length = frames.shape[1]
    n_fft = 1 << (length + lags - 1).bit_length()
    frames = (frames - frames.mean(axis=1, keepdims=True)) * framing.hann(length)
    spectrum = rfft(frames, n=n_fft, axis=1)
    correlation = irfft(spectrum.real**2 + spectrum.imag**2, n=n_fft, axis=1)[:, :lags]
    energy = np.maximum(correlation[:, :1], 1e-12)
    return np.asarray(correlation / energy / _window_correlation(length, n_fft, lags), dtype=np.float32)


def track(y: np.ndarray, sr: float, levels: np.ndarray) -> PitchTrack:
    """Estimate F0 for each 25 ms frame.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples, preferably decimated to a few kHz.
    sr : float
        Sampling rate in Hz.
    levels : ndarray of float64, shape (t,)
        Level of each frame in dBFS; frames far below the loud ones count as unvoiced.

    Returns
    -------
    PitchTrack
        F0 and strength of voicing of ``t`` frames.
    """
    from ser_bench.features.kernels.viterbi import viterbi_path

    length = max(4, round(FRAME_SECONDS * sr))
    first, last = max(2, int(sr / FMAX)), max(4, int(np.ceil(sr / FMIN)))
    frames = framing.cut_frames(y, sr, len(levels), length)
    correlation = autocorrelation(frames, min(last + 2, length))
    quiet = np.clip((np.percentile(levels, 95) - 20 - levels) / 20, 0, 1)
    period, strength = viterbi_path(correlation, first, quiet)
    return PitchTrack(np.where(period > 0, sr / np.where(period > 0, period, 1), 0), strength)
