"""Comparison of a corpus with what was published of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ser_bench.corpora.checks.altered import audio_differences
from ser_bench.explore.health.alterations import empty_bands

if TYPE_CHECKING:
    from ser_bench.corpora.published import Published
    from ser_bench.explore.health import Health


def clips_by_speaker(health: Health) -> tuple[dict[str, int], dict[str, int | None]]:
    """Count clips by speaker.

    Parameters
    ----------
    health : Health

    Returns
    -------
    counts, published : dict
        The clips in the folder and as published, None if unknown. Both have the known speakers of both.
    """
    counts = Counter(speaker for speaker in health.opened.clips["speaker"] if speaker)
    published: Mapping[str, int | None] = health.published.speakers if health.published else {}
    speakers, missing = sorted({*counts, *published}), 0 if published else None
    return {name: counts[name] for name in speakers}, {name: published.get(name, missing) for name in speakers}


def counts_by_gender(health: Health) -> dict[str, tuple[int, int]]:
    """Count speakers and clips by gender.

    Parameters
    ----------
    health : Health

    Returns
    -------
    dict
        Numbers of speakers and clips by gender; an unknown gender is the empty string.
    """
    clips = health.opened.clips
    speakers = clips[clips["speaker"] != ""].drop_duplicates("speaker")["gender"].value_counts()
    counts = clips["gender"].value_counts()
    return {gender: (int(speakers.get(gender, 0)), int(counts[gender])) for gender in sorted(counts.index)}


def differences(health: Health) -> list[str]:
    """Return the differences between a corpus and its publication: clips by class, speakers, audio, unusable clips.

    Parameters
    ----------
    health : Health

    Returns
    -------
    list of str
        A sentence per difference; empty where the corpus is as published.
    """
    lines = []
    if health.published is not None:
        counts, published = Counter(health.opened.clips["emotion"]), Counter(health.published.counts)
        labels = [label for label in published | counts if counts[label] != published[label]]
        if labels:
            lines.append("clips by class: " + ", ".join(f"{x} {counts[x]} of {published[x]}" for x in labels))
        lines += _speaker_differences(health)
        lines += _gender_differences(health)
        lines += _audio_differences(health, health.published)
    if health.broken:
        lines.append(f"clips that cannot be used: {len(health.broken):,}")
    return lines


def _audio_differences(health: Health, published: Published) -> list[str]:
    samples, rates = health.clips["samples"].tolist(), health.clips["sr"].tolist()
    lines = audio_differences(published.audio, published.clips, samples, rates)
    return [f"audio: {line}" for line in (*lines, *(empty_bands(health.clips) if published.audio.is_known else ()))]


def _speaker_differences(health: Health) -> list[str]:
    counts, published = clips_by_speaker(health)
    lists = {
        "missing speakers": [name for name, count in counts.items() if not count],
        "speakers that were not published": [name for name, count in published.items() if count == 0],
        "clips by speaker": [
            f"{name} {counts[name]} of {count}"
            for name, count in published.items()
            if count and counts[name] not in (0, count)
        ],
    }
    return [f"{heading}: {', '.join(names)}" for heading, names in lists.items() if names]


def _gender_differences(health: Health) -> list[str]:
    published = health.published.genders if health.published else {}
    counts = counts_by_gender(health)
    if not published or "" in counts:
        return []
    pairs = {gender: (counts.get(gender, (0, 0))[0], count) for gender, count in published.items()}
    wrong = [f"{speakers} {gender} of {count}" for gender, (speakers, count) in pairs.items() if speakers != count]
    return [f"speakers by gender: {', '.join(wrong)}"] if wrong else []
