"""Whether a clip holds speech, by its voiced frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ser_bench.features.base import FeatureSet

if TYPE_CHECKING:
    from ser_bench.features.analysis import Analysis

MIN_VOICED_SECONDS = 0.1
"""Speech of one syllable has more voiced sound."""

_HOP_SECONDS = 0.01


def _voiced(analysis: Analysis) -> np.ndarray:
    return analysis.pitch.voiced.astype(np.float32)[:, np.newaxis]


VOICING = FeatureSet(
    name="(voicing)",
    kind="frames",
    summary="whether frames are voiced, 25 ms every 10 ms",
    source="the pitch tracker of functionals",
    columns=("voiced",),
    compute=_voiced,
)
"""Computed beside the features of a model, with which it shares the pitch tracker."""


def missing(voiced: np.ndarray) -> tuple[str, ...]:
    """Return why a clip seems to hold no speech.

    Parameters
    ----------
    voiced : ndarray of float, shape (t, 1)
        The value of :data:`VOICING`.

    Returns
    -------
    tuple of str
        A sentence without a full stop; empty for a clip with voiced sound.
    """
    seconds = float(voiced.sum()) * _HOP_SECONDS
    if seconds >= MIN_VOICED_SECONDS:
        return ()
    return (f"no speech was found: {seconds:.2f} s of voiced sound, expected at least {MIN_VOICED_SECONDS:g} s",)
