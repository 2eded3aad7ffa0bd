"""From a clip's path to the SHA-256 of its file, without reading files that have not changed.

A file is known by its size, inode, and times of modification and of change; the latter no program can set back. One
that was modified less than two seconds before it was indexed is hashed again next time, since a later change could
leave the same time stamp. The index has a checksum, since a key that has rotted would be another clip's or nobody's.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_ISREG

from ser_bench.core.files import atomic_write, mark_used, read_bytes

_RACY_NS = 2_000_000_000
_BLOCK = 1 << 20
_KEY = re.compile("[0-9a-f]{64}")

Stat = tuple[int, int, int, int]


class FileHashes:
    """The index of one folder of clips, kept in the store as ``index/<hash of the folder>.json``."""

    def __init__(self, store: Path, folder: Path) -> None:
        name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:24]
        self._file = store / "index" / f"{name}.json"
        self._known = _read(self._file)
        mark_used(self._file)

    def hash_files(self, paths: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return the SHA-256 by path, and for files that cannot be read the reason by path."""
        fresh, keys, errors = [], {}, {}
        for path in paths:
            try:
                stat = _stat(path)
            except OSError as error:
                errors[path] = f"cannot be opened: {error.strerror or error}"
                continue
            known = self._known.get(path)
            if known and known[:-1] == list(stat):
                keys[path] = known[-1]
            else:
                fresh.append(path)
        changed = False
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            for path, result in zip(fresh, pool.map(_hashed, fresh), strict=True):
                if isinstance(result, str):
                    errors[path] = result
                    continue
                stat, keys[path] = result
                if time.time_ns() - stat[1] > _RACY_NS:
                    self._known[path] = [*stat, keys[path]]
                    changed = True
        if changed:
            with atomic_write(self._file) as temporary:
                text = json.dumps({"sha256": _digest(self._known), "known": self._known})
                temporary.write_text(text, encoding="utf-8")
        return keys, errors


def _read(file: Path) -> dict[str, list]:
    """Return what an index says; nothing where it is not there, is damaged, or is of an earlier version."""
    try:
        said = json.loads(read_bytes(file).decode("utf-8"))
        known = said["known"] if said["sha256"] == _digest(said["known"]) else {}
        return known if all(_is_entry(entry) for entry in known.values()) else {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}  # it saves time and nothing else: without it the files are hashed


def _is_entry(entry: object) -> bool:
    return isinstance(entry, list) and len(entry) == 5 and isinstance(entry[4], str) and bool(_KEY.fullmatch(entry[4]))


def _digest(known: dict[str, list]) -> str:
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def _stat(path: str) -> Stat:
    found = os.stat(path)  # noqa: PTH116  (four times faster than Path.stat over many files)
    if not S_ISREG(found.st_mode):
        raise OSError(0, "it is no regular file")  # reading a pipe would wait for ever
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _hashed(path: str) -> tuple[Stat, str] | str:
    try:
        stat = _stat(path)
        hashed = hashlib.sha256()
        with open(path, "rb", buffering=0) as opened:  # noqa: PTH123
            while block := opened.read(_BLOCK):
                hashed.update(block)
    except OSError as error:
        return f"cannot be opened: {error.strerror or error}"
    return stat, hashed.hexdigest()
