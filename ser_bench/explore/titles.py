"""What a clip's file name says, where it is one of a known corpus's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ser_bench import corpora
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern


@dataclass(frozen=True)
class Told:
    """A corpus, and what its names tell of a clip: columns of a clip table, the unknown ones empty."""

    corpus: Corpus
    columns: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """The columns in words: ``RAVDESS · speaker 12, female · angry, strong · sentence “dogs”``."""
        part, speaker, gender, emotion, intensity, text = (
            self.columns.get(column, "") for column in ("part", "speaker", "gender", "emotion", "intensity", "text")
        )
        who, how = (", ".join(filter(None, pair)) for pair in ((f"speaker {speaker}", gender), (emotion, intensity)))
        said = f"sentence “{text}”" if text else ""
        return " · ".join(filter(None, (self.corpus.title, part, who, how, said)))


def told_by_name(path: Path) -> Told | None:
    """Return what a file's name says by the naming of a known corpus, or None where it is nobody's."""
    for corpus in corpora.CORPORA.values():
        if isinstance(corpus.reader, FileNamePattern) and (said := _named(corpus.reader, path)):
            return Told(corpus, said)
    return None


def _named(names: FileNamePattern, path: Path) -> dict[str, str] | None:
    if (said := names.parse(path)) is None:
        return None
    return said | {"gender": names.genders_in(path.parent).get(said["speaker"], "")}
