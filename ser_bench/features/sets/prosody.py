"""Contours of prosody as frames, for networks that read them beside log-mel frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


_CONTOURS = (
    *("level", "flux", "centroid", "rolloff", "flatness", "tilt"),
    *("alpha_ratio", "hammarberg", "zero_crossings", "voicing"),
)


def _compute(analysis: Analysis) -> np.ndarray:
    import numpy as np

    from ser_bench.features.speech.pitch import interpolated_semitones

    track = analysis.pitch
    f0 = interpolated_semitones(track)
    step = np.gradient(f0) if len(f0) > 1 else f0
    rows = [*(analysis.contours[name] for name in _CONTOURS), f0, step, track.voiced]
    return np.stack(rows, axis=1).astype(np.float32)


FEATURE_SET = FeatureSet(
    name="prosody",
    kind="frames",
    summary="F0, voicing, level and shape of the spectrum, 25 ms every 10 ms, silence trimmed",
    source="the contours that functionals summarises; F0 in semitones, interpolated where unvoiced",
    columns=(*_CONTOURS, "f0", "f0_step", "voiced"),
    compute=_compute,
)
