"""How a corpus's file names are read: a pattern, and what its codes stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Genders = Mapping[str, str]
"""``male`` or ``female`` by speaker; a speaker that is missing is unknown."""


@dataclass(frozen=True, kw_only=True)
class Names:
    r"""The code in a corpus's file names.

    Attributes
    ----------
    pattern
        A regular expression for the whole name without its ending, or for ``folder/name`` where the
        folder belongs to the code. Its named groups are columns of the clip table: ``speaker`` and
        ``emotion``, and ``text``, ``intensity`` and ``part`` where the name tells them.
    example
        A name as published, for messages.
    codes
        Per column what each code stands for; a code without an entry stands for itself. Emotions
        need one each, a label of :mod:`ser_bench.core.labels`.
    genders
        The speakers' genders, or a function that reads them from the corpus's folder.
    spellings
        Codes that are spelt in several ways, each with the published one.
    clip
        The clip's identity, made of the groups, as in ``"{speaker}_{text}"``, where several names may be
        one clip's; otherwise the name itself.
    folder
        A regular expression for the folders that a corpus is published in, with groups among the pattern's:
        what a file's name says counts, and a folder that says something else is told.
    """

    pattern: str
    example: str
    codes: Mapping[str, Mapping[str, str]]
    genders: Genders | Callable[[Path], Genders] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    clip: str = ""
    folder: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that names tell, in the pattern's order."""
        return tuple(re.compile(self.pattern).groupindex)

    def read(self, path: Path) -> dict[str, str] | None:
        """Return ``clip`` and the pattern's columns for a file, or None where its name is no such code."""
        code = re.compile(self.pattern)  # the module keeps what it compiled
        match = code.fullmatch(path.stem) or code.fullmatch(f"{path.parent.name}/{path.stem}")
        if match is None:
            return None
        found = {column: self.spellings.get(said, said) for column, said in match.groupdict("").items()}
        return {"clip": self.clip.format(**found) or path.stem, **self._meant(found)}

    def read_folder(self, name: str) -> dict[str, str] | None:
        """Return the columns that a folder's name tells, or None where it is no such folder."""
        match = re.compile(self.folder).fullmatch(name) if self.folder else None
        if match is None:
            return None
        codes = {code.lower(): code for code in (*self.spellings, *(c for said in self.codes.values() for c in said))}
        found = {column: codes.get(said.lower(), said) for column, said in match.groupdict("").items()}
        return self._meant({column: self.spellings.get(said, said) for column, said in found.items()})

    def _meant(self, found: Mapping[str, str]) -> dict[str, str]:
        return {column: self.codes.get(column, {}).get(said, said) for column, said in found.items()}

    def genders_in(self, folder: Path) -> Genders:
        """Return the speakers' genders as far as they are known."""
        return self.genders(folder) if callable(self.genders) else self.genders
