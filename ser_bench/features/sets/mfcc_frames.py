"""MFCC with deltas on the frames of ``logmel``, so that the two can be joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet
from ser_bench.features.sets.columns import cepstral_group

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    import numpy as np

    from ser_bench.features.speech.mel import delta

    static = analysis.speech_mfcc
    first = delta(static)
    return np.hstack([static, first, delta(first)])


MFCC_FRAMES = FeatureSet(
    name="mfcc-frames",
    kind="frames",
    summary="20 MFCC with first and second differences, 25 ms every 10 ms, silence trimmed",
    source="cosine transform of logmel; regression over two frames on either side",
    columns=tuple(f"{kind}_{i:02d}" for kind in ("mfcc", "mfcc_delta", "mfcc_delta2") for i in range(20)),
    compute=_compute,
    group=cepstral_group,
    parameters={"coefficients": 20, "bands": 64, "fmin": 50, "fmax": 8000, "window_ms": 25, "hop_ms": 10},
    version=2,
)
