"""File-name patterns such as ``{speaker}_{emotion}_{n}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ser_bench.core.errors import ConfigError
from ser_bench.corpora.importing.column import COLUMNS
from ser_bench.corpora.importing.files import AudioFile

_TOKEN = re.compile(r"\{(?P<name>[^{}:]*)(?::(?P<width>\d+))?\}|(?P<any>\*)|(?P<slash>[/\\])|(?P<text>[^{}*/\\]+)")


@dataclass(frozen=True)
class PathPattern:
    """A pattern for the end of a path without the extension.

    Attributes
    ----------
    text
        The pattern as the user wrote it.
    regex
        The regular expression; group ``g<i>`` is the i-th field.
    columns
        Column of each group.
    depth
        Number of folders in the pattern.
    """

    text: str
    regex: re.Pattern[str]
    columns: tuple[tuple[str, str], ...]
    depth: int

    def values(self, file: AudioFile) -> dict[str, str] | None:
        """Return the columns that a path gives.

        Parameters
        ----------
        file
            A file.

        Returns
        -------
        dict or None
            Value by column, several fields of one column joined by hyphens; None where the path does not match.
        """
        if len(file.folders) < self.depth:
            return None
        parts = (*file.folders[len(file.folders) - self.depth :], file.stem)
        match = self.regex.fullmatch("/".join(parts))
        if match is None:
            return None
        values: dict[str, list[str]] = {}
        for group, column in self.columns:
            values.setdefault(column, []).append(match[group])
        return {column: "-".join(texts) for column, texts in values.items()}


def parse_pattern(text: str) -> PathPattern:
    r"""Read a pattern.

    Parameters
    ----------
    text
        Fields in braces between the separators of the names. A field ends at the separator that follows it;
        ``{speaker:2}`` is two characters wide, ``{}`` is ignored, ``*`` is any text within a name, and ``/``
        separates folders, which are counted from the file.

    Returns
    -------
    PathPattern
        The pattern.

    Raises
    ------
    ConfigError
        If it is invalid or names neither speaker nor emotion.
    """
    text = re.sub(r"\.(wav|mp3|flac|ogg|m4a|aiff?)$", "", text, flags=re.IGNORECASE)
    tokens = list(_tokens(text))
    separators = "".join({c for token in tokens for c in (token["text"] or "") if not c.isalnum()})
    parts, columns = [], []
    for index, token in enumerate(tokens):
        part, column = _regex(token, separators, f"g{index}")
        parts.append(part)
        columns += [(f"g{index}", column)] if column else []
    if not {"speaker", "emotion"} & {column for _, column in columns}:
        raise ConfigError(
            f"invalid pattern {text!r}: it has neither {{speaker}} nor {{emotion}}; "
            "write a path with {speaker} and {emotion} in the place of the speaker and the emotion"
        )
    depth = sum(bool(token["slash"]) for token in tokens)
    return PathPattern(text, re.compile("".join(parts), re.IGNORECASE | re.DOTALL), tuple(columns), depth)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() != end:
            break
        end = match.end()
        yield match
    if end != len(text):
        raise ConfigError(f"invalid pattern {text!r} at {text[end:]!r}; write fields as {{speaker}}, {{emotion}}")


def _regex(token: re.Match[str], separators: str, group: str) -> tuple[str, str]:
    """Return the regular expression of a token, and the column if it is one."""
    if token["any"]:
        return "[^/]*", ""
    if token["slash"]:
        return "/", ""
    if token["text"]:
        return re.escape(token["text"]), ""
    width = token["width"]
    part = rf"[^/]{{{width}}}" if width else rf"[^/{re.escape(separators)}]+"
    name = token["name"].strip().lower()
    return (f"(?P<{group}>{part})", name) if name in COLUMNS else (part, "")


def unmatched(pattern: PathPattern, files: Sequence[AudioFile]) -> ConfigError:
    """Return the error that no path matches.

    Parameters
    ----------
    pattern
        The pattern.
    files
        The files.

    Returns
    -------
    ConfigError
        The error with an example of a path.
    """
    return ConfigError(
        f"no file matches the pattern {pattern.text!r}, for example {files[0].name}\n"
        "a field ends at the separator that follows it; * stands for any text, and / for a folder"
    )
