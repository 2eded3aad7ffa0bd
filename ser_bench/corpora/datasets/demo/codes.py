"""The demo corpus's file names: speaker, emotion, intensity and sentence, joined by underscores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SPEAKERS = tuple(f"S{number:02d}" for number in range(1, 25))
"""Twenty-four speakers; as in RAVDESS, odd numbers are men."""

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
INTENSITIES = ("normal", "strong")
SENTENCES = ("A", "B")


@dataclass(frozen=True)
class Code:
    """What a clip's name says; ``str(code)`` is the name without its suffix, as ``S01_angry_strong_A``."""

    speaker: str
    emotion: str
    intensity: str
    sentence: str

    def __str__(self) -> str:
        return "_".join((self.speaker, self.emotion, self.intensity, self.sentence))

    @property
    def gender(self) -> str:
        """``male`` for odd speakers, ``female`` for even ones."""
        return "male" if int(self.speaker[1:]) % 2 else "female"

    @property
    def indices(self) -> tuple[int, int, int, int]:
        """The code as four small integers, from which the clip's random numbers are drawn."""
        return (
            SPEAKERS.index(self.speaker),
            EMOTIONS.index(self.emotion),
            INTENSITIES.index(self.intensity),
            SENTENCES.index(self.sentence),
        )


def parse(stem: str) -> Code | None:
    """Return the code that a file name without suffix spells, or None where it is none."""
    parts = stem.split("_")
    if len(parts) != 4:
        return None
    code = Code(*parts)
    known = (SPEAKERS, EMOTIONS, INTENSITIES, SENTENCES)
    if not all(part in names for part, names in zip(parts, known, strict=True)) or not _exists(code):
        return None
    return code


def all_codes(
    speakers: Iterable[str] = SPEAKERS,
    emotions: Sequence[str] = EMOTIONS,
    intensities: Sequence[str] = INTENSITIES,
    sentences: Sequence[str] = SENTENCES,
) -> Iterator[Code]:
    """Yield the codes of a corpus, speaker by speaker; neutral has no strong intensity."""
    for speaker in speakers:
        for emotion in emotions:
            for intensity in intensities:
                for sentence in sentences:
                    code = Code(speaker, emotion, intensity, sentence)
                    if _exists(code):
                        yield code


def _exists(code: Code) -> bool:
    return code.emotion != "neutral" or code.intensity == "normal"
