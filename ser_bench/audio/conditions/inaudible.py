"""Changes that no listener hears, after which a prediction should stay the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind

if TYPE_CHECKING:
    import numpy as np

FAMILY = "inaudible"
GAIN_DB = -3.0
BIT_RATE = 192.0
"""Of the MP3 file, in kbit/s."""
RATE, OTHER_RATE = 44100, 48000
"""The rate in Hz to which clips are resampled, and that for clips which have it already."""


def _attenuate(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return y * 10 ** (GAIN_DB / 20), sr


def _shift(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    import numpy as np

    return np.concatenate([np.zeros(1, np.float32), y[:-1]]), sr


def _encode(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    from ser_bench.audio.conditions.codecs import mp3

    return _at_rate(*mp3(y, sr, BIT_RATE), sr, len(y)), sr


def _resample(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    from ser_bench.audio.resample import resample

    rate = OTHER_RATE if sr == RATE else RATE
    return _at_rate(resample(y, sr, rate), rate, sr, len(y)), sr


def _at_rate(y: np.ndarray, sr: int, rate: int, length: int) -> np.ndarray:
    """Return a clip at another rate, with this length."""
    import numpy as np

    from ser_bench.audio.resample import resample

    back = resample(y, sr, rate)[:length]
    return np.pad(back, (0, length - len(back)))


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

TRANSPARENT_MP3 = ConditionKind(
    name="transparent-mp3",
    family=FAMILY,
    summary="MP3 at 192 kbit/s, decoded at the clip's own rate",
    source="ISO/IEC 11172-3; LAME in libsndfile",
    phrase="coded as MP3 at 192 kbit/s",
    change=_encode,
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
