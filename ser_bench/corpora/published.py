"""How large a corpus was published: what a folder of its clips is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was published of a corpus's size, or of a part of it.

    Attributes
    ----------
    counts
        Clips by emotion.
    speakers
        Clips by speaker, None where only the speaker is known; empty where not even that.
    genders
        Speakers by gender, empty where not known.
    """

    counts: Mapping[str, int]
    speakers: Mapping[str, int | None] = field(default_factory=dict)
    genders: Mapping[str, int] = field(default_factory=dict)

    @property
    def clips(self) -> int:
        """How many clips were published."""
        return sum(self.counts.values())


def together(parts: Sequence[Published]) -> Published:
    """Return parts of one corpus as one. A speaker of any part counts once, so the part with most tells the genders."""
    counts: Counter[str] = Counter()
    speakers: dict[str, int | None] = {}
    for part in parts:
        counts.update(part.counts)
        for speaker, clips in part.speakers.items():
            speakers[speaker] = None if clips is None else clips + (speakers.get(speaker) or 0)
    most = max(parts, key=lambda part: len(part.speakers))
    return Published(counts=counts, speakers=speakers, genders=most.genders)
