"""Log-mel energies of speech frames: 25 ms windows, 10 ms apart, 64 bands up to 8 kHz at any rate."""

from __future__ import annotations

import numpy as np

from ser_bench.features.speech import filterbanks, framing

N_BANDS = 64
FMIN, FMAX = 50.0, 8000.0
FLOOR_DB = -100.0
RANGE_DB = 80.0
"""Energies this far below the clip's loudest band are raised to that level: digital silence inside a
clip says more about the recording than about the voice."""


def spectrum(y: np.ndarray, sr: float) -> np.ndarray:
    """Return the spectrum of each 25 ms frame under a Hann window, complex64 of shape ``(t, n_fft // 2 + 1)``."""
    from scipy.fft import rfft

    length = framing.window_length(sr)
    frames = framing.cut_frames(y, sr, framing.frame_count(len(y), sr), length) * framing.hann(length)
    return rfft(frames, n=fft_length(sr), axis=1)


def fft_length(sr: float) -> int:
    """Return the power of two that holds 25 ms."""
    return 1 << (framing.window_length(sr) - 1).bit_length()


def power(spectrum: np.ndarray, sr: float, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean square in each bin from ``low`` to ``high`` Hz, ``(t, bins)``, and the bins' Hz, ``(bins,)``.

    The unit is that of the samples squared, whatever the rate and window.
    """
    n_fft, window = fft_length(sr), framing.hann(framing.window_length(sr))
    bins = slice(int(np.ceil(low * n_fft / sr)), int(high * n_fft / sr) + 2)
    part = spectrum[:, bins]
    scale = 2 / (n_fft * np.square(window, dtype=np.float64).sum())
    return (part.real**2 + part.imag**2) * np.float32(scale), np.arange(spectrum.shape[1])[bins] * sr / n_fft


def band_energies(power: np.ndarray, sr: float) -> np.ndarray:
    """Return the mean square in each mel band and frame, float32 of shape ``(t, 64)``.

    ``power`` is that of :func:`power` from 0 to ``FMAX``; bands above Nyquist hold 0.
    """
    return power @ filterbanks.mel(sr, fft_length(sr), N_BANDS, FMIN, FMAX)[:, : power.shape[1]].T


def to_db(energies: np.ndarray) -> np.ndarray:
    """Return mean squares as dB of full scale, floored at -100 dB and 80 dB below the largest."""
    floor = max(10 ** (FLOOR_DB / 10), float(energies.max(initial=0.0)) * 10 ** (-RANGE_DB / 10))
    return (10 * np.log10(np.maximum(energies, floor))).astype(np.float32)


def cepstrum(log_mel: np.ndarray, n_mfcc: int) -> np.ndarray:
    """Return the first cosine coefficients of log-mel frames, shape ``(t, n_mfcc)``."""
    return log_mel @ filterbanks.cosine(n_mfcc, log_mel.shape[1]).T


def delta(frames: np.ndarray) -> np.ndarray:
    """Return the regression slope per frame over two frames on either side, ends repeated, same shape."""
    padded = np.pad(frames, ((2, 2), (0, 0)), mode="edge")
    one = padded[3:-1] - padded[1:-3]
    two = padded[4:] - padded[:-4]
    return ((one + 2 * two) / 10).astype(np.float32)
