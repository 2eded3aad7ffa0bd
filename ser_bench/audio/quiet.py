"""Standard error without the notes of C libraries, which print them without being asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_LOCK = Lock()
_STDERR = 2
_saved: list[int] = []
"""The duplicate of standard error while it is redirected, once per block that is running."""


@contextmanager
def without_stderr() -> Iterator[None]:
    """Send what this process writes to file descriptor 2 to nowhere, until the last such block of any thread ends."""
    redirected = _redirect()
    try:
        yield
    finally:
        if redirected:
            _restore()


def _redirect() -> bool:
    """Redirect standard error or count one more block; return False where there is no standard error."""
    with _LOCK:
        if _saved:
            _saved.append(_saved[0])
            return True
        try:
            copy = os.dup(_STDERR)
        except OSError:
            return False
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, _STDERR)
        os.close(null)
        _saved.append(copy)
        return True


def _restore() -> None:
    """Restore standard error at the end of the last block."""
    with _LOCK:
        copy = _saved.pop()
        if not _saved:
            os.dup2(copy, _STDERR)
            os.close(copy)
