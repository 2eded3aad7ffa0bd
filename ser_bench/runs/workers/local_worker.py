"""Code that runs in the worker processes of this machine."""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ser_bench.runs.workers.tasks import call_in_worker

START_TIME = struct.Struct("=d")
"""Format of one start time in the file of start times."""

_record: tuple[str, int] | None = None
"""File of start times and position of the task of this worker, if it has a time limit."""

_ORPHAN_SECONDS = 1.0
_OOM_SCORE = 500
"""Added to oom_score_adj: when memory runs out, Linux kills workers before the command (maximum 1000)."""


def initialize_worker(parent: int) -> None:
    """Ignore Ctrl-C, which the command handles, and exit soon after the command dies.

    Parameters
    ----------
    parent : int
        Process id of the command.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _raise_oom_score()

    def watch_parent() -> None:
        while os.getppid() == parent:
            time.sleep(_ORPHAN_SECONDS)
        os._exit(1)

    if sys.platform != "win32":  # Windows keeps the parent's id after it has exited
        threading.Thread(target=watch_parent, daemon=True).start()


def _raise_oom_score() -> None:
    """Let the kernel kill this worker, whose task is retried, before the command and other programs."""
    with suppress(OSError):  # only Linux has the file
        score = Path("/proc/self/oom_score_adj")
        score.write_text(str(min(1000, int(score.read_text()) + _OOM_SCORE)))


def record_start(seconds_ahead: float = 0.0) -> None:
    """Record that the task of this worker starts now, or later, so that its time limit counts from then.

    Parameters
    ----------
    seconds_ahead : float
        Seconds from now.
    """
    if _record is None:
        return
    path, number = _record
    with suppress(OSError), Path(path).open("r+b", buffering=0) as file:
        file.seek(number * START_TIME.size)
        file.write(START_TIME.pack(time.monotonic() + seconds_ahead))  # the same clock for all processes of a machine


def run_task(
    function: Callable[[Any], Any], argument: Any, start_times: str | None, number: int
) -> tuple[str | None, Any]:
    """Record the start time of a task, then run it.

    Parameters
    ----------
    function : callable
        The task's function.
    argument : object
        Its argument.
    start_times : str or None
        File of start times, if there is a time limit.
    number : int
        Position of the task in that file.

    Returns
    -------
    error : str or None
        The exception in one line.
    value : object
        The return value.
    """
    global _record  # noqa: PLW0603 - a worker runs one task at a time
    _record = (start_times, number) if start_times else None
    record_start()
    from loky import process_executor

    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize  # loading TensorFlow is not a memory leak
    return call_in_worker(function, argument)
