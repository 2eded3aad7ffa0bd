"""Random convolutions of spectrum and prosody: what functionals, which ignore the order of frames, do not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis

_KERNELS = 2000
_BAND_DB = 15.0
_CONTOURS = {
    "level": (0.0, 15.0),
    "flux": (3.0, 2.0),
    "centroid": (0.0, 15.0),
    "rolloff": (0.0, 20.0),
    "flatness": (-10.0, 8.0),
    "tilt": (-4.0, 4.0),
    "alpha_ratio": (-8.0, 10.0),
    "hammarberg": (15.0, 12.0),
    "zero_crossings": (1300.0, 1000.0),
    "voicing": (0.7, 0.25),
}
"""Usual centre and spread of each contour; the level is relative to its mean."""
_SEMITONES, _SEMITONES_PER_FRAME = (1.0, 7.0), (0.0, 0.5)
_VOICED = (0.6, 0.5)


def _compute(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.speech import convolutions

    return convolutions.summarised(_standardised(analysis))


def _standardised(analysis: Analysis) -> np.ndarray:
    """Return log-mel bands and contours on comparable scales, without the level of the clip, float32 ``(t, d)``."""
    import numpy as np

    from ser_bench.features.speech.pitch import interpolated_semitones

    contours = dict(analysis.contours)
    contours["level"] = contours["level"] - contours["level"].mean()
    f0 = interpolated_semitones(analysis.pitch)
    step = np.gradient(f0) if len(f0) > 1 else f0
    scales = [*_CONTOURS.values(), _SEMITONES, _SEMITONES_PER_FRAME, _VOICED]
    rows = [*(contours[name] for name in _CONTOURS), f0, step, analysis.pitch.voiced]
    bands = (analysis.log_mel - analysis.log_mel.mean()) / _BAND_DB
    others = np.stack([(row - centre) / spread for row, (centre, spread) in zip(rows, scales, strict=True)], axis=1)
    return np.concatenate([bands, others], axis=1).astype(np.float32)


FEATURE_SET = FeatureSet(
    name="rocket",
    kind="vector",
    summary="2,000 random convolutions of log-mel bands and prosody, in steps of 20 ms; never trained",
    source="Dempster et al., ROCKET, 2020; mean excess of each output over a threshold",
    columns=numbered_columns("rocket", _KERNELS),
    compute=_compute,
    parameters={"kernels": _KERNELS, "taps": 7, "step_ms": 20, "seed": 20201},
)
