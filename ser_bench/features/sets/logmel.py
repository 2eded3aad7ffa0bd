"""Log-mel frames, the usual input of networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import SPEECH_FRAMES, FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


_BAND_GROUPS = {"below 0.5 kHz": 11, "0.5 to 1 kHz": 22, "1 to 2 kHz": 35, "2 to 4 kHz": 49, "4 to 8 kHz": 64}
"""Frequency ranges with the number of the first band above each."""


def _compute(analysis: Analysis) -> np.ndarray:
    return analysis.log_mel


def _group(column: str) -> str:
    """Return the frequency range of a band."""
    band = int(column.rpartition("_")[2])
    return next(name for name, end in _BAND_GROUPS.items() if band < end)


FEATURE_SET = FeatureSet(
    name="logmel",
    kind="frames",
    summary="log-mel energies, 64 bands from 50 Hz to 8 kHz, 25 ms every 10 ms, silence trimmed",
    source="dB of full scale; triangular filters on Slaney's mel scale (Auditory Toolbox, 1998)",
    columns=numbered_columns("logmel", 64),
    compute=_compute,
    group=_group,
    parameters=SPEECH_FRAMES,
    version=2,
)
