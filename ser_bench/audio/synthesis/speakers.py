"""The twenty-four voices: larynx, vocal tract, background noise, and personal style of each emotion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ser_bench.audio.synthesis import portable
from ser_bench.audio.synthesis.expression import PARAMETERS, vocal_parameters
from ser_bench.audio.synthesis.utterances import SPEAKERS, Utterance

_VOICE, _STYLE, _UTTERANCE = 1, 2, 3


@dataclass(frozen=True)
class Voice:
    """The properties of a speaker, the same in all utterances.

    Attributes
    ----------
    f0
        Mean F0 in Hz.
    formants
        Factors on a man's formants, shape ``(6,)``.
    floor
        Amplitude of the background noise.
    expressiveness
        Factor on the offsets of emotions.
    scores
        Standard scores of the parameters, shape ``(len(PARAMETERS),)``.
    """

    f0: float
    formants: np.ndarray
    floor: float
    expressiveness: float
    scores: np.ndarray


@lru_cache(maxsize=len(SPEAKERS))
def voice(speaker: str) -> Voice:
    """Return the voice of a speaker.

    Men speak near 115 Hz, women near 200 Hz with a 14 % shorter vocal tract, the means of Peterson & Barney (1952).
    Formants differ between speakers by the length of the tract and, less, independently of each other, since mouth
    and pharynx do not scale alike.

    Parameters
    ----------
    speaker
        One of ``utterances.SPEAKERS``.

    Returns
    -------
    Voice
        The same at every call.
    """
    number = SPEAKERS.index(speaker)
    draw = portable.normals((_VOICE, number), 16 + len(PARAMETERS))
    male = number % 2 == 0
    tract = (1.0 if male else 1.14) * (1.0 + 0.05 * draw[0])
    return Voice(
        f0=(115.0 if male else 200.0) * float(portable.semitones_to_ratio(2.2 * draw[1])),
        formants=tract * (1.0 + 0.035 * draw[2:8]),
        floor=0.0006 * float(portable.db_to_amplitude(3.0 * draw[8])),
        expressiveness=float(np.clip(1.0 + 0.22 * draw[9], 0.6, 1.4)),
        scores=draw[16:] + _gender_scores(male),
    )


def utterance_parameters(utterance: Utterance) -> dict[str, float]:
    """Compute the vocal parameters of an utterance from emotion, speaker, style and chance.

    Parameters
    ----------
    utterance
        The utterance.

    Returns
    -------
    dict
        Values by name in ``expression.PARAMETERS``.
    """
    speaker_voice = voice(utterance.speaker)
    speaker, emotion, _, _ = utterance.indices
    scores = {
        "speaker": speaker_voice.scores,
        "style": portable.normals((_STYLE, speaker, emotion), len(PARAMETERS)),
        "utterance": portable.normals((_UTTERANCE, *utterance.indices), len(PARAMETERS)),
    }
    return vocal_parameters(utterance.emotion, utterance.intensity, speaker_voice.expressiveness, scores)


def _gender_scores(male: bool) -> np.ndarray:
    """Shift the scores by half a deviation: women's voices are breathier and steeper (Klatt & Klatt, 1990)."""
    shift = {"tilt": 0.5, "open": 0.5, "breath": 0.5}
    sign = -1.0 if male else 1.0
    return np.array([sign * shift.get(name, 0.0) for name in PARAMETERS])
