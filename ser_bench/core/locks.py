"""Advisory file locks; the operating system releases them when the process exits, even if it is killed.

Temporary files and folders are locked by themselves with ``flock``; without it (Windows, some network disks) they are
not. Lock files use filelock, which knows Windows, too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":

    def _open(path: Path) -> int | None:
        """Return None: Windows has no ``flock``."""
        return None

    def _lock(descriptor: int) -> bool | None:
        """Return None: Windows has no ``flock``."""
        return None

else:
    import fcntl

    def _open(path: Path) -> int | None:
        """Open a file or folder for locking; network disks lock only files that are open for writing."""
        return os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)

    def _lock(descriptor: int) -> bool | None:
        """Lock without waiting; False if another process holds the lock, None if the disk has no locks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True


@contextmanager
def held_lock(create: Callable[[], Path]) -> Iterator[Path]:
    """Create a file or folder and lock it until the block ends, so that :func:`is_locked` sees a live owner.

    Parameters
    ----------
    create : callable
        Creates a new file or folder and returns its path. It runs again if another process removes the path
        before it is locked.

    Yields
    ------
    Path
        The locked path.
    """
    path, descriptor = _create_locked(create)
    try:
        yield path
    finally:
        if descriptor is not None:
            os.close(descriptor)


def is_locked(path: Path) -> bool | None:
    """Return whether a process holds the lock of a file or folder.

    Parameters
    ----------
    path : Path
        An existing file or folder.

    Returns
    -------
    bool or None
        None if the platform or the disk has no locks.
    """
    descriptor = _open(path)
    if descriptor is None:
        return None
    try:
        locked = _lock(descriptor)
        return None if locked is None else not locked
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold a lock file until the block ends, then remove it; a lock file of a dead process is taken over.

    Parameters
    ----------
    path : Path
        The lock file, created if missing.

    Yields
    ------
    bool
        False if another process holds the lock; True also if the disk has no locks.
    """
    from filelock import FileLock, Timeout  # imported here, since it takes 0.1 s

    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except (NotImplementedError, OSError):  # a disk without locks
        yield True
        return
    try:
        yield True
    finally:
        with suppress(OSError):
            path.unlink()  # while it is held, so that no other process removes a lock that a third one has taken
        lock.release()


def _create_locked(create: Callable[[], Path]) -> tuple[Path, int | None]:
    """Create a path and lock it; again if another process has removed it as stale in between."""
    while True:
        path = create()
        try:
            descriptor = _open(path)
        except FileNotFoundError:
            continue
        if descriptor is None or (_lock(descriptor) is not False and _is_open_file(descriptor, path)):
            return path, descriptor
        os.close(descriptor)


def _is_open_file(descriptor: int, path: Path) -> bool:
    """Return whether ``path`` is still the file that is open as ``descriptor``."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
