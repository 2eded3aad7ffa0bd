"""Chroma, averaged over time; equal to librosa."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import LIBROSA_STFT, FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.chroma import chroma_mean

    return chroma_mean(analysis.magnitude, analysis.sr)


FEATURE_SET = FeatureSet(
    name="chroma",
    kind="vector",
    summary="12 pitch classes, averaged over time",
    source="equals the time average of librosa.feature.chroma_stft(S=|STFT|)",
    columns=numbered_columns("chroma", 12),
    compute=_compute,
    parameters={**LIBROSA_STFT, "n_chroma": 12},
)
