"""What differs between clips that stand side by side, and what all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ser_bench.core.text import escape_undecodable, listed
from ser_bench.explore.clip import Clip

_KINDS = ("corpus", "part", "speaker", "emotion", "intensity", "sentence", "take", "condition")
_OF_A_CORPUS = ("part", "speaker", "sentence", "take")
"""Facts whose codes mean something else in another corpus: speaker 03 of two corpora is two speakers."""

AS_RECORDED = "as recorded"
"""How titles name a clip that no condition changes."""


@dataclass(frozen=True)
class Differences:
    """The conditions of several clips and the facts in their file names, sorted by whether all clips share them.

    Parameters
    ----------
    title : str
        The kinds of fact that differ, in a phrase.
    shared : str
        The facts that all clips share; empty if there are none.
    headings : tuple of str
        For each clip, its facts that differ; its file name if there are none.
    names : tuple of str
        For each clip, its file name, with as many of its folders as make it unique; empty where the title has it.
    """

    title: str
    shared: str
    headings: tuple[str, ...]
    names: tuple[str, ...]


def find_differences(clips: Sequence[Clip]) -> Differences:
    """Sort the conditions of clips and the facts in their file names by whether all clips share them.

    Parameters
    ----------
    clips : sequence of Clip
        At least two.

    Returns
    -------
    Differences
    """
    under_conditions = any(clip.condition for clip in clips)
    facts = [_facts(clip, with_condition=under_conditions) for clip in clips]
    kinds = [kind for kind in _KINDS if any(kind in known for known in facts)]
    varying = [kind for kind in kinds if not _is_shared(kind, facts)]
    headings = [" · ".join(known[kind] for kind in varying if kind in known) for known in facts]
    title = _title_of_recording(clips)
    names = ("",) * len(clips) if title else _unique_names(clips)
    shared = [facts[0][kind] for kind in kinds if kind not in (*varying, "condition")]
    known = all(clip.title for clip in clips)
    return Differences(
        title=title or f"{_title(len(clips), varying, known=known)}{_condition_of_all(clips)}",
        shared=" · ".join(shared),
        headings=tuple(heading or name for heading, name in zip(headings, names, strict=True)),
        names=names,
    )


def _facts(clip: Clip, *, with_condition: bool) -> dict[str, str]:
    facts = dict(clip.title.facts) if clip.title else {}
    if with_condition:
        facts["condition"] = clip.condition.phrase if clip.condition else AS_RECORDED
    return facts


def _title_of_recording(clips: Sequence[Clip]) -> str:
    """Return the title of one clip without and with a condition; empty for other clips."""
    clean, changed = clips[0], clips[-1]
    if len(clips) != 2 or clean.path != changed.path or clean.condition or not changed.condition:
        return ""
    return f"{clean.name} {AS_RECORDED} and {changed.condition.phrase}"


def _condition_of_all(clips: Sequence[Clip]) -> str:
    """Return the end of a title: the condition of all clips in words, if they have one."""
    phrases = {clip.condition.phrase if clip.condition else "" for clip in clips}
    (phrase,) = phrases if len(phrases) == 1 else ("",)
    return f", {phrase}" if phrase else ""


def _is_shared(kind: str, facts: Sequence[dict[str, str]]) -> bool:
    """Check whether all clips have the same fact of a kind."""
    same_corpus = len({known.get("corpus", "") for known in facts}) == 1
    return len({known.get(kind, "") for known in facts}) == 1 and (same_corpus or kind not in _OF_A_CORPUS)


def _title(count: int, varying: Sequence[str], *, known: bool) -> str:
    if not known:
        return f"{count} clips side by side"
    if "corpus" in varying:
        return f"{count} clips of different corpora"
    return f"{count} clips that differ in {listed(varying)}" if varying else f"{count} clips of the same description"


def _unique_names(clips: Sequence[Clip]) -> tuple[str, ...]:
    """Return the file names; if some are equal, with the last folders of each path that make all unique."""
    paths = [clip.path.absolute() for clip in clips]
    longest = max(len(path.parts) for path in paths)
    choices = (tuple("/".join(path.parts[-count:]) for path in paths) for count in range(1, longest + 1))
    unique = next((names for names in choices if len(set(names)) == len(set(paths))), None)
    return tuple(escape_undecodable(name) for name in unique or (clip.path.name for clip in clips))
