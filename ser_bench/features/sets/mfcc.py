"""Mel-frequency cepstral coefficients, averaged over time; equal to librosa."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import LIBROSA_STFT, FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.spectral import mfcc_mean

    return mfcc_mean(analysis.mel_spectrogram)


FEATURE_SET = FeatureSet(
    name="mfcc",
    kind="vector",
    summary="40 MFCC, averaged over time",
    source="equals the time average of librosa.feature.mfcc(n_mfcc=40)",
    columns=numbered_columns("mfcc", 40),
    compute=_compute,
    parameters={**LIBROSA_STFT, "n_mfcc": 40, "n_mels": 128, "top_db": 80},
)
