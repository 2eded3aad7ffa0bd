"""Titles of clips: the facts in a file name that follows the naming scheme of a known corpus."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ser_bench import corpora
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern

_TAKES = {"ravdess": re.compile(r"-0([12])-\d\d$"), "emodb": re.compile(r"([a-z])$")}
"""The take of a file name without extension, by corpus; clip tables have no column for it."""


@dataclass(frozen=True)
class ClipTitle:
    """The facts in a file name.

    Parameters
    ----------
    corpus : Corpus
        The corpus whose naming scheme matches.
    columns : mapping of str to str
        Columns of a clip table, and ``take``; unknown ones are empty or missing.
    """

    corpus: Corpus
    columns: Mapping[str, str]

    @property
    def facts(self) -> dict[str, str]:
        """The known facts in words, by their kind: corpus, part, speaker, emotion, intensity, sentence and take."""
        part, speaker, gender, emotion, intensity, text, take = (
            self.columns.get(column, "")
            for column in ("part", "speaker", "gender", "emotion", "intensity", "text", "take")
        )
        facts = {
            "corpus": self.corpus.title,
            "part": part,
            "speaker": ", ".join(filter(None, (f"speaker {speaker}", gender))),
            "emotion": emotion,
            "intensity": intensity and f"{intensity} intensity",
            "sentence": text and f"sentence “{text}”",
            "take": take and f"take {take}",
        }
        return {kind: fact for kind, fact in facts.items() if fact}

    def __str__(self) -> str:
        """Return the facts in a line: ``RAVDESS · speaker 12, female · angry, strong · sentence “dogs” · take 1``."""
        facts = self.facts
        if intensity := facts.pop("intensity", ""):
            facts["emotion"] += f", {intensity.removesuffix(' intensity')}"
        return " · ".join(facts.values())


def title_from_name(path: Path) -> ClipTitle | None:
    """Decode a file name by the naming schemes of the known corpora.

    Parameters
    ----------
    path : Path

    Returns
    -------
    ClipTitle or None
        None for a name that matches no scheme.
    """
    for corpus in corpora.CORPORA.values():
        if isinstance(corpus.reader, FileNamePattern) and (columns := corpus.reader.parse(path)):
            gender = corpus.reader.genders_in(path.parent).get(columns["speaker"], "")
            take = _TAKES[corpus.name].search(path.stem) if corpus.name in _TAKES else None
            return ClipTitle(corpus, columns | {"gender": gender, "take": take[1] if take else ""})
    return None
