"""What the publisher of a corpus states: its size, and the archives that hold it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


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
    """

    counts: Mapping[str, int]
    speakers: Mapping[str, int | None] = field(default_factory=dict)
    genders: Mapping[str, int] = field(default_factory=dict)

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
    return Published(counts=counts, speakers=speakers, genders=largest.genders)


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
