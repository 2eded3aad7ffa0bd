"""Noise over a whole clip, at a stated ratio of the speech's active level to the level of the noise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind
from ser_bench.core.errors import ConditionError

if TYPE_CHECKING:
    import numpy as np

FAMILY = "noise"

_SNR = "SNR by the active speech level of ITU-T P.56"


def _add(noise: str, y: np.ndarray, sr: int, rng: np.random.Generator, snr: float) -> tuple[np.ndarray, int]:
    """Add a noise; silence at the ends gets it too, but does not make it weaker."""
    import numpy as np

    from ser_bench.audio.activity import active_level
    from ser_bench.audio.noises import NOISES

    level = active_level(y, sr)
    if level == float("-inf"):
        raise ConditionError("silent clip; noise at a stated SNR needs speech")
    added = NOISES[noise](len(y), sr, rng)
    power = float(np.mean(np.square(added), dtype=np.float64))
    return y + added * np.float32(10 ** ((level - snr) / 20) / power**0.5), sr


def _kind(name: str, summary: str, source: str, phrase: str, common: tuple[float, ...] = ()) -> ConditionKind:
    return ConditionKind(
        name=name,
        family=FAMILY,
        summary=summary,
        source=f"{source}; {_SNR}",
        phrase=f"{phrase} at {{level}} dB SNR",
        change=partial(_add, name),
        levels=(20.0, 10.0, 0.0),
        unit="dB SNR",
        lowest=-20.0,
        highest=60.0,
        harder="lower",
        common=common,
    )


WHITE = _kind("white", "white noise: equal power per Hz", "Gaussian noise", "in white noise")
PINK = _kind("pink", "pink noise: -3 dB per octave from 20 Hz up", "Gaussian noise", "in pink noise")
SPEECH = _kind(
    "speech",
    "stationary noise with the average spectrum of speech",
    "Byrne et al. (1994)",
    "in speech-shaped noise",
    common=(20, 10),
)
BABBLE = _kind(
    "babble",
    "eight neutral synthetic voices at once; above 7.5 kHz noise with the spectrum of speech",
    "voices of the demo corpus",
    "in babble of synthetic voices",
    common=(20, 10),
)
HUM = _kind(
    "hum",
    "mains hum: 50 Hz and its multiples up to 1 kHz",
    "amplitude 1/k of harmonic k",
    "with mains hum",
)
