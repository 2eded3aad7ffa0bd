"""Energy above 8 kHz, where breath and sharp consonants are, for corpora recorded with that bandwidth."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


EDGES = (8000, 9000, 10000, 11500, 13000, 15000, 17500, 20000)
"""Edges of the bands in Hz."""
FLOOR_DB = -80.0
_BANDS = tuple(f"{low / 1000:g}khz" for low in EDGES[:-1])
_STATISTICS = ("mean", "std", "p05", "p25", "p50", "p75", "p95")


def _compute(analysis: Analysis) -> np.ndarray:
    import numpy as np

    from ser_bench.features.speech import mel
    from ser_bench.features.speech.summary import spread

    power, hz = mel.power(analysis.frame_spectrum, analysis.sr, EDGES[0], EDGES[-1])
    bands = np.full((len(power), len(_BANDS)), FLOOR_DB)
    level = analysis.levels.mean()
    for column, (low, high) in enumerate(itertools.pairwise(EDGES)):
        within = (hz >= low) & (hz < high)
        if within.any() and analysis.sr >= 2 * high:
            relative = 10 * np.log10(power[:, within].mean(axis=1) + 1e-20) - level
            bands[:, column] = np.clip(relative, FLOOR_DB, 0.0)
    voiced = analysis.pitch.voiced
    voiced_mean = (bands[voiced] if voiced.any() else bands).mean(axis=0)
    return np.concatenate([spread(bands).ravel(), voiced_mean]).astype(np.float32)


FEATURE_SET = FeatureSet(
    name="treble",
    kind="vector",
    summary="energy from 8 to 20 kHz; join it where every recording has that bandwidth: functionals+treble",
    source="levels relative to the clip's, as in functionals; bands above half the rate hold the floor",
    columns=(
        *(f"{band}_{statistic}" for band in _BANDS for statistic in _STATISTICS),
        *(f"voiced_{band}_mean" for band in _BANDS),
    ),
    compute=_compute,
)
