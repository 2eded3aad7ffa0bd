"""Names of clips that are written into results: paths without the folders of the machine above all clips."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath


def public_names(names: Sequence[str], folder: Path | None = None) -> list[str]:
    """Replace absolute paths by paths relative to the folder of the corpus, or to the folder that they share.

    Parameters
    ----------
    names
        Names or paths of clips, as a table gives them.
    folder
        The corpus's folder.

    Returns
    -------
    list of str
        Names in the same order and as distinct as before; a relative path stays as it is.
    """
    absolute = {name: path for name in dict.fromkeys(names) if (path := _absolute(name))}
    if not absolute:
        return list(names)
    public = {name: _below(path, folder) for name, path in absolute.items()}
    outside = [path for name, path in absolute.items() if not public[name]]
    if outside:
        levels = zip(*(path.parts[:-1] for path in outside), strict=False)
        shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
        for name, path in absolute.items():
            public[name] = public[name] or "/".join(path.parts[shared:])
    taken = [public.get(name, name) for name in dict.fromkeys(names)]
    if len(set(taken)) < len(taken):
        public |= {name: f"file {number}/{path.name}" for number, (name, path) in enumerate(absolute.items(), 1)}
    return [public.get(name, name) for name in names]


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
