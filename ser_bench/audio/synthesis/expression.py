"""Vocal expression of emotions: a table of parameters, and the spread of speakers around it.

The signs follow three sources; the sizes are our own, small enough that no model reaches the ceiling.

* Juslin & Laukka (2003), Psychological Bulletin 129(5), 770-814, the cues of 104 studies of vocal
  expression. Anger: fast, loud, much high-frequency energy, F0 high, variable and rising, abrupt
  onsets, irregular. Fear: fast, soft unless in panic, little high-frequency energy, F0 high, rising
  and little variable, very irregular. Happiness: fast, medium to loud, medium high-frequency energy, F0
  high, very variable and rising, abrupt onsets, regular. Sadness: slow with pauses, soft, little
  high-frequency energy, F0 low, falling and little variable, slow onsets, irregular. Tenderness, taken
  here for calm: as sadness, but regular.
* Murray & Arnott (1993), J. Acoust. Soc. Am. 93(2), 1097-1108, their summary table. Anger: slightly
  faster, F0 very much higher and much wider, louder, tense. Happiness: F0 much higher and much wider,
  louder, breathy, inflected upwards. Sadness: slightly slower, slightly lower and narrower, softer,
  slurred, inflected downwards. Fear: much faster, F0 very much higher and much wider, irregular voicing,
  precise. Disgust: very much slower, F0 very much lower and slightly wider, softer, grumbled, with wide
  falls at the end.
* Banse & Scherer (1996), J. Pers. Soc. Psychol. 70(3), 614-636: mean F0 and energy are highest for intense
  emotions (hot anger, panic fear, elation, despair) and low for sadness. So listeners confuse the aroused
  emotions with each other, and the quiet ones too; so do models trained on the demo corpus.

Where the first two disagree (the range of fear), the table follows the first. None includes surprise: here it
is high and wide like happiness and ends on a steep rise, like a question. Smiling raises formants and
F0 (Tartter, 1980, Perception & Psychophysics 27(1), 24-27): happiness.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

PARAMETERS = (
    "pitch",  # semitones on the speaker's own F0
    "range",  # semitones per unit of accent
    "slope",  # semitones from first to last phone
    "ending",  # semitones on the last syllable
    "rate",  # percent of speed, as 100 times its natural logarithm
    "loud",  # dB
    "tilt",  # dB by which the voice falls at 3 kHz beyond the bare pulse
    "open",  # percent of the glottal cycle that is open
    "breath",  # dB of aspiration under the voice
    "jitter",  # percent of the period, from cycle to cycle
    "shimmer",  # percent of the amplitude, from cycle to cycle
    "tremor",  # semitones at about 6 Hz
    "smile",  # percent on all formants
    "clarity",  # percent of their distance from schwa that vowels keep
    "attack",  # how abruptly syllables begin, and how strong consonants are
    "pause",  # milliseconds of silence before the last phrase
)

# fmt: off
#                ptch  rnge  slop   end  rte  loud  tilt  opn  breth  jitt  shim  trem  smil  clr   att  pse
NEUTRAL =       ( 0.0,  2.4, -2.2, -1.0,   7,  0.0, 12.0,  60, -29.0,  0.6,  4.0, 0.00,  0.0, 100,  0.5,   0)
"""Neutral speech, averaged over speakers."""

EMOTION = {
    "neutral":  ( 0.0,  0.0,  0.0,  0.0,   0,  0.0,  0.0,   0,   0.0,  0.0,  0.0, 0.00,  0.0,   0,  0.0,   0),
    "calm":     (-0.7, -1.1, -1.0, -0.2, -11, -2.4,  2.4,   4,   1.5, -0.2, -1.2, 0.00,  0.6,   0, -0.2,  40),
    "happy":    ( 4.3,  2.2,  1.8,  1.0,   7,  3.6, -4.0,  -1,   1.2, -0.1,  0.0, 0.00,  4.2,   7,  0.2,   0),
    "sad":      (-1.0, -1.4, -1.7, -0.7, -17, -4.2,  4.5,   6,   3.0,  0.4,  2.4, 0.12, -1.8, -22, -0.4,  80),
    "angry":    ( 4.3,  1.7,  0.7, -0.7,  10,  6.0, -7.0,  -8,  -2.4,  0.6,  3.6, 0.00,  0.6,  14,  0.5,   0),
    "fearful":  ( 5.5, -0.8,  1.4,  0.2,  19,  0.6,  1.2,   2,   3.6,  1.0,  3.6, 0.48,  0.6,   2,  0.0,  40),
    "disgust":  (-1.7,  0.6, -1.4, -2.4, -19, -1.2, -0.6,  -4,  -0.6,  1.0,  4.8, 0.00, -1.2,   7,  0.1,  50),
    "surprised":( 5.0,  2.6,  2.6,  4.2,   2,  2.4, -2.4,   1,   1.8,  0.0,  0.0, 0.00,  1.8,   2,  0.2,  20),
}
"""Offsets from neutral speech at normal intensity."""

SPREAD = {
    "speaker":  ( 0.0,  0.4,  0.6,  0.4,   9,  3.0,  2.1,   3,   2.5,  0.2,  1.0, 0.00,  0.0,   7,  0.1,  10),
    "style":    ( 1.6,  0.8,  1.1,  0.8,   8,  2.3,  1.7,   4,   2.3,  0.4,  1.6, 0.12,  1.7,   7,  0.1,  20),
    "utterance":( 0.5,  0.3,  0.4,  0.3,   3,  0.6,  0.5,   1,   0.6,  0.1,  0.4, 0.00,  0.4,   3,  0.1,  10),
}
"""Standard deviations of the random offsets: per speaker, per speaker and emotion (style), per utterance."""
# fmt: on

STRENGTH = {"normal": 1.0, "strong": 1.35}
"""Factor on the offsets of an emotion; strong portrayals deviate further in the same direction."""

LIMITS = {
    "range": (0.3, 7.0),
    "rate": (-18, 40),
    "tilt": (1.0, 24.0),
    "open": (40, 80),
    "jitter": (0.1, 3.0),
    "shimmer": (0.5, 15.0),
    "tremor": (0.0, 1.2),
    "clarity": (55, 130),
    "attack": (0.05, 1.2),
    "pause": (0, 250),
}
"""Ranges that a human voice can produce; values are clipped to them."""


def vocal_parameters(
    emotion: str, intensity: str, expressiveness: float, scores: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Compute the vocal parameters of an utterance.

    Parameters
    ----------
    emotion
        A key of :data:`EMOTION`.
    intensity
        A key of :data:`STRENGTH`.
    expressiveness
        Factor on the offsets of the emotion.
    scores
        By name in :data:`SPREAD`, random standard scores, shape ``(len(PARAMETERS),)``.

    Returns
    -------
    dict
        Values by name in :data:`PARAMETERS`.
    """
    value = np.asarray(NEUTRAL) + np.asarray(EMOTION[emotion]) * (STRENGTH[intensity] * expressiveness)
    for name, spread in SPREAD.items():
        value = value + scores[name] * np.asarray(spread)
    named = dict(zip(PARAMETERS, value.tolist(), strict=True))
    for name, (low, high) in LIMITS.items():
        named[name] = min(max(named[name], low), high)
    return named
