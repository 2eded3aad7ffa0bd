"""Where ser-bench keeps things, and how a file is written so that no reader ever sees half of it."""

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
_HERE = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
"""In the names of passing files: made on this machine, whose locks tell whether their maker lives."""

_PASSING = re.compile(rf"{re.escape(_SCRATCH)}.+|\..+\.([0-9a-f]{{8}}-)?[0-9a-f]{{12}}\.tmp")
"""The names of our passing files, earlier versions' too; nobody else's file may be removed."""

_DAY_SECONDS = 24 * 3600.0


@contextmanager
def atomic_write(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success sync it to disk and rename it into place.

    ``sync=False`` leaves the moment of writing to the system, for what can be made again. On any error,
    Ctrl-C included, the temporary file is removed and ``path`` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{_HERE}-{uuid.uuid4().hex[:12]}.tmp")

    def made() -> Path:
        temporary.touch()
        return temporary

    try:
        with locks.held_lock(made):
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
    """Yield a new folder in ``folder`` for passing use, which is removed afterwards."""

    def made() -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{_HERE}-", dir=folder))

    with locks.held_lock(made) as passing:
        try:
            yield passing
        finally:
            shutil.rmtree(passing, ignore_errors=True)


def open_regular(path: Path) -> BufferedReader:
    """Open a file to be read; raises OSError for what is no regular file, since a pipe or a device may never end."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file; raises OSError."""
    with open_regular(path) as file:
        return file.read()


def mark_used(path: Path) -> None:
    """Note that a file was used today, for ``ser-bench store --prune``; nothing is lost where that cannot be noted."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > _DAY_SECONDS:
            os.utime(path)


def ensure_writable(folder: Path, error: type[SerBenchError], option: str) -> None:
    """Make a folder and try to write into it; raise ``error``, naming the option that chooses another, if not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as reason:
        raise error(
            f"cannot write to {folder}: {reason.strerror or reason}\nname another folder with {option}"
        ) from None


def remove_stale(folder: Path, *, deep: bool = True) -> None:
    """Remove temporary files, and scratch folders, of dead processes in ``folder`` and, where ``deep``, below it.

    Of those of other machines, whose locks may not be seen here, the ones of which nothing was heard for a day.
    """
    for left in (*folder.glob(f"{_SCRATCH}*"), *folder.glob("**/.*.tmp" if deep else ".*.tmp")):
        with suppress(OSError):
            if _PASSING.fullmatch(left.name) and _is_stale(left):
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def _is_stale(left: Path) -> bool:
    alive = locks.is_locked(left)
    if alive is False and f"{_HERE}-" in left.name:
        return True
    return not alive and time.time() - left.stat().st_mtime > _DAY_SECONDS
