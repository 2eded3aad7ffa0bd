"""Mel energies, averaged over time; equal to librosa."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import LIBROSA_STFT, FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    mean: np.ndarray = analysis.mel_spectrogram.mean(axis=0)
    return mean


FEATURE_SET = FeatureSet(
    name="mel",
    kind="vector",
    summary="128 mel energies, averaged over time",
    source="equals the time average of librosa.feature.melspectrogram",
    columns=numbered_columns("mel", 128),
    compute=_compute,
    parameters={**LIBROSA_STFT, "n_mels": 128},
)
