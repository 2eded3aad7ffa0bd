"""Locks that end with their owner: the system lets go of them when a process ends, however it ends, whatever the clock.

They are ``flock``'s. Where it does not work (Windows, some network disks) nothing is locked, and callers are told so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def held_lock(make: Callable[[], Path]) -> Iterator[Path]:
    """Yield the file or folder that ``make`` makes, locked until the block ends: a sign that its maker lives."""
    path, descriptor = _made(make)
    try:
        yield path
    finally:
        if descriptor is not None:
            os.close(descriptor)


def is_locked(path: Path) -> bool | None:
    """Say whether the maker of a file or folder lives; None where locks do not tell."""
    descriptor = _opened(path)
    if descriptor is None:
        return None
    try:
        taken = _take(descriptor)
        return None if taken is None else not taken
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold a lock file until the block ends, and then remove it; yield False where another process holds it.

    What a killed process left is taken over.
    """

    def touch() -> Path:
        path.touch()
        return path

    while True:
        descriptor = _opened(touch())
        taken = _take(descriptor) if descriptor is not None else None
        if descriptor is None or taken is False or _is(descriptor, path):
            break
        os.close(descriptor)  # its last owner has removed it meanwhile
    try:
        yield taken is not False
    finally:
        if taken is not False:
            with suppress(OSError):
                path.unlink()
        if descriptor is not None:
            os.close(descriptor)


def _made(make: Callable[[], Path]) -> tuple[Path, int | None]:
    """Make a path and lock it; again where somebody took it for a dead one's in between."""
    while True:
        path = make()
        descriptor = _opened(path)
        if descriptor is None or (_take(descriptor) is not False and _is(descriptor, path)):
            return path, descriptor
        os.close(descriptor)


def _opened(path: Path) -> int | None:
    if sys.platform == "win32":
        return None
    return os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)  # network disks lock what can be written


def _take(descriptor: int) -> bool | None:
    """Lock without waiting; False where another has the lock, None where there are no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
