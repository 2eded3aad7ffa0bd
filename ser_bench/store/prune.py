"""What lies in a store and what of it may go: kept is what saved runs name, and whatever was used lately.

A run's ``fits.csv`` names its fits by their keys, its ``run.json`` the feature sets that it read. What is read is
marked as used (see :func:`ser_bench.core.files.mark_used`), so that runs whose folders are elsewhere are safe for
a while.
"""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import RunError, StoreError

DEFAULT_DAYS = 30.0
"""What was used within so many days is kept whatever names it."""


@dataclass(frozen=True)
class StoreItem:
    """A part of the store: a feature set, a saved fit, an index, or a damaged file that was moved aside.

    ``used`` is when it was last used, in seconds.
    """

    kind: str
    name: str
    path: Path
    size: int
    files: int
    used: float


@dataclass(frozen=True)
class References:
    """What saved runs need: feature sets by their folder's name, fits by key, and runs that do not say (older ones)."""

    sets: frozenset[str]
    fits: frozenset[str]
    runs: int
    unreadable: tuple[Path, ...]


def list_items(store: Path) -> Iterator[StoreItem]:
    """Yield what lies in a store, feature sets first; raises :class:`StoreError` where there is none.

    What lies behind a link is not in the store, so that it is never removed.
    """
    if not store.is_dir():
        raise StoreError(f"there is no store {store}\nname another folder with --store")
    for folder in _within(store, "features", "*/"):
        yield _item("feature set", folder.name, folder, folder.rglob("*"))
    for folder in _within(store, ".", "clips/"):
        yield _item("clip metadata", "clips", folder, folder.rglob("*"))
    for file in _within(store, "index", "*.json"):
        yield _item("index", file.name, file, [file])
    for file in _within(store, "quarantine", "*"):
        yield _item("damaged file", file.name, file, [file])
    for file in _within(store, "fits", "*/*.npz"):
        yield _item("fit", file.stem, file, [file])


def _within(store: Path, folder: str, pattern: str) -> list[Path]:
    """Return what matches in a folder of the store, in order, without what links lead to."""
    place, real = store / folder, store.resolve()
    return sorted(path for path in place.glob(pattern) if path.resolve() == real / path.relative_to(store))


def referenced_by_runs(folders: Iterable[Path]) -> References:
    """Return what the runs below some folders need. Raises :class:`RunError` for a folder that is not there."""
    sets: set[str] = set()
    fits: set[str] = set()
    runs, unreadable = 0, []
    for folder in folders:
        if not folder.is_dir():
            raise RunError(f"there is no folder {folder} of runs; name it with --runs")
        for file in sorted(folder.rglob("run.json")):
            said, keys = _sets_of(file), _keys_of(file.parent / "fits.csv")
            runs += 1
            if said is None or keys is None:
                unreadable.append(file.parent)
            sets |= said or set()
            fits |= keys or set()
    return References(frozenset(sets), frozenset(fits), runs, tuple(unreadable))


def unused_items(
    found: Iterable[StoreItem], named: References, days: float, now: float | None = None
) -> list[StoreItem]:
    """Return what nothing used for ``days`` and no run names; clip metadata always stay."""
    before = (time.time() if now is None else now) - days * 86_400
    needed = {"feature set": named.sets, "fit": named.fits, "clip metadata": {"clips"}}
    return [item for item in found if item.name not in needed.get(item.kind, ()) and item.used < before]


def remove_items(spared: Iterable[StoreItem]) -> int:
    """Remove items and return the bytes that are free again; one that cannot be removed raises StoreError."""
    freed = 0
    for item in spared:
        try:
            shutil.rmtree(item.path) if item.path.is_dir() else item.path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove {item.path}: {error.strerror or error}") from None
        freed += item.size
    return freed


def _item(kind: str, name: str, path: Path, files: Iterable[Path]) -> StoreItem:
    stats = [file.stat() for file in files if file.is_file()]
    used = max((s.st_mtime for s in stats), default=path.stat().st_mtime)
    return StoreItem(kind, name, path, sum(s.st_size for s in stats), len(stats), used)


def _sets_of(file: Path) -> set[str] | None:
    try:
        said = json.loads(file.read_text(encoding="utf-8")).get("stored_sets")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return set(map(str, said)) if isinstance(said, list) else None


def _keys_of(file: Path) -> set[str] | None:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = csv.DictReader(opened)
            return {row["key"] for row in rows if row["key"]} if "key" in (rows.fieldnames or ()) else None
    except (OSError, ValueError, csv.Error):
        return None
