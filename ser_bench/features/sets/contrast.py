"""Spectral contrast, averaged over time; equal to librosa."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import LIBROSA_STFT, FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.spectral import contrast_mean

    return contrast_mean(analysis.magnitude, analysis.sr)


FEATURE_SET = FeatureSet(
    name="contrast",
    kind="vector",
    summary="peak minus valley level of 7 octave bands, averaged over time",
    source="equals the time average of librosa.feature.spectral_contrast; Jiang et al. (2002)",
    columns=numbered_columns("contrast", 7),
    compute=_compute,
    parameters={**LIBROSA_STFT, "n_bands": 6, "fmin": 200, "quantile": 0.02},
)
