"""Changes that no listener hears, after which a prediction should stay the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind

if TYPE_CHECKING:
    import numpy as np

FAMILY = "inaudible"
GAIN_DB = -3.0
RATE, OTHER_RATE = 44100, 48000
"""The rate in Hz to which clips are resampled, and that for clips which have it already."""


def _attenuate(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return y * 10 ** (GAIN_DB / 20), sr


def _shift(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    import numpy as np

    return np.concatenate([np.zeros(1, np.float32), y[:-1]]), sr


def _resample(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    import numpy as np

    from ser_bench.audio.resample import resample

    rate = OTHER_RATE if sr == RATE else RATE
    back = resample(resample(y, sr, rate), rate, sr)[: len(y)]
    return np.pad(back, (0, len(y) - len(back))), sr


LEVEL = ConditionKind(
    name="level-3",
    family=FAMILY,
    summary="3 dB quieter",
    source="a gain of -3 dB",
    phrase="when played 3 dB quieter",
    change=_attenuate,
    audible=False,
)

SHIFT = ConditionKind(
    name="shift-1",
    family=FAMILY,
    summary="one sample later; the last sample is cut",
    source="a delay of one sample",
    phrase="when shifted by one sample",
    change=_shift,
    audible=False,
)

RESAMPLED = ConditionKind(
    name="resampled",
    family=FAMILY,
    summary="at 44.1 kHz (48 kHz for clips of 44.1 kHz) and back at the clip's own rate",
    source="SoX resampler, high quality",
    phrase="when resampled to 44.1 kHz and back",
    change=_resample,
    audible=False,
)
