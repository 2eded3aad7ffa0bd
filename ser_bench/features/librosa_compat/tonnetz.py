"""Tonal centroid of Harte, Sandler and Gasser (2006); librosa's ``tonnetz``."""

from __future__ import annotations

import numpy as np

from ser_bench.features.librosa_compat import constantq, spectrum
from ser_bench.features.librosa_compat import pitch_tuning as tuning


def _axes() -> np.ndarray:
    """Return the place of each pitch class on fifths, minor and major thirds, shape ``(6, 12)``."""
    steps = np.arange(12)
    circles = ((7 / 6, 1.0), (3 / 2, 1.0), (2 / 3, 0.5))
    rows = [r * wave(np.pi * turn * steps) for turn, r in circles for wave in (np.sin, np.cos)]
    return np.stack(rows)


def tonnetz_mean(harmonic: np.ndarray, sr: float) -> np.ndarray:
    """Return the time average of ``librosa.feature.tonnetz``, float32 of shape ``(6,)``.

    ``harmonic`` is the clip's harmonic part, float32 of shape ``(n,)``, at ``sr`` Hz.
    """
    magnitude = np.abs(spectrum.stft(harmonic))
    chroma = constantq.pitch_classes(harmonic, sr, tuning.estimate(magnitude, sr, constantq.BINS))
    total = chroma.sum(axis=1, keepdims=True)
    total[total < np.finfo(np.float32).tiny] = 1
    return ((chroma / total) @ _axes().T).mean(axis=0).astype(np.float32)
