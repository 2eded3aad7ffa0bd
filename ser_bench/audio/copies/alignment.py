"""Comparison of two clips sample by sample: whether both hold one recording.

The clips are aligned by their cross-correlation. Their coherence is then the share of one that a constant filter makes
of the other, so that gain, filters and lossy coding hardly lower it. Another take of a word, even by the same speaker,
has other phases in every frame.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_bench.audio.copies.fingerprint import RATE
from ser_bench.audio.resample import resample

COHERENCE_THRESHOLD = 0.78
"""Coherence above which two clips are copies. On RAVDESS, EmoDB and SAVEE the copies of ``benchmarks/copies.py`` have
at least 0.8, and other clips that fingerprints suggest at most 0.75, words of 0.3 s included."""
_WHITENING = 0.7
"""Exponent of the cross-spectrum's magnitude that is divided out, so that filters leave the peak sharp."""
_FRAME = 256
"""Samples of a frame, which overlap by half."""
_MIN_FRAMES = 5
_LOWEST, _HIGHEST = 300.0, 3400.0
"""Frequencies in Hz that are compared."""


def is_copy(first: npt.NDArray[np.float32], first_sr: float, second: npt.NDArray[np.float32], second_sr: float) -> bool:
    """Return whether two clips hold the same recording.

    Parameters
    ----------
    first, second : ndarray of shape (n_samples,), dtype float32
        Mono samples.
    first_sr, second_sr : float
        Their sampling rates in Hz.

    Returns
    -------
    bool
    """
    return coherence(first, first_sr, second, second_sr) > COHERENCE_THRESHOLD


def coherence(
    first: npt.NDArray[np.float32], first_sr: float, second: npt.NDArray[np.float32], second_sr: float
) -> float:
    """Return the coherence of two clips in the part that both have.

    Parameters
    ----------
    first, second : ndarray of shape (n_samples,), dtype float32
        Mono samples.
    first_sr, second_sr : float
        Their sampling rates in Hz.

    Returns
    -------
    float
        Mean of the magnitude-squared coherence from 300 to 3,400 Hz, weighted by the amplitudes; from 0 to 1.
    """
    a, b = _centred(first, first_sr), _centred(second, second_sr)
    lag = _lag(a, b)
    start_a, start_b = max(0, lag), max(0, -lag)
    length = min(len(a) - start_a, len(b) - start_b)
    if length < (_MIN_FRAMES + 1) * _FRAME // 2:
        return 0.0
    spectra = [_spectra(part) for part in (a[start_a : start_a + length], b[start_b : start_b + length])]
    power = np.prod([np.sum(np.abs(spectrum) ** 2, axis=0) for spectrum in spectra], axis=0)
    cross = np.abs(np.sum(spectra[0] * np.conj(spectra[1]), axis=0)) ** 2
    weights = power**0.25
    return float(np.sum(weights * cross / (power + 1e-30)) / (weights.sum() + 1e-30))


def _centred(y: npt.NDArray[np.float32], sr: float) -> npt.NDArray[np.float32]:
    samples = resample(y, sr, RATE)
    centred: npt.NDArray[np.float32] = samples - samples.mean()
    return centred


def _lag(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> int:
    """Return the sample of ``a`` at which ``b`` starts, where their cross-correlation is largest."""
    size = 1 << (len(a) + len(b)).bit_length()
    cross = np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size))
    magnitude = np.abs(cross)
    correlation = np.fft.irfft(cross / (magnitude + 1e-6 * magnitude.max() + 1e-30) ** _WHITENING, size)
    peak = int(np.argmax(np.abs(correlation)))
    return peak if peak < size // 2 else peak - size


def _spectra(part: npt.NDArray[np.float32]) -> npt.NDArray[np.complex128]:
    """Return the spectra of the frames in the compared band, shape ``(frames, bins)``."""
    frames = np.lib.stride_tricks.sliding_window_view(part, _FRAME)[:: _FRAME // 2] * np.hanning(_FRAME)
    frequencies = np.fft.rfftfreq(_FRAME, 1 / RATE)
    spectra: npt.NDArray[np.complex128] = np.fft.rfft(frames)[:, (frequencies >= _LOWEST) & (frequencies <= _HIGHEST)]
    return spectra
