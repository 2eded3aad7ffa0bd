"""MFCC with first and second differences, on the frames of logmel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import SPEECH_FRAMES, FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


_KINDS = {"mfcc": "static MFCC", "mfcc_delta": "first differences", "mfcc_delta2": "second differences"}
"""Prefixes of the columns with the name of their group."""


def _compute(analysis: Analysis) -> np.ndarray:
    import numpy as np

    from ser_bench.features.speech.mel import delta

    static = analysis.speech_mfcc
    first = delta(static)
    return np.hstack([static, first, delta(first)])


def _group(column: str) -> str:
    """Return whether a column is static, or a first or second difference."""
    return _KINDS[column.rpartition("_")[0]]


FEATURE_SET = FeatureSet(
    name="mfcc-frames",
    kind="frames",
    summary="20 MFCC with first and second differences, 25 ms every 10 ms, silence trimmed",
    source="cosine transform of logmel; differences by regression over two frames on either side",
    columns=tuple(column for kind in _KINDS for column in numbered_columns(kind, 20)),
    compute=_compute,
    group=_group,
    parameters={**SPEECH_FRAMES, "coefficients": 20},
    version=2,
)
