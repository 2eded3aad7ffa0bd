"""How an emotion is spoken: one table of vocal parameters, and who deviates from it by how much.

The signs follow three sources, the sizes are our own, chosen so that no model comes near the ceiling:

* Juslin & Laukka (2003), Psychological Bulletin 129(5), 770-814, the summary of cues over 104 studies
  of vocal expression. Anger: fast, loud, much high-frequency energy, high and variable F0, rising
  contour, fast voice onsets, irregular. Fear: fast, low intensity except in panic, little
  high-frequency energy, high F0 of little variability, rising, very irregular. Happiness: fast, medium to high
  intensity and high-frequency energy, high and very variable F0, rising, fast onsets, regular. Sadness: slow,
  soft, little high-frequency energy, low F0 of little variability, falling, slow onsets, irregular, pauses.
  Tenderness, taken here for calm: slow, soft, little high-frequency energy, low F0 of little variability,
  falling, slow onsets, regular.
* Murray & Arnott (1993), J. Acoust. Soc. Am. 93(2), 1097-1108, summary table. Anger: slightly faster, F0
  very much higher and much wider, louder, tense. Happiness: F0 much higher and much wider, louder,
  breathy, upward inflections. Sadness: slightly slower, lower and narrower, softer, slurred, downward
  inflections. Fear: much faster, F0 very much higher, irregular voicing, precise. Disgust: very much
  slower, F0 very much lower and slightly wider, softer, grumbled, wide downward terminal inflections.
* Banse & Scherer (1996), J. Pers. Soc. Psychol. 70(3), 614-636: mean F0 and energy are highest for
  intense emotions (hot anger, panic fear, elation, despair) and low for sadness; anger and the other
  intense emotions move spectral energy above 1 kHz. Aroused emotions are hence confusable with each other, and so
  are the quiet ones; that holds below too.

Smiling shortens the tract and raises the formants and F0 (Tartter, 1980, Percept. Psychophys. 27(1),
24-27): happiness. None of the three tables has surprise: here it is high and wide like happiness and ends
on a steep rise, as a question does.
"""

from __future__ import annotations

import numpy as np

PARAMETERS = (
    "pitch",  # semitones on the speaker's own F0
    "range",  # semitones per unit of accent
    "slope",  # semitones from first to last phone
    "ending",  # semitones on the last syllable
    "rate",  # natural logarithm of the speed
    "loud",  # dB
    "tilt",  # dB by which the voice falls at 3 kHz beyond the bare pulse
    "open",  # open quotient of the glottal cycle
    "breath",  # dB of aspiration under the voice
    "jitter",  # percent of the period, from cycle to cycle
    "shimmer",  # percent of the amplitude, from cycle to cycle
    "tremor",  # semitones at about 6 Hz
    "smile",  # percent on all formants
    "clarity",  # how far vowels keep away from schwa
    "attack",  # how abruptly syllables begin, and how strong consonants are
    "pause",  # seconds of silence before the last phrase
)

# fmt: off
#             pitch range slope  end  rate  loud  tilt  open breath jitt shim trem smile clar  att  pause
NEUTRAL =   (  0.0,  2.4, -2.2, -1.0, 0.00,  0.0, 10.0, 0.60, -26.0, 0.6, 4.0, 0.0,  0.0, 1.00, 0.5, 0.00)

EMOTION = {  # what each emotion adds to neutral speech at normal intensity
"neutral":   (  0.0,  0.0,  0.0,  0.0, 0.00,  0.0,  0.0, 0.00,   0.0, 0.0, 0.0, 0.0,  0.0, 0.00, 0.0, 0.00),
"calm":      ( -0.6, -0.9, -0.8, -0.2,-0.09, -2.0,  1.5, 0.03,   2.0,-0.2,-1.0, 0.0,  0.5, 0.00,-0.2, 0.03),
"happy":     (  3.6,  1.8,  1.5,  0.8, 0.06,  3.0, -2.0,-0.01,   1.0,-0.1, 0.0, 0.0,  3.5, 0.06, 0.2, 0.00),
"sad":       ( -0.8, -1.2, -1.4, -0.6,-0.14, -3.5,  3.0, 0.05,   4.0, 0.3, 2.0, 0.1, -1.5,-0.18,-0.3, 0.07),
"angry":     (  3.6,  1.4,  0.6, -0.6, 0.08,  5.0, -4.0,-0.07,  -2.0, 0.5, 3.0, 0.0,  0.5, 0.12, 0.4, 0.00),
"fearful":   (  4.6, -0.7,  1.2,  0.2, 0.16,  0.5,  0.5, 0.02,   3.0, 0.8, 3.0, 0.4,  0.5, 0.02, 0.0, 0.03),
"disgust":   ( -1.4,  0.5, -1.2, -2.0,-0.16, -1.0, -0.5,-0.03,  -0.5, 0.8, 4.0, 0.0, -1.0, 0.06, 0.1, 0.04),
"surprised": (  4.2,  2.2,  2.2,  3.5, 0.02,  2.0, -1.0, 0.01,   1.5, 0.0, 0.0, 0.0,  1.5, 0.02, 0.2, 0.02),
}

SPREAD = {  # standard deviations of what is drawn at random
"speaker":   (  0.0,  0.5,  0.7,  0.5, 0.10,  3.5,  2.5, 0.04,   3.0, 0.2, 1.2, 0.0,  0.0, 0.08, 0.1, 0.01),
"own way":   (  1.5,  0.8,  1.0,  0.8, 0.08,  2.2,  1.6, 0.03,   2.2, 0.3, 1.5, 0.1,  1.6, 0.07, 0.1, 0.02),
"clip":      (  0.5,  0.3,  0.4,  0.3, 0.03,  0.8,  0.6, 0.01,   0.8, 0.1, 0.5, 0.0,  0.4, 0.03, 0.1, 0.01),
}
# fmt: on

STRENGTH = {"normal": 1.0, "strong": 1.5}
"""How many times an emotion's row is added; strong portrayals lie further out in the same direction."""

LIMITS = {
    "range": (0.3, 7.0),
    "rate": (-0.40, 0.40),
    "tilt": (1.0, 24.0),
    "open": (0.40, 0.80),
    "jitter": (0.1, 3.0),
    "shimmer": (0.5, 15.0),
    "tremor": (0.0, 1.2),
    "clarity": (0.55, 1.3),
    "attack": (0.05, 1.2),
    "pause": (0.0, 0.25),
}
"""What a larynx and an articulator can do; values outside are moved to the nearer end."""


def expression(
    emotion: str, intensity: str, *, expressiveness: float, speaker: np.ndarray, own: np.ndarray, clip: np.ndarray
) -> dict[str, float]:
    """Return the value of every one of :data:`PARAMETERS` for a clip.

    `speaker`, `own` (the speaker's own way with this emotion) and `clip` are standard scores of shape
    ``(len(PARAMETERS),)``; `expressiveness` multiplies the emotion's row.
    """
    value = np.asarray(NEUTRAL) + np.asarray(EMOTION[emotion]) * (STRENGTH[intensity] * expressiveness)
    for scores, name in ((speaker, "speaker"), (own, "own way"), (clip, "clip")):
        value = value + scores * np.asarray(SPREAD[name])
    named = dict(zip(PARAMETERS, value.tolist(), strict=True))
    for name, (low, high) in LIMITS.items():
        named[name] = min(max(named[name], low), high)
    return named
