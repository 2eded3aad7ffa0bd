"""The classic sets' short-time Fourier transform and its inverse, equal to librosa's to the last bits.

Equal bits matter where they seem not to: the tonal centroid of near silence is made of what rounding
left of the loud part beside it, and the tuning of a clip is the fullest bin of a histogram. So, as
librosa does, spectra are computed in double precision and kept in single, and the inverse is
computed in single precision and added up in double.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

N_FFT = 2048
HOP = 512
_BLOCK = 16
"""Frames transformed at a time, so that they stay in the processor's cache."""


@lru_cache(maxsize=1)
def window() -> np.ndarray:
    """Return the periodic Hann window, float64 of shape ``(2048,)``: ``scipy.signal.windows.hann``'s, bit for bit.

    Written out because importing scipy.signal takes longer than twenty clips.
    """
    values = 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, N_FFT + 1)[:-1])
    values.flags.writeable = False
    return values


def stft(y: np.ndarray) -> np.ndarray:
    """Return the spectrum of frames centred every 512 samples, zeros beyond the ends.

    ``y`` is float32 of shape ``(n,)``; the result is complex64 of shape ``(1 + n // 512, 1025)``.
    """
    from scipy.fft import rfft

    count = 1 + len(y) // HOP
    blocks = np.zeros((count - 1 + N_FFT // HOP, HOP), dtype=np.float32)
    used = min(len(y), blocks.size - N_FFT // 2)
    blocks.reshape(-1)[N_FFT // 2 : N_FFT // 2 + used] = y[:used]
    frames = np.lib.stride_tricks.sliding_window_view(blocks.reshape(-1), N_FFT)[::HOP]
    spectrum = np.zeros((count, N_FFT // 2 + 1), dtype=np.complex64)
    # digital silence transforms to zeros, at no cost
    loud = np.convolve(blocks.any(axis=1), np.ones(N_FFT // HOP), mode="valid") > 0.5
    for first in range(0, count, _BLOCK):
        block = slice(first, first + _BLOCK)
        if loud[block].any():
            spectrum[block] = rfft(frames[block] * window(), axis=1)
    return spectrum


def istft(spectrum: np.ndarray, length: int) -> np.ndarray:
    """Return the ``length`` samples whose ``stft`` is nearest to ``spectrum``, float32."""
    from scipy.fft import irfft

    from ser_bench.features.kernels.overlap import overlap_add

    frames = irfft(spectrum, n=N_FFT, axis=1)
    return overlap_add(frames, window(), HOP, length)
