"""Names of clips that are written into results: paths without the folders of the machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from ser_bench.core.text import escape_undecodable


def public_names(names: Sequence[str], folder: Path | None = None) -> list[str]:
    """Replace absolute paths by paths below the folder of the corpus, or else by their last parts.

    Parameters
    ----------
    names
        Names or paths of clips, as a table gives them.
    folder
        The corpus's folder.

    Returns
    -------
    list of str
        Names in the same order and as distinct as before. A path elsewhere keeps as few parts as tell all of them
        apart. Any other name stays as it is.
    """
    absolute = {name: path for name in dict.fromkeys(names) if (path := _absolute(name))}
    if not absolute:
        return list(names)
    below = {name: _below(path, folder) for name, path in absolute.items()}
    elsewhere = {name: _private(path) for name, path in absolute.items() if not below[name]}
    taken = {below.get(name) or name for name in names if name not in elsewhere}
    for count in range(1, max(map(len, elsewhere.values()), default=0) + 1):
        short = {name: "/".join(parts[-count:]) for name, parts in elsewhere.items()}
        if len(set(short.values()) - taken) == len(short):
            break
    else:
        short = {name: f"file {number}/{parts[-1]}" for number, (name, parts) in enumerate(elsewhere.items(), 1)}
    return [below.get(name) or short.get(name) or name for name in names]


def relative_path(path: str, folder: Path) -> str:
    """Return a path relative to the folder of its corpus; the file name alone for a file elsewhere.

    Parameters
    ----------
    path : str
        The path of a clip.
    folder : Path
        Folder of the corpus.

    Returns
    -------
    str
        With ``/`` on every system.
    """
    inside = Path(path).is_relative_to(folder)
    return escape_undecodable((Path(path).relative_to(folder) if inside else Path(Path(path).name)).as_posix())


def _absolute(name: str) -> PurePath | None:
    """Return an absolute path of this or of another system; None for any other name."""
    windows = PureWindowsPath(name)
    if windows.drive and windows.root:
        return windows
    posix = PurePosixPath(name)
    return posix if posix.is_absolute() else None


def _below(path: PurePath, folder: Path | None) -> str:
    """Return a path relative to a folder; empty if it is elsewhere."""
    base = PurePath(folder.absolute()) if folder else None
    return path.relative_to(base).as_posix() if base and path.is_relative_to(base) else ""


def _private(path: PurePath) -> tuple[str, ...]:
    """Return the parts of a path after its root, or after the home folder."""
    home = PurePath(os.path.expanduser("~"))  # noqa: PTH111  (never raises)
    return path.relative_to(home).parts if path.is_relative_to(home) and path != home else path.parts[1:]
