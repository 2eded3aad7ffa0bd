"""Limits of memory and processor time for this process, while it runs a network of a user."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_MEMORY = 4 * 2**30
"""Bytes that a network may take in addition to four times the size of its file. Only Linux limits them."""

_NO_MEMORY = ("bad_alloc", "bad allocation", "Failed to allocate memory", "Unable to allocate")
_STATE = Path("/proc/self/statm")

_lock = threading.Lock()
_running = 0
_before: tuple[int, int] | None = None


def memory_for(size: int) -> int:
    """Return how much memory a network may take.

    Parameters
    ----------
    size : int
        Size of its file in bytes.

    Returns
    -------
    int
        Bytes.
    """
    return MAX_MEMORY + 4 * size


def memory_text(size: int) -> str:
    """Return how much memory a network may take, for a message.

    Parameters
    ----------
    size : int
        Size of its file in bytes.

    Returns
    -------
    str
        Such as ``4.0 GiB of memory``.
    """
    return f"{memory_for(size) / 2**30:.1f} GiB of memory"


@contextmanager
def limited_memory(size: int) -> Iterator[None]:
    """Limit how much the address space of this process may grow; threads share the limit of the first.

    Parameters
    ----------
    size : int
        Size of the network's file in bytes.
    """
    global _running, _before  # noqa: PLW0603 - the limit is one of the process
    with _lock:
        _running += 1
        if _running == 1:
            _before = _lower(memory_for(size))
    try:
        yield
    finally:
        with _lock:
            _running -= 1
            if _running == 0 and _before is not None:
                _set(_before)


def _lower(memory: int) -> tuple[int, int] | None:
    """Limit the address space to what it is now and some memory; return the limits before, None if unchanged."""
    if sys.platform != "linux":
        return None
    import resource

    limit = int(_STATE.read_text().split()[0]) * resource.getpagesize() + memory
    before = resource.getrlimit(resource.RLIMIT_AS)
    if resource.RLIM_INFINITY != before[0] <= limit:
        return None
    _set((limit, before[1]))
    return before


def _set(limits: tuple[int, int]) -> None:
    """Set the limits of the address space."""
    if sys.platform == "linux":
        import resource

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, limits)


def limit_seconds(seconds: int) -> None:
    """Limit the processor time of this process, and write no core file when it ends.

    Parameters
    ----------
    seconds : int
        The limit.
    """
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def is_out_of_memory(error: BaseException) -> bool:
    """Check whether an exception means that an allocation failed.

    Parameters
    ----------
    error : BaseException
        The exception, also of onnxruntime.

    Returns
    -------
    bool
    """
    return isinstance(error, MemoryError) or any(text in str(error) for text in _NO_MEMORY)
