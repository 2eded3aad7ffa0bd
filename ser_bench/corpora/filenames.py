"""File names that encode speaker, emotion and sentence: a regular expression, and what its codes stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

Genders = Mapping[str, str]
"""``male`` or ``female`` by speaker; a missing speaker is unknown."""


@dataclass(frozen=True, kw_only=True)
class FileNamePattern:
    r"""The code in a corpus's file names.

    Attributes
    ----------
    pattern
        A regular expression for the whole name without its extension, or for ``folder/name`` where the
        folder is part of the code. Its named groups are columns of the clip table: ``speaker`` and
        ``emotion``, and optionally ``text``, ``intensity`` and ``part``.
    example
        A published name, for messages.
    codes
        By column, the meaning of each code; a code without an entry is its own meaning. Every emotion
        code needs an entry, a label of :mod:`ser_bench.core.labels`.
    genders
        Gender by speaker, or a function that reads them from the corpus's folder.
    spellings
        Variant spellings of codes, each with the published one.
    clip_id
        Format string that makes the clip's identity from the groups, as in ``"{speaker}_{text}"``, where
        several names may denote one clip; by default the name itself.
    folder_pattern
        A regular expression for the published folder names, with groups among the pattern's. The file
        name decides; a folder that contradicts it causes a warning.
    """

    pattern: str
    example: str
    codes: Mapping[str, Mapping[str, str]]
    genders: Genders | Callable[[Path], Genders] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    clip_id: str = ""
    folder_pattern: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a file name gives, in the pattern's order."""
        return tuple(re.compile(self.pattern).groupindex)

    def parse(self, path: Path) -> dict[str, str] | None:
        """Decode a file name.

        Parameters
        ----------
        path
            Path of an audio file; it need not exist.

        Returns
        -------
        dict or None
            ``clip`` and the pattern's columns; None for a name that does not match.
        """
        match = self._match(path)
        if match is None:
            return None
        codes = {column: self.spellings.get(code, code) for column, code in match.groupdict("").items()}
        return {"clip": self.clip_id.format(**codes) or path.stem, **self._decoded(codes)}

    def matches(self, path: PurePath) -> bool:
        """Return whether a file name holds the code, in any case and with other words around it.

        Parameters
        ----------
        path
            Path of an audio file; it need not exist.

        Returns
        -------
        bool
        """
        code = re.compile(rf"(?<![^\W_])(?:{self.pattern})(?![^\W_])", re.IGNORECASE)
        return any(code.search(name) for name in (path.stem, f"{path.parent.name}/{path.stem}"))

    def _match(self, path: PurePath) -> re.Match[str] | None:
        regex = re.compile(self.pattern)  # the re module caches compiled patterns
        return regex.fullmatch(path.stem) or regex.fullmatch(f"{path.parent.name}/{path.stem}")

    def parse_folder(self, name: str) -> dict[str, str] | None:
        """Decode a folder name, in any case.

        Parameters
        ----------
        name
            Name of a folder, without its parents.

        Returns
        -------
        dict or None
            The columns that the folder gives; None for a name that does not match.
        """
        match = re.compile(self.folder_pattern).fullmatch(name) if self.folder_pattern else None
        if match is None:
            return None
        by_lower = {code.lower(): code for code in (*self.spellings, *(c for d in self.codes.values() for c in d))}
        codes = {column: by_lower.get(code.lower(), code) for column, code in match.groupdict("").items()}
        return self._decoded({column: self.spellings.get(code, code) for column, code in codes.items()})

    def _decoded(self, codes: Mapping[str, str]) -> dict[str, str]:
        return {column: self.codes.get(column, {}).get(code, code) for column, code in codes.items()}

    def genders_in(self, folder: Path) -> Genders:
        """Return the known genders of speakers.

        Parameters
        ----------
        folder
            The corpus's folder.

        Returns
        -------
        dict
            ``male`` or ``female`` by speaker.
        """
        return self.genders(folder) if callable(self.genders) else self.genders
