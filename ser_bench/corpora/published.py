"""What the publisher of a corpus states: its size, and the archives that hold it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class PublishedAudio:
    """The audio files of a corpus as its publisher offers them; None where that is unknown.

    Attributes
    ----------
    rate
        Sampling rate in Hz.
    seconds
        Duration of the shortest and of the longest clip.
    hours
        Duration of all clips.
    """

    rate: int | None = None
    seconds: tuple[float, float] | None = None
    hours: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether rate and durations are known."""
        return self.rate is not None and self.seconds is not None


@dataclass(frozen=True, kw_only=True)
class Published:
    """The published size of a corpus, or of one part of it.

    Attributes
    ----------
    counts
        Clips by emotion.
    speakers
        Clips by speaker, None where only the speaker is known; empty where no speaker is known.
    genders
        Speakers by gender; empty where unknown.
    audio
        Sampling rate and durations.
    """

    counts: Mapping[str, int]
    speakers: Mapping[str, int | None] = field(default_factory=dict)
    genders: Mapping[str, int] = field(default_factory=dict)
    audio: PublishedAudio = PublishedAudio()

    @property
    def clips(self) -> int:
        """Number of published clips."""
        return sum(self.counts.values())


def combined(parts: Sequence[Published]) -> Published:
    """Combine the sizes of several parts of one corpus.

    Parameters
    ----------
    parts
        At least one part. A speaker may occur in several of them.

    Returns
    -------
    Published
        Sums of clips. Genders are those of the part with most speakers.
    """
    counts: Counter[str] = Counter()
    speakers: dict[str, int | None] = {}
    for part in parts:
        counts.update(part.counts)
        for speaker, clips in part.speakers.items():
            speakers[speaker] = None if clips is None else clips + (speakers.get(speaker) or 0)
    largest = max(parts, key=lambda part: len(part.speakers))
    audio = _combined_audio([part.audio for part in parts])
    return Published(counts=counts, speakers=speakers, genders=largest.genders, audio=audio)


def _combined_audio(parts: Sequence[PublishedAudio]) -> PublishedAudio:
    """Combine the audio of parts; what is unknown of one part, or differs in its rate, is unknown of all."""
    rates = {part.rate for part in parts}
    seconds = [part.seconds for part in parts if part.seconds]
    hours = [part.hours for part in parts if part.hours]
    return PublishedAudio(
        rate=rates.pop() if len(rates) == 1 else None,
        seconds=(min(s for s, _ in seconds), max(s for _, s in seconds)) if len(seconds) == len(parts) else None,
        hours=sum(hours) if len(hours) == len(parts) else None,
    )


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A ZIP archive that holds a corpus or one part of it.

    Attributes
    ----------
    name
        File name of the archive, the same at every mirror.
    url
        Address at the publisher.
    folder
        Subfolder of the corpus's folder that the archive is unpacked into.
    part
        The part it holds: ``speech`` or ``song``.
    clips
        Number of clips in it.
    clip_names
        Glob pattern of the clips' file names.
    size
        Published size in bytes, None where the publisher states none.
    md5
        Published MD5, None where the publisher states none.
    unpacked_limit
        Most bytes that the unpacked files may have together.
    """

    name: str
    url: str
    folder: str
    part: str
    clips: int
    clip_names: str
    size: int | None = None
    md5: str | None = None
    unpacked_limit: int

    def address(self, base_url: str | None) -> str:
        """Return the address to download from.

        Parameters
        ----------
        base_url
            Address of a mirror, None for the publisher.

        Returns
        -------
        str
            The archive's URL.
        """
        return f"{base_url.rstrip('/')}/{self.name}" if base_url else self.url
