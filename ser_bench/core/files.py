"""Atomic writes, temporary files and folders that are removed after a crash, and safe reads."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import shutil
import stat
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from ser_bench.core import locks
from ser_bench.core.errors import SerBenchError

_SCRATCH = ".scratch-"
_MACHINE = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
"""Part of every temporary name: locks show a live owner on this machine only."""

_TEMPORARY = re.compile(rf"{re.escape(_SCRATCH)}.+|\..+\.[0-9a-f]{{8}}-[0-9a-f]{{12}}\.tmp")
"""The names of temporary files and folders of ser-bench; other files are never removed."""

_DAY_SECONDS = 24 * 3600.0


@contextmanager
def atomic_write(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Write a file under a temporary name, then rename it, so that no reader sees an incomplete file.

    On any error, Ctrl-C included, the temporary file is removed and ``path`` is not changed.

    Parameters
    ----------
    path : Path
        The file to write or replace; missing folders are created.
    sync : bool, default True
        Whether to flush to disk before the rename; False for files that can be computed again.

    Yields
    ------
    Path
        The temporary file, in the same folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{_MACHINE}-{uuid.uuid4().hex[:12]}.tmp")

    def create() -> Path:
        temporary.touch()
        return temporary

    try:
        with locks.held_lock(create):
            yield temporary
            if sync:
                with temporary.open("rb+") as written:
                    os.fsync(written.fileno())
            temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


@contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """Create a temporary folder and remove it afterwards.

    Parameters
    ----------
    folder : Path
        The existing folder in which to create it.

    Yields
    ------
    Path
        The temporary folder.
    """

    def create() -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{_MACHINE}-", dir=folder))

    with locks.held_lock(create) as scratch:
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading; a pipe or a device, which may never end, is refused.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    BufferedReader
        The open file, in binary mode.

    Raises
    ------
    OSError
        If the file cannot be opened or is not a regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path) -> bytes:
    """Read a regular file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    OSError
        As :func:`open_regular`.
    """
    with open_regular(path) as file:
        return file.read()


def mark_used(path: Path) -> None:
    """Set a file's modification time to now, which ``ser-bench store --prune`` reads; errors are ignored.

    Parameters
    ----------
    path : Path
        The file; nothing is written if it was marked within a day.
    """
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > _DAY_SECONDS:
            os.utime(path)


def ensure_writable(folder: Path, error: type[SerBenchError], option: str) -> None:
    """Create a folder and check that files can be written into it.

    Parameters
    ----------
    folder : Path
        The folder.
    error : type
        The exception to raise if it is not writable.
    option : str
        The option that names another folder, for the message.

    Raises
    ------
    SerBenchError
        ``error``, if the folder cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError:
        raise error(f"cannot write to {folder}: it is a file, not a folder\nname a folder with {option}") from None
    except OSError as reason:
        raise error(
            f"cannot write to {folder}: {reason.strerror or reason}\nname another folder with {option}"
        ) from None


def remove_stale(folder: Path, *, deep: bool = True) -> None:
    """Remove temporary files and folders of processes that have exited.

    Those of other machines, whose locks may not be visible here, are removed a day after their last change.

    Parameters
    ----------
    folder : Path
        The folder to search.
    deep : bool, default True
        Whether to search its subfolders too.
    """
    for path in (*folder.glob(f"{_SCRATCH}*"), *folder.glob("**/.*.tmp" if deep else ".*.tmp")):
        with suppress(OSError):
            if _TEMPORARY.fullmatch(path.name) and _is_stale(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_stale(path: Path) -> bool:
    """Return whether a temporary file or folder has lost its owner."""
    locked = locks.is_locked(path)
    if locked is False and f"{_MACHINE}-" in path.name:
        return True
    return not locked and time.time() - path.stat().st_mtime > _DAY_SECONDS
