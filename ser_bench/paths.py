"""Where ser-bench keeps things, and how a file is written so that no reader ever sees half of it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ser_bench.errors import SerBenchError

SCRATCH = ".scratch-"
"""How the names of folders for passing use begin."""

_DAY_SECONDS = 24 * 3600.0


def cache_folder() -> Path:
    """Return the user's cache folder for ser-bench: ``$SER_BENCH_CACHE``, else the system's own place."""
    if chosen := os.environ.get("SER_BENCH_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("ser-bench", appauthor=False))


def default_store() -> Path:
    """Return the folder of the feature store and the fits already done, unless ``--store`` names another."""
    return cache_folder() / "store"


@contextmanager
def replacing(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success sync it to disk and rename it into place.

    ``sync=False`` leaves the moment of writing to the system, for what can be made again. On any error,
    Ctrl-C included, the temporary file is removed and ``path`` stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        yield temporary
        if sync:
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def readable(name: str) -> str:
    """Return a file's name as text for a table or a page: bytes in it that are not UTF-8 stand as escapes."""
    return name.encode(errors="backslashreplace").decode()


def plain(text: str) -> str:
    """Return text as a terminal may have it: control and direction characters, but for new lines, stand as escapes."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def mark_used(path: Path) -> None:
    """Note that a file was used today, for ``ser-bench store --prune``; nothing is lost where that cannot be noted."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > _DAY_SECONDS:
            os.utime(path)


def make_writable(folder: Path, error: type[SerBenchError], option: str) -> None:
    """Make a folder and try to write into it; raise ``error``, naming the option that chooses another, if not."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as reason:
        raise error(
            f"cannot write to {folder}: {reason.strerror or reason}\nname another folder with {option}"
        ) from None


def remove_stale(folder: Path) -> None:
    """Remove what killed processes left below ``folder`` more than a day ago: temporary files and scratch folders."""
    limit = time.time() - _DAY_SECONDS
    for left in (*folder.glob(f"{SCRATCH}*"), *folder.rglob(".*.tmp")):
        with suppress(OSError):
            if left.stat().st_mtime < limit:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
