"""What a corpus's health comes to: copies among its clips, and how it differs from what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ser_bench.audio.fingerprint import near_duplicates

if TYPE_CHECKING:
    from ser_bench.explore.health import Health

KINDS = ("same file", "same samples", "near-identical")


def copies(health: Health) -> dict[str, list[tuple[str, str]]]:
    """Return the pairs of clips that are copies, each under the strongest of :data:`KINDS` that holds.

    Clips with the same samples are paired with the first of them only.
    """
    clips = health.clips
    names = clips["clip"].tolist()
    files, digests = dict(zip(names, clips["file"], strict=True)), dict(zip(names, clips["digest"], strict=True))
    groups = (group.tolist() for _, group in clips.groupby("digest")["clip"])
    alike = sorted((first, other) for first, *others in groups for other in others)
    near = [(names[i], names[j]) for i, j in near_duplicates(clips["length"].to_numpy(), clips["fingerprint"].tolist())]
    return {
        KINDS[0]: [pair for pair in alike if files[pair[0]] == files[pair[1]]],
        KINDS[1]: [pair for pair in alike if files[pair[0]] != files[pair[1]]],
        KINDS[2]: [pair for pair in near if digests[pair[0]] != digests[pair[1]]],
    }


def by_speaker(health: Health) -> tuple[dict[str, int], dict[str, int | None]]:
    """Return the clips by speaker, as found and as published; both name the speakers of both."""
    found = Counter(health.opened.clips["speaker"])
    said: Mapping[str, int | None] = health.published.speakers if health.published else {}
    everybody = sorted({*found, *said})
    return {name: found[name] for name in everybody}, {name: said.get(name, 0 if said else None) for name in everybody}


def by_gender(health: Health) -> dict[str, tuple[int, int]]:
    """Return by gender how many speakers and clips there are; what is not known is the empty string."""
    clips = health.opened.clips
    speakers = clips.drop_duplicates("speaker")["gender"].value_counts()
    counts = clips["gender"].value_counts()
    return {gender: (int(speakers.get(gender, 0)), int(counts[gender])) for gender in sorted(counts.index)}


def differences(health: Health) -> list[str]:
    """Return in which ways the corpus is not what was published: clips by class, speakers, unusable clips."""
    lines = []
    if health.published is not None:
        found, said = Counter(health.opened.clips["emotion"]), Counter(health.published.counts)
        wrong = [f"{label} {found[label]} of {said[label]}" for label in said | found if found[label] != said[label]]
        lines += [f"clips by class: {', '.join(wrong)}"] if wrong else []
        lines += _speakers_that_differ(health)
        lines += _genders_that_differ(health)
    if health.broken:
        lines.append(f"clips that cannot be used: {len(health.broken):,}")
    return lines


def _speakers_that_differ(health: Health) -> list[str]:
    found, said = by_speaker(health)
    missing = [name for name, count in found.items() if not count]
    unknown = [name for name, count in said.items() if count == 0]
    odd = [
        f"{name} {found[name]} of {count}" for name, count in said.items() if count and found[name] not in (0, count)
    ]
    told = (("speakers missing", missing), ("speakers that were not published", unknown), ("clips by speaker", odd))
    return [f"{what}: {', '.join(names)}" for what, names in told if names]


def _genders_that_differ(health: Health) -> list[str]:
    said = health.published.genders if health.published else {}
    found = by_gender(health)
    if not said or "" in found:
        return []
    wrong = [f"{found.get(g, (0, 0))[0]} {g} of {n}" for g, n in said.items() if found.get(g, (0, 0))[0] != n]
    return [f"speakers by gender: {', '.join(wrong)}"] if wrong else []
