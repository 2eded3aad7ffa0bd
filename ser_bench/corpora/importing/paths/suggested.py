"""Patterns that ser-bench suggests: each is tested against the files before anyone sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ser_bench.core.errors import ConfigError
from ser_bench.corpora.importing.files import AudioFile
from ser_bench.corpora.importing.paths.patterns import parse_pattern
from ser_bench.corpora.importing.paths.positions import Position, separated

_MOST_SHAPES = 20


def fitting_pattern(
    position: Position,
    values: Mapping[str, str],
    files: Sequence[AudioFile],
    column: str = "speaker",
    others: Sequence[AudioFile] = (),
) -> str:
    """Return a value of ``--pattern`` that reads a column from a position of all files.

    Parameters
    ----------
    position
        The position.
    values
        What the pattern must read, by the file's name.
    files
        The files that it must match.
    column
        Column of the manifest: ``speaker`` or ``emotion``.
    others
        Files that it must not match.

    Returns
    -------
    str
        A pattern such as ``{}_{speaker}_*``; empty where no pattern is right for all files.
    """
    for text in dict.fromkeys(_patterns(position, files, column)):
        try:
            pattern = parse_pattern(text)
        except ConfigError:  # braces in the names
            continue
        if all(pattern.values(file) == {column: values.get(file.name)} for file in files) and not any(
            map(pattern.values, others)
        ):
            return text
    return ""


def _patterns(position: Position, files: Sequence[AudioFile], column: str) -> Iterator[str]:
    """Yield the patterns of files whose names differ in their separators."""
    shapes = {(len(file.folders), separated(_name(position, file))[1]): file for file in files}
    for file in list(shapes.values())[:_MOST_SHAPES]:
        below = ["*"] * (0 if position.level is None else len(file.folders) - position.level % len(file.folders))
        for own in _name_patterns(_name(position, file), position.field, column):
            yield "/".join([own, *below])


def _name(position: Position, file: AudioFile) -> str:
    return Position(position.level).value(file)


def _name_patterns(name: str, field: int | None, column: str) -> Iterator[str]:
    """Yield patterns for one field of a name, counted from its start and from its end."""
    if field is None:
        yield f"{{{column}}}"
        return
    words, gaps = separated(name)
    field = range(len(words))[field]
    before = "".join(f"{gap}{{}}" for gap in gaps[:field]) + f"{gaps[field]}{{{column}}}"
    after = f"{{{column}}}{gaps[field + 1]}" + "".join(f"{{}}{gap}" for gap in gaps[field + 2 :])
    yield before + gaps[field + 1] + ("*" if field + 1 < len(words) else "")
    yield ("*" if field else "") + gaps[field] + after
