"""The utterances that the synthesiser speaks, each identified by speaker, emotion, intensity and sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SPEAKERS = tuple(f"S{number:02d}" for number in range(1, 25))
"""Twenty-four speakers; as in RAVDESS, odd numbers are men."""

GENDERS = {speaker: "male" if int(speaker[1:]) % 2 else "female" for speaker in SPEAKERS}
EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
INTENSITIES = ("normal", "strong")
SENTENCES = ("A", "B")


@dataclass(frozen=True)
class Utterance:
    """An utterance; ``str(utterance)`` is its name, such as ``S01_angry_strong_A``.

    Attributes
    ----------
    speaker
        One of :data:`SPEAKERS`.
    emotion
        One of :data:`EMOTIONS`.
    intensity
        One of :data:`INTENSITIES`.
    sentence
        One of :data:`SENTENCES`.
    """

    speaker: str
    emotion: str
    intensity: str
    sentence: str

    def __str__(self) -> str:
        return "_".join((self.speaker, self.emotion, self.intensity, self.sentence))

    @property
    def indices(self) -> tuple[int, int, int, int]:
        """The utterance as four small integers, the seed of its random numbers."""
        return (
            SPEAKERS.index(self.speaker),
            EMOTIONS.index(self.emotion),
            INTENSITIES.index(self.intensity),
            SENTENCES.index(self.sentence),
        )


def all_utterances(
    speakers: Iterable[str] = SPEAKERS,
    emotions: Sequence[str] = EMOTIONS,
    intensities: Sequence[str] = INTENSITIES,
    sentences: Sequence[str] = SENTENCES,
) -> Iterator[Utterance]:
    """Generate all utterances; neutral has no strong intensity.

    Parameters
    ----------
    speakers, emotions, intensities, sentences
        Values to combine, by default all.

    Yields
    ------
    Utterance
        Utterances ordered by speaker, emotion, intensity and sentence.
    """
    for speaker in speakers:
        for emotion in emotions:
            for intensity in intensities:
                if emotion == "neutral" and intensity == "strong":
                    continue
                for sentence in sentences:
                    yield Utterance(speaker, emotion, intensity, sentence)
