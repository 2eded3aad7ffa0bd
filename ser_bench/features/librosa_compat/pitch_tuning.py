"""Deviation of a clip's tones from the notes of equal temperament; librosa's ``estimate_tuning``."""

from __future__ import annotations

import numpy as np

from ser_bench.features.librosa_compat.spectrum import N_FFT

FMIN, FMAX = 150.0, 4000.0


def estimate(magnitude: np.ndarray, sr: float, bins_per_octave: int) -> float:
    """Return the fullest bin of a histogram over the louder half of the spectral peaks from 150 Hz to 4 kHz.

    Parameters
    ----------
    magnitude : ndarray of float32, shape (t, 1025)
        Magnitude spectrogram.
    sr : float
        Sampling rate in Hz.
    bins_per_octave : int
        Number of notes in an octave.

    Returns
    -------
    float
        Deviation in bins, from -0.5 to 0.5 in steps of 0.01; 0 where the spectrum has no peaks.
    """
    from ser_bench.features.kernels.peaks import spectral_peaks

    frequencies = np.fft.rfftfreq(N_FFT, 1 / sr)
    first = int(np.searchsorted(frequencies, FMIN))
    last = int(np.searchsorted(frequencies, min(FMAX, sr / 2)))
    hz, height = spectral_peaks(magnitude, first, last, float(sr), N_FFT)
    if not len(hz):
        return 0.0
    hz = hz[height >= np.median(height)]
    residual = np.mod(bins_per_octave * np.log2(hz / (440.0 / 16)), 1.0)
    residual[residual >= 0.5] -= 1.0
    edges = np.linspace(-0.5, 0.5, 101)
    counts = np.bincount(np.searchsorted(edges, residual, side="right") - 1, minlength=100)
    return float(edges[np.argmax(counts[:100])])
