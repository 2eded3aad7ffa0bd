"""Exceptions that no command expects: those of plugins, calls of ``sys.exit``, and faults of ser-bench itself."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from ser_bench.core.versions import __version__

INTERNAL_ERROR = 70
"""Exit status after a fault of ser-bench; it is EX_SOFTWARE of BSD's sysexits."""

_PLUGIN = "ser_bench_plugin_"
"""Start of the module name of every plugin."""


def explain(error: Exception | SystemExit) -> tuple[str, int]:
    """Save the traceback of an unexpected exception, and return the message and the exit status.

    Parameters
    ----------
    error : Exception or SystemExit
        The exception.

    Returns
    -------
    message : str
        Two lines: what failed, and where the traceback is.
    status : int
        2 for a plugin's exception, else :data:`INTERNAL_ERROR`.
    """
    from ser_bench.runs.workers.tasks import format_error

    reason = format_error(error)
    saved = f"the traceback is in {file}" if (file := _save_traceback(error)) else "no file for the traceback"
    if line := next(iter(_plugin_lines(error)), ""):
        return f"plugin {line} failed: {reason}\nfinished work is kept; {saved}", 2
    return f"internal error: {reason}\nfinished work is kept; {saved}, please report it", INTERNAL_ERROR


def is_interrupt(error: BaseException) -> bool:
    """Return whether Ctrl-C caused an exception: libraries turn it into their own while they are imported.

    Parameters
    ----------
    error : BaseException
        The exception.

    Returns
    -------
    bool
    """
    cause = error.__cause__ or error.__context__
    is_cause = isinstance(cause, KeyboardInterrupt) or (cause is not None and is_interrupt(cause))
    return is_cause or "KeyboardInterrupt" in str(error)


def _plugin_lines(error: BaseException) -> Iterator[str]:
    """Yield the lines of plugins in the traceback, the innermost first."""
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        if str(frame.f_globals.get("__name__", "")).startswith(_PLUGIN):
            yield f"{frame.f_code.co_filename}, line {number}"


def _save_traceback(error: BaseException) -> str:
    """Write a traceback to a temporary file and return its name; empty if no file can be written."""
    import tempfile

    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="ser-bench-error-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(f"ser-bench {__version__}\n" + "".join(traceback.format_exception(error)))
    except OSError:
        return ""
    return file.name
