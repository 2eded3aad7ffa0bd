"""Tonal centroid of the harmonic part, averaged over time; equal to librosa."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import LIBROSA_STFT, FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.librosa_compat.tonnetz import tonnetz_mean

    return tonnetz_mean(analysis.harmonic, analysis.sr)


FEATURE_SET = FeatureSet(
    name="tonnetz",
    kind="vector",
    summary="tonal centroid of the harmonic part in 6 dimensions, averaged over time",
    source="equals the time average of librosa.feature.tonnetz(effects.harmonic(y)); Harte et al. (2006)",
    columns=numbered_columns("tonnetz", 6),
    compute=_compute,
    parameters={**LIBROSA_STFT, "median": 31, "bins_per_octave": 36, "octaves": 7},
    needs=("numba", "scipy", "soxr"),
)
