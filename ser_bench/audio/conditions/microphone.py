"""Microphones and converters: a narrow band, the tilt of a cheap microphone, clipping, low level, few bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind

if TYPE_CHECKING:
    import numpy as np

FAMILY = "microphone"


def _clip(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    import numpy as np

    limit = np.quantile(np.abs(y[y != 0]), 0.9) if y.any() else 1.0
    return np.clip(y, -limit, limit) / limit, sr


CLIPPED = ConditionKind(
    name="clipped",
    family=FAMILY,
    summary="amplifier overdriven: the loudest tenth of the samples is cut off",
    source="hard clipping",
    phrase="with clipped peaks",
    change=_clip,
)
