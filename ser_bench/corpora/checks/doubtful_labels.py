"""Labels that are probably another label, or no label: codes and words beside the usual one, typing errors, unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from ser_bench.core.labels import EMOTIONS, label_order
from ser_bench.core.spelling import is_unknown
from ser_bench.core.text import plural, shortened_list
from ser_bench.corpora.emotion_words import LETTERS, emotion_of

if TYPE_CHECKING:
    import pandas as pd

_SHORTEST = 4
"""Letters of the shortest label in which a typing error is looked for."""


def doubtful_labels_warnings(clips: pd.DataFrame) -> Iterator[str]:
    """Name the labels that are probably another one, or none.

    Parameters
    ----------
    clips
        A clip table.

    Yields
    ------
    str
        A sentence with the numbers of clips and what to do.
    """
    counts = {str(label): int(count) for label, count in clips["emotion"].value_counts().items()}
    if pairs := same_emotion(counts):
        named = shortened_list(
            f"{label} ({plural(counts[label], 'clip')}) and {usual} ({plural(counts[usual], 'clip')})"
            for label, usual in pairs.items()
        )
        label, usual = next(iter(pairs.items()))
        advice = f'join them in a configuration file as [merge] "{label}" = "{usual}"'
        yield f"labels that probably mean one emotion count as different ones: {named}; {advice}"
    if unknown := [label for label in counts if is_unknown(label)]:
        named = shortened_list(f"{label!r} ({plural(counts[label], 'clip')})" for label in sorted(unknown))
        others = ",".join(label for label in label_order(counts) if label not in unknown)
        advice = f"; use --emotions {others} to leave them out" if others else ""
        yield f"labels that may mean an unknown emotion count as emotions: {named}{advice}"


def same_emotion(labels: Collection[str]) -> dict[str, str]:
    """Find labels that probably denote the emotion of another label.

    Parameters
    ----------
    labels
        The labels of a corpus.

    Returns
    -------
    dict of str to str
        The usual label by code, word, first letter or typing error.
    """
    usual: dict[str, str] = {}
    pairs: Mapping[str, str] = {}
    for label in label_order(labels):
        emotion = emotion_of(label) or _emotion_of_letter(label, labels) or _mistyped(label, labels)
        if emotion:
            first = usual.setdefault(emotion, label)
            pairs = pairs if first == label else {**pairs, label: first}
    return dict(pairs)


def _emotion_of_letter(label: str, labels: Collection[str]) -> str:
    """Return the only emotion among the labels that a single letter denotes; else an empty string."""
    meanings = {letters.get(label.upper(), "") for letters in LETTERS.values()}.intersection(labels)
    return meanings.pop() if len(meanings) == 1 else ""


def _mistyped(label: str, labels: Collection[str]) -> str:
    """Return the only emotion among the labels that differs in one letter; else an empty string."""
    similar = [emotion for emotion in EMOTIONS if emotion in labels and _one_error(label, emotion)]
    return similar[0] if len(similar) == 1 else ""


def _one_error(text: str, word: str) -> bool:
    """Return whether one letter is wrong, missing, added, or exchanged with the next one."""
    if max(len(text), len(word)) < _SHORTEST or not text.isalpha() or abs(len(text) - len(word)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(text, word, strict=False)) if a != b), min(len(text), len(word)))
    rest, expected = text[start:], word[start:]
    exchanged = rest[:2] == expected[:2][::-1] and rest[2:] == expected[2:]
    return rest[1:] in (expected, expected[1:]) or rest == expected[1:] or exchanged
