"""The twenty-four voices: larynx, vocal tract, recording level, and each one's own way with each emotion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ser_bench.corpora.datasets.demo import portable
from ser_bench.corpora.datasets.demo.codes import SPEAKERS, Code
from ser_bench.corpora.datasets.demo.expression import PARAMETERS, expression

_VOICE, _OWN_WAY, _CLIP = 1, 2, 3


@dataclass(frozen=True)
class Voice:
    """What stays the same in all of a speaker's clips.

    ``f0`` in Hz; ``formants`` six factors on a man's formants; ``floor`` the amplitude of the
    recording's noise; ``scores`` standard scores of the parameters, shape ``(len(PARAMETERS),)``.
    """

    f0: float
    formants: np.ndarray
    floor: float
    expressiveness: float
    scores: np.ndarray


@lru_cache(maxsize=len(SPEAKERS))
def voice(speaker: str) -> Voice:
    """Return a speaker's voice; men speak near 115 Hz, women near 200 Hz with a tract 14 % shorter.

    The means are those of Peterson & Barney (1952); F1 to F3 differ between speakers by the length of
    the tract and, less, each on its own, since mouth and pharynx do not scale alike.
    """
    number = SPEAKERS.index(speaker)
    draw = portable.bells((_VOICE, number), 16 + len(PARAMETERS))
    male = number % 2 == 0
    tract = (1.0 if male else 1.14) * (1.0 + 0.05 * draw[0])
    return Voice(
        f0=(115.0 if male else 200.0) * float(portable.semitones(2.2 * draw[1])),
        formants=tract * (1.0 + 0.035 * draw[2:8]),
        floor=0.0006 * float(portable.decibels(3.0 * draw[8])),
        expressiveness=float(np.clip(1.0 + 0.22 * draw[9], 0.6, 1.4)),
        scores=draw[16:] + _gender_scores(male),
    )


def parameters(code: Code) -> dict[str, float]:
    """Return the vocal parameters of a clip: the emotion's, the speaker's, their meeting's, and chance's."""
    who = voice(code.speaker)
    speaker, emotion, _, _ = code.indices
    scores = {
        "speaker": who.scores,
        "own way": portable.bells((_OWN_WAY, speaker, emotion), len(PARAMETERS)),
        "clip": portable.bells((_CLIP, *code.indices), len(PARAMETERS)),
    }
    return expression(code.emotion, code.intensity, who.expressiveness, scores)


def _gender_scores(male: bool) -> np.ndarray:
    """Women's voices are breathier and steeper (Klatt & Klatt, 1990): half a deviation either way."""
    towards = {"tilt": 0.5, "open": 0.5, "breath": 0.5}
    sign = -1.0 if male else 1.0
    return np.array([sign * towards.get(name, 0.0) for name in PARAMETERS])
