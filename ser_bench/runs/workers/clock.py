"""When tasks began: workers write it where the command reads it, so that a time limit does not count their start."""

from __future__ import annotations

import shutil
import struct
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

_TIME = struct.Struct("=d")


class Clock:
    """A file with a time for each task by its number; it goes when nobody holds the clock."""

    def __init__(self) -> None:
        folder = mkdtemp(prefix="ser-bench-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._file = Path(folder, "begun")
        self._file.touch()
        self._numbers = count()

    def next(self) -> tuple[int, Callable[[], None]]:
        """Return a new task's number, and what its worker calls when it begins."""
        number = next(self._numbers)
        return number, partial(_tell, str(self._file), number)

    def begun(self, number: int) -> float | None:
        """Return when a task began, as :func:`time.monotonic`; None where it did not yet."""
        with self._file.open("rb") as file:
            file.seek(number * _TIME.size)
            told = file.read(_TIME.size)
        return _TIME.unpack(told)[0] or None if len(told) == _TIME.size else None


def _tell(path: str, number: int) -> None:
    """Write down that a task begins now; the monotonic clock is the same for all processes of a machine."""
    with suppress(OSError), Path(path).open("r+b", buffering=0) as file:
        file.seek(number * _TIME.size)
        file.write(_TIME.pack(time.monotonic()))
