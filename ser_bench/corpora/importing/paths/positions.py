"""Where a value stands in a path: a folder level, a field of a folder name, or a field of the file name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ser_bench.corpora.importing.files import AudioFile

_SEPARATORS = re.compile(r"[\s_\-.,;+()\[\]{}~=#]+")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@lru_cache(maxsize=100_000)
def fields(text: str) -> tuple[str, ...]:
    """Split a name at underscores, hyphens, spaces, dots and brackets.

    Parameters
    ----------
    text
        A folder name, or a file name without its extension.

    Returns
    -------
    tuple of str
        The fields that are not empty.
    """
    return tuple(field for field in _SEPARATORS.split(text) if field)


@dataclass(frozen=True)
class Position:
    """A position in paths.

    Attributes
    ----------
    level
        Folder level: 0 is the outermost, -1 the folder of the file; None is the file name.
    field
        Index of a field, negative from the end; None is the whole folder name.
    """

    level: int | None
    field: int | None = None

    def value(self, file: AudioFile) -> str:
        """Return the text at the position.

        Parameters
        ----------
        file
            A file.

        Returns
        -------
        str
            The text; empty where the path has no such folder or field.
        """
        text = file.stem if self.level is None else _item(file.folders, self.level)
        return text if self.field is None else _item(fields(text), self.field)

    def __str__(self) -> str:
        text = "the file name" if self.level is None else _folder_words(self.level)
        return text if self.field is None else f"{_field_words(self.field)} of {text}"


def _item(items: Sequence[str], index: int) -> str:
    return items[index] if -len(items) <= index < len(items) else ""


def _folder_words(level: int) -> str:
    if level < 0:
        return "the folder of the file" if level == -1 else f"folder {-level} from the file upwards"
    return f"the {_ORDINALS[level]} folder" if level < len(_ORDINALS) else f"folder {level + 1}"


def _field_words(field: int) -> str:
    return f"field {field + 1}" if field >= 0 else ("the last field" if field == -1 else f"field {field}")


def positions(files: Sequence[AudioFile]) -> Iterator[Position]:
    """Yield the positions in the paths of some files; whole folders first.

    Parameters
    ----------
    files
        Files.

    Yields
    ------
    Position
        Positions counted from the start; from the end too where the paths differ in length.
    """
    levels = _indices({len(file.folders) for file in files})
    yield from (Position(level) for level in levels)
    yield from (Position(None, field) for field in _indices({len(fields(file.stem)) for file in files}))
    for level in levels:
        names = {Position(level).value(file) for file in files}
        lengths = {len(fields(name)) for name in names}
        if max(lengths) > 1:
            yield from (Position(level, field) for field in _indices(lengths))


def _indices(lengths: set[int]) -> list[int]:
    """Return the indices of items, and those from the end where the lengths differ."""
    longest = max(lengths, default=0)
    return [*range(longest), *(range(-1, -longest - 1, -1) if len(lengths) > 1 else ())]


def separated(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split a name into fields and what stands between them.

    Parameters
    ----------
    name
        A folder name, or a file name without its extension.

    Returns
    -------
    words : tuple of str
        The fields.
    gaps : tuple of str
        The separators before the first field, between the fields, and after the last; one more than fields.
    """
    words = fields(name)
    gaps, start = [], 0
    for word in words:
        gaps.append(name[start : name.index(word, start)])
        start += len(gaps[-1]) + len(word)
    return words, (*gaps, name[start:])


def values_at(position: Position, files: Sequence[AudioFile]) -> Mapping[str, str]:
    """Return the texts at a position.

    Parameters
    ----------
    position
        The position.
    files
        Files.

    Returns
    -------
    dict of str to str
        Text by the file's name, without files that lack the position.
    """
    return {file.name: value for file in files if (value := position.value(file))}
