"""Contents of a store, and removal of what no saved run refers to and nothing has used lately.

A run refers to its fits by the keys in ``fits.csv`` and to its feature sets in ``run.json``; a hyper-parameter search
refers to both in ``search.json``. Reading marks a file as
used (:func:`ser_bench.core.files.mark_used`), which protects runs whose folders are elsewhere for a while.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import RunError, StoreError

DEFAULT_DAYS = 30.0
"""Files used within this many days are always kept."""

_KINDS = (
    ("feature set", "features", "*/"),
    ("clip metadata", ".", "clips/"),
    ("index", "index", "*.json"),
    ("damaged file", "quarantine", "*"),
    ("fit", "fits", "*/*.npz"),
    ("conditions of a fit", "conditions", "*/*.npz"),
)
"""Kinds of items with their folder and pattern."""

_OF_FITS = ("fit", "conditions of a fit")
"""Kinds whose files are named by the key of a fit."""


@dataclass(frozen=True)
class StoreItem:
    """A part of the store.

    Parameters
    ----------
    kind : str
        ``feature set``, ``clip metadata``, ``index``, ``damaged file``, ``fit`` or ``conditions of a fit``.
    name : str
        Name of the folder, or the key of a fit.
    path : Path
        File or folder.
    size : int
        Size in bytes.
    files : int
        Number of files.
    used : float
        Time of last use in seconds since the epoch.
    """

    kind: str
    name: str
    path: Path
    size: int
    files: int
    used: float


@dataclass(frozen=True)
class RunReferences:
    """What saved runs refer to.

    Parameters
    ----------
    sets : frozenset of str
        Folders of feature sets.
    fits : frozenset of str
        Keys of fits.
    runs : int
        Number of runs.
    unreadable : tuple of Path
        Run folders whose files do not list what the run needs.
    """

    sets: frozenset[str]
    fits: frozenset[str]
    runs: int
    unreadable: tuple[Path, ...]


def list_items(store: Path) -> Iterator[StoreItem]:
    """List the contents of a store. Links are not followed, so that nothing outside is ever removed.

    Parameters
    ----------
    store : Path
        Folder of the store.

    Yields
    ------
    StoreItem
        Feature sets first.

    Raises
    ------
    StoreError
        If the folder does not exist.
    """
    if not store.is_dir():
        raise StoreError(f"store folder not found: {store}\nname another folder with --store")
    root = store.resolve()
    for kind, folder, pattern in _KINDS:
        for path in sorted((store / folder).glob(pattern)):
            if path.resolve() == root / path.relative_to(store):
                yield _item(kind, path)


def referenced_by_runs(folders: Iterable[Path]) -> RunReferences:
    """Return what saved runs refer to.

    Parameters
    ----------
    folders : iterable of Path
        Folders that contain runs, at any depth.

    Returns
    -------
    RunReferences
        Feature sets and fits of all runs.

    Raises
    ------
    RunError
        If a folder does not exist or cannot be read.
    """
    sets: set[str] = set()
    fits: set[str] = set()
    runs, unreadable = 0, []
    for folder in folders:
        if not folder.is_dir():
            raise RunError(f"folder of runs not found: {folder}; name another folder with --runs")
        for file in _records(folder):
            run_sets = _listed(file, "stored_sets")
            run_fits = _fits_of(file.with_name("fits.csv")) if file.name == "run.json" else _listed(file, "fits")
            runs += 1
            if run_sets is None or run_fits is None:
                unreadable.append(file.parent)
            sets |= run_sets or set()
            fits |= run_fits or set()
    return RunReferences(frozenset(sets), frozenset(fits), runs, tuple(unreadable))


def _records(folder: Path) -> Iterator[Path]:
    """Yield the files that list what runs and searches refer to, also behind links; each folder once."""
    seen = set()
    for root, folders, files in os.walk(folder, followlinks=True, onerror=_raise):
        real = Path(root).resolve()
        if real in seen:  # a link to a folder above
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield from (Path(root, name) for name in ("run.json", "search.json") if name in files)


def _raise(error: OSError) -> None:
    """Refuse a folder that cannot be read, because it may hold runs."""
    raise RunError(f"cannot read the folder of runs {error.filename}: {error.strerror}; name others with --runs")


def unused_items(
    items: Iterable[StoreItem], references: RunReferences, days: float, now: float | None = None
) -> list[StoreItem]:
    """Return the items that no run refers to and nothing has used lately; clip metadata are always kept.

    Parameters
    ----------
    items : iterable of StoreItem
        Contents of the store.
    references : RunReferences
        What saved runs refer to.
    days : float
        Items used within this many days are kept.
    now : float, optional
        Current time in seconds since the epoch.

    Returns
    -------
    list of StoreItem
        The items that may be removed.
    """
    limit = (time.time() if now is None else now) - days * 86_400
    needed = {"feature set": references.sets, "clip metadata": {"clips"}}
    needed |= dict.fromkeys(_OF_FITS, references.fits)
    return [item for item in items if item.name not in needed.get(item.kind, ()) and item.used < limit]


def remove_items(items: Iterable[StoreItem]) -> int:
    """Remove items from the store.

    Parameters
    ----------
    items : iterable of StoreItem
        The items to remove.

    Returns
    -------
    int
        Bytes freed.

    Raises
    ------
    StoreError
        If an item cannot be removed.
    """
    freed = 0
    for item in items:
        try:
            shutil.rmtree(item.path) if item.path.is_dir() else item.path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove {item.path}: {error.strerror or error}") from None
        freed += item.size
    return freed


def _item(kind: str, path: Path) -> StoreItem:
    """Return the item at a path, with all files below a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    stats = [file.stat() for file in files if file.is_file()]
    used = max((s.st_mtime for s in stats), default=path.stat().st_mtime)
    name = path.stem if kind in _OF_FITS else path.name
    return StoreItem(kind, name, path, sum(s.st_size for s in stats), len(stats), used)


def _listed(file: Path, name: str) -> set[str] | None:
    """Return the names that a JSON file lists under a name; None if it does not."""
    try:
        names = json.loads(file.read_text(encoding="utf-8")).get(name)
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return set(map(str, names)) if isinstance(names, list) else None


def _fits_of(file: Path) -> set[str] | None:
    """Return the keys of a run's fits; None if ``fits.csv`` does not list them."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = csv.DictReader(opened)
            return {row["key"] for row in rows if row["key"]} if "key" in (rows.fieldnames or ()) else None
    except (OSError, ValueError, csv.Error):
        return None
