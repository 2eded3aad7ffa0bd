"""Log-mel frames, the usual input of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet
from ser_bench.features.sets.columns import frequency_group

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    return analysis.log_mel


LOGMEL = FeatureSet(
    name="logmel",
    kind="frames",
    summary="log-mel energies, 64 bands from 50 Hz to 8 kHz, 25 ms every 10 ms, silence trimmed",
    source="dB of full scale; triangles on Slaney's mel scale (Auditory Toolbox, 1998)",
    columns=tuple(f"logmel_{band:02d}" for band in range(64)),
    compute=_compute,
    group=frequency_group,
    parameters={"bands": 64, "fmin": 50, "fmax": 8000, "window_ms": 25, "hop_ms": 10},
    version=2,
)
