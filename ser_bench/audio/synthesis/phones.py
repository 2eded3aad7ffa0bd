"""The two sentences as phones, with the articulatory target of each phone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A segment of speech with one articulatory target.

    Attributes
    ----------
    formants
        F1 to F3 of a man's vocal tract in Hz.
    seconds
        Duration in neutral speech.
    voice
        Level of voicing in dB, None for none.
    breath
        Level of noise from the glottis (aspiration) in dB, None for none.
    hiss
        Level of noise from the mouth (frication) in dB, None for none.
    hiss_hz
        Resonance of the frication in Hz.
    damping
        Factor on the bandwidth of F1, for a closed or nasal tract.
    nucleus
        Whether the phone is the vowel that carries a syllable's tone.
    """

    formants: tuple[float, float, float]
    seconds: float
    voice: float | None = None
    breath: float | None = None
    hiss: float | None = None
    hiss_hz: float = 4000.0
    damping: float = 1.0
    nucleus: bool = False


def _vowel(f1: float, f2: float, f3: float, seconds: float, voice: float = 0.0) -> Phone:
    return Phone(formants=(f1, f2, f3), seconds=seconds, voice=voice, nucleus=True)


def _glide(f1: float, f2: float, f3: float, seconds: float) -> Phone:
    return Phone(formants=(f1, f2, f3), seconds=seconds, voice=-1.5)


PHONES = {
    # vowels: mean formants of men, Peterson & Barney (1952), J. Acoust. Soc. Am. 24(2), Table II
    "IH": _vowel(390, 1990, 2550, 0.085, -1),
    "AA": _vowel(730, 1090, 2440, 0.115),
    "AO": _vowel(570, 840, 2410, 0.130),
    "AX": _vowel(500, 1400, 2450, 0.055, -3),  # schwa: between their vowels
    "AY1": _vowel(700, 1200, 2450, 0.090),
    "AY2": _glide(400, 1900, 2550, 0.070),
    "R": _glide(460, 1250, 1700, 0.065),
    # consonants: loci and noise after Klatt (1980), J. Acoust. Soc. Am. 67(3), Tables II and III
    "NG": Phone(formants=(280, 2000, 2600), seconds=0.070, voice=-8, damping=3.0),
    "DH": Phone(formants=(290, 1300, 2540), seconds=0.040, voice=-12, hiss=-34, hiss_hz=5200, damping=1.5),
    "Z": Phone(formants=(270, 1600, 2550), seconds=0.070, voice=-14, hiss=-21, hiss_hz=5000, damping=1.5),
    "S": Phone(formants=(320, 1500, 2550), seconds=0.105, hiss=-14, hiss_hz=5300),
    "D-": Phone(formants=(230, 1650, 2600), seconds=0.045, voice=-20, damping=2.0),
    "D+": Phone(formants=(300, 1650, 2600), seconds=0.015, voice=-10, hiss=-16, hiss_hz=4200),
    "B-": Phone(formants=(220, 1000, 2200), seconds=0.050, voice=-19, damping=2.0),
    "B+": Phone(formants=(280, 1050, 2200), seconds=0.010, voice=-8, hiss=-24, hiss_hz=1200),
    "G-": Phone(formants=(220, 1900, 2250), seconds=0.045, voice=-20, damping=2.0),
    "G+": Phone(formants=(280, 1900, 2250), seconds=0.020, voice=-10, hiss=-17, hiss_hz=2200),
    "K-": Phone(formants=(250, 1900, 2250), seconds=0.060),
    "K+": Phone(formants=(300, 1900, 2250), seconds=0.045, breath=-13, hiss=-15, hiss_hz=2300),
    "T-": Phone(formants=(250, 1700, 2600), seconds=0.055),
    "T+": Phone(formants=(320, 1700, 2600), seconds=0.045, breath=-14, hiss=-13, hiss_hz=4300),
}

_SPELLED = {
    "A": "K- K+ IH D- D+ Z AA R T- T+ AO K- K+ IH NG B- B+ AY1 AY2 DH AX D- D+ AO R",
    "B": "D- D+ AO G- G+ Z AA R S IH T- T+ IH NG B- B+ AY1 AY2 DH AX D- D+ AO R",
}
SENTENCES = {sentence: phones.split() for sentence, phones in _SPELLED.items()}
"""RAVDESS's two sentences: kids are talking by the door; dogs are sitting by the door."""

ACCENTS = {"A": (1.0, -0.2, 0.9, -0.5, 0.3, -0.6, 0.6), "B": (0.9, -0.2, 1.0, -0.5, 0.2, -0.6, 0.7)}
"""Pitch accent on each syllable's vowel, in units of the speaker's pitch range."""

PAUSE_BEFORE = "B-"
"""The phone of ``by``; a pause, if any, comes before it."""
