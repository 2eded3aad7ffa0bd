"""Task results, worker requirements and thread limits, shared by all engines."""

from __future__ import annotations

import signal
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
"""Environment variables that limit native libraries to one thread; they must be set before the first import."""

_CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
_HINTS = {"SIGKILL": " (killed, possibly out of memory)"} | dict.fromkeys(_CRASHES, " (crash in C code)")


@dataclass(frozen=True)
class TaskResult:
    """Result of one task.

    Attributes
    ----------
    key : object
        Key of the task.
    value : object
        Return value; None unless ``status`` is "ok".
    error : str or None
        Reason of the failure, in one line.
    status : {"ok", "error", "died", "timeout"}
        "error": the task raised an exception; "died": its worker process died; "timeout": it exceeded the limit.
    """

    key: Any
    value: Any = None
    error: str | None = None
    status: Literal["ok", "error", "died", "timeout"] = "ok"


@dataclass(frozen=True)
class Requirements:
    """Requirements of tasks for workers on other machines.

    Attributes
    ----------
    visible : tuple of Path
        Files that every worker must be able to read under the same path.
    files : tuple of Path
        Files that are sent to the workers.
    libraries : tuple of str
        Libraries whose versions must equal those of this machine, because they decide the result.
    """

    visible: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    libraries: tuple[str, ...] = ()


class FormattedError(Exception):
    """An exception of another process, whose message is already one line of type and reason."""


def call_in_worker(function: Callable[[Any], Any], argument: Any) -> tuple[str | None, Any]:
    """Call a function on one thread and catch its exception.

    Parameters
    ----------
    function : callable
        The task's function.
    argument : object
        Its argument.

    Returns
    -------
    error : str or None
        The exception in one line, because not every exception can be pickled.
    value : object
        The return value.
    """
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return None, function(argument)
    except BaseException as error:  # sys.exit in a plugin, too; workers ignore Ctrl-C
        return format_error(error), None


def format_error(error: BaseException) -> str:
    """Format an exception as one line.

    Parameters
    ----------
    error : BaseException
        The exception.

    Returns
    -------
    str
        Its type and the first line of its message.
    """
    if isinstance(error, FormattedError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"it called sys.exit({'' if error.code is None else repr(error.code)})"
    first_line = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {first_line}".rstrip(": ")


def death_reason(code: int) -> str:
    """Describe the second death of a process.

    Parameters
    ----------
    code : int
        Its exit status; negative for a signal.

    Returns
    -------
    str
        Such as "its worker process died twice by SIGSEGV (crash in C code)".
    """
    name = {-number: number.name for number in signal.Signals}.get(code)
    if name is None:
        return f"its worker process died twice with exit status {code}"
    return f"its worker process died twice by {name}{_HINTS.get(name, '')}"
