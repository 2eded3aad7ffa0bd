"""The default vector: statistics over time of what speech scientists measure frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet
from ser_bench.features.sets.columns import COLUMNS, group

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


def _compute(analysis: Analysis) -> np.ndarray:
    from ser_bench.features.speech.summary import summarise

    return summarise(analysis)


FUNCTIONALS = FeatureSet(
    name="functionals",
    kind="vector",
    summary="statistics of spectrum, F0, energy, voice quality, rate and pauses, silence trimmed",
    source="after eGeMAPS (Eyben et al., 2016) and Boersma (1993)",
    columns=COLUMNS,
    compute=_compute,
    group=group,
    version=2,
)
