"""Which audio file a cell of a table names: paths of another machine, names without folder or extension."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from ser_bench.corpora.importing.files import AudioFile

_EXTENSION = re.compile(r"\.[a-z]\w{1,4}$", re.IGNORECASE)


class FileIndex:
    """The audio files by the end of their paths.

    Parameters
    ----------
    files
        The files.
    """

    def __init__(self, files: Sequence[AudioFile]) -> None:
        self._by_stem: dict[str, list[AudioFile]] = defaultdict(list)
        for file in files:
            self._by_stem[file.stem.casefold()].append(file)
            self._by_stem[file.path.name.casefold()].append(file)
        self._padded = {file.stem.lstrip("0"): file.stem for file in files if file.stem.isdecimal()}

    def find(self, cells: Sequence[str], folders: tuple[str, ...], part: str = "") -> list[AudioFile | None]:
        """Return the file that each cell names.

        Parameters
        ----------
        cells
            Paths, names or identifiers.
        folders
            The folder of the table, relative to the imported folder.
        part
            A word of the table's name, such as ``train``, that decides between files of the same name.

        Returns
        -------
        list of AudioFile or None
            None where no file, or more than one, fits.
        """
        paths = [_parts(cell) for cell in cells]
        seen: dict[str, int] = defaultdict(int)
        for path in set(paths):
            seen[path[-1]] += 1
        return [self._find(path, folders, part, alone=seen[path[-1]] == 1) for path in paths]

    def fault(self, cell: str) -> str:
        """Return why a cell does not name one file.

        Parameters
        ----------
        cell
            A cell that :meth:`find` gives no file for.

        Returns
        -------
        str
            Few words without the cell.
        """
        name = _EXTENSION.sub("", _parts(cell)[-1])
        if len(self._named(name)) > 1:
            return "several files have this name"
        padded = self._padded.get(name.lstrip("0"), "") if name.isdecimal() else ""
        return "no file has this name" + (f"; write the zeros of {padded}" if padded else "")

    def _named(self, name: str) -> list[AudioFile]:
        return self._by_stem.get(name) or self._by_stem.get(_EXTENSION.sub("", name)) or []

    def _find(self, path: tuple[str, ...], folders: tuple[str, ...], part: str, *, alone: bool) -> AudioFile | None:
        named = self._named(path[-1])
        if len(named) == 1 and alone:
            return named[0]
        whole = (*(folder.casefold() for folder in folders), *path)
        for fitting in (
            [file for file in named if _full(file) == whole[:-1]],
            [file for file in named if _agree(_full(file), path[:-1])],
            [file for file in named if part and part in _full(file)],
        ):
            if len(fitting) == 1:
                return fitting[0]
        return None


def _parts(cell: str) -> tuple[str, ...]:
    """Return the parts of a path in lower case, without ``.`` and drives; at least one."""
    parts = PurePosixPath(cell.strip().replace("\\", "/")).parts
    names = [part.casefold() for part in parts if part not in (".", "..", "/") and not part.endswith(":")]
    return tuple(names) or ("",)


def _full(file: AudioFile) -> tuple[str, ...]:
    return tuple(folder.casefold() for folder in file.folders)


def _agree(folders: Sequence[str], named: Sequence[str]) -> bool:
    """Check whether the shorter of two sequences of folders ends the longer one."""
    length = min(len(folders), len(named))
    return length > 0 and tuple(folders[-length:]) == tuple(named[-length:])


def share_found(files: Iterable[AudioFile | None]) -> float:
    """Return the share of cells that name a file.

    Parameters
    ----------
    files
        Results of :meth:`FileIndex.find`.

    Returns
    -------
    float
        Between 0 and 1.
    """
    hits = [file is not None for file in files]
    return sum(hits) / len(hits) if hits else 0.0
