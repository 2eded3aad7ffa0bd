"""Text without the folders of this machine, in which names of people occur."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from ser_bench.core.text import escape_undecodable

_ROOT = re.compile(
    r"""
    (?<![\w.:/\\])[A-Za-z]:[\\/]+(?=[^\s\\/])   # C:\ and C:/
    | (?<![\w.:/\\])\\\\(?=[^\s\\/])            # \\server
    | (?<=file://)/(?=[^\s\\/])
    | (?<![\w./\\])[\\/](?=[^\s\\/])            # /, also after a colon
    """,
    re.VERBOSE,
)
"""The root of an absolute path."""

_SEPARATOR = re.compile(r"[\\/]+(?=[^\\/\s'\"`])")
"""The separators before a further part of a path."""

_APOSTROPHE = r"|(?<=\w)'(?=\w)"
_WORD = rf"(?:[^\\/\s'\"`<>|:,;()]{_APOSTROPHE})+"
_WORDS = rf"[^\\/\s'\"`<>|:;.,](?:(?:[^\\/'\"`<>|:;.\n]{_APOSTROPHE})*(?:[^\\/\s'\"`<>|:;.,]))?"
_FIRST_FOLDER = re.compile(rf"{_WORD}[\\/]+")
_FURTHER_FOLDERS = re.compile(rf"(?:(?:{_WORD}|{_WORDS})[\\/]+)*(?=[^\\/\s'\"`])")
"""Folders that do not exist: names with spaces, but then without dots, since a sentence may go on after a file."""

_QUOTED = re.compile(r"(?P<quote>['\"`])(?P<path>[^\n:]*?)(?P=quote)(?!\w)")
_AFTER_HOME = r"""(?=[\\/]?(?:[\s'"`:,;()]|$))"""


def without_folders(text: str, folders: Iterable[Path] = ()) -> str:
    """Return text for others to read: without the folders of this machine, in which names of people occur.

    Folders that exist on this machine may have any name. Others are recognised in quotes, or if their names have
    letters, digits and spaces.

    Parameters
    ----------
    text : str
        Any text.
    folders : iterable of Path
        Folders whose files are named relative to them.

    Returns
    -------
    str
        The text, every other absolute path cut to its last part, and the home folder to ``~``.
    """
    for folder in sorted({str(folder.absolute()) for folder in folders}, key=len, reverse=True):
        text = text.replace(folder + os.sep, "")
    home = os.path.expanduser("~")  # noqa: PTH111  (never raises)
    if len(Path(home).parts) > 1:
        text = re.sub(re.escape(home) + _AFTER_HOME, "~", text)
    parts, position = [], 0
    while root := _ROOT.search(text, position):
        end = _end_of_folders(text, root)
        parts.append(text[position : root.start() if end else root.end()])
        position = end or root.end()
    return "".join(parts) + text[position:]


def _end_of_folders(text: str, root: re.Match[str]) -> int:
    """Return where the last part of a path begins; 0 for a path without folders."""
    start, end = root.start(), 0
    for separator in _SEPARATOR.finditer(text, root.end()):
        if not os.path.isdir(text[start : separator.start()]):  # noqa: PTH112  (never raises)
            break
        end = separator.end()
    if quoted := _QUOTED.match(text, max(0, start - 1)):
        last = max((s.end() for s in _SEPARATOR.finditer(text, root.end(), quoted.end("path"))), default=0)
        if last > end:
            return last
    if not end and not (first := _FIRST_FOLDER.match(text, root.end())):
        return 0
    further = _FURTHER_FOLDERS.match(text, end or first.end())  # type: ignore[union-attr]
    return further.end() if further else end


def public_values(value: Any) -> Any:
    """Return a value of JSON whose texts have no folder of this machine.

    Parameters
    ----------
    value : str, number, list, tuple, dict or None
        The value.

    Returns
    -------
    str, number, list, dict or None
        With lists for tuples.
    """
    if isinstance(value, str):
        return without_folders(value)
    if isinstance(value, dict):
        return {name: public_values(part) for name, part in value.items()}
    return [public_values(part) for part in value] if isinstance(value, list | tuple) else value


def public_text(text: str, folders: Mapping[str, Path]) -> str:
    """Return a text without the folders of this machine.

    Parameters
    ----------
    text : str
        A reason or a warning.
    folders : mapping of str to Path
        Folders of the corpora by name; their files are named relative to them.

    Returns
    -------
    str
    """
    return escape_undecodable(without_folders(text, folders.values()))


def public_features(features: str) -> str:
    """Return the names of feature sets for others to read: a set from a file is named by the file without its folder.

    Parameters
    ----------
    features : str
        Names joined by ``+``, such as ``functionals+onnx:FILE#pool=mean``.

    Returns
    -------
    str
        The names, every absolute path and every path with ``~`` or ``..`` cut to its last part.
    """
    rooted = re.sub(r"(^|[:=+])~[^\\/+#]*(?=[\\/])", r"\1", features)
    return "".join(part if part in "+#=" else without_folder(part) for part in re.split(r"([+#=])", rooted))


def without_folder(name: str) -> str:
    """Return a name that may be the path of a file for others to read: a path of this machine loses its folder.

    Parameters
    ----------
    name : str
        A name or a path, with or without a prefix as in ``cross:corpus.csv``.

    Returns
    -------
    str
        The last part of an absolute path and of one with ``..``; any other name as it is.
    """
    prefix, path = re.fullmatch(r"((?:[a-z]{2,}:)?)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    parts = re.split(r"[\\/]", path)
    is_absolute = PurePosixPath(path).is_absolute() or bool(PureWindowsPath(path).root)
    return f"{prefix}{parts[-1]}" if is_absolute or ".." in parts else name
