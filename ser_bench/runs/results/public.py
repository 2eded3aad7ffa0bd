"""Names and texts for the files of a run, which are published: without the folders of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ser_bench.core.private_paths import without_folders
from ser_bench.core.text import escape_undecodable


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
