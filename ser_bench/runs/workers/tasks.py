"""What every engine agrees on: how a task ends, what it needs where it is carried out, and on how many threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ONE_THREAD = {
    f"{library}_THREADS": "1"
    for library in (
        *("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM", "NUMEXPR_NUM", "NUMBA_NUM"),
        *("TF_NUM_INTRAOP", "TF_NUM_INTEROP"),
    )
}
"""What a worker's environment holds before it imports anything."""


@dataclass(frozen=True)
class TaskResult:
    """What became of a task: its value, or the error that ended it, and whether its worker died or it hung."""

    key: Any
    value: Any = None
    error: str | None = None
    status: Literal["ok", "error", "died", "timeout"] = "ok"


@dataclass(frozen=True)
class Requirements:
    """What tasks need of workers on other machines.

    ``visible`` are paths that a worker must see, ``files`` some that are sent to it where it does not; ``libraries``
    decide the outcome, so their versions must be those of this machine.
    """

    visible: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    libraries: tuple[str, ...] = ()


def guarded(function: Callable[[Any], Any], argument: Any) -> tuple[str | None, Any]:
    """Return an error and a value: an exception comes back as text, since not every exception survives pickling."""
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return None, function(argument)
    except Exception as error:
        return said(error), None


def said(error: BaseException) -> str:
    """Return an exception as one line."""
    first = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first}".rstrip(": ")
