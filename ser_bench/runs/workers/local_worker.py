"""What a worker process of this machine does besides its tasks: it ends with its command, and before it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ser_bench.runs.workers.tasks import guarded

_ORPHAN_SECONDS = 1.0
_OOM_SCORE = 500
"""How much likelier Linux ends a worker than the command when memory runs out; 1000 would be before all else."""


def end_with(parent: int) -> None:
    """In a worker: end it soon after its parent, which may have been killed in the middle of a long task.

    Ctrl-C reaches every process of a terminal; the parent alone decides what it means.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _go_first()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_ORPHAN_SECONDS)
        os._exit(1)

    if sys.platform != "win32":  # where a parent's number outlives it
        threading.Thread(target=watch, daemon=True).start()


def _go_first() -> None:
    """Have the kernel end this worker, whose task is tried again, before the command or the user's other programs."""
    with suppress(OSError):  # there on Linux alone
        score = Path("/proc/self/oom_score_adj")
        score.write_text(str(min(1000, int(score.read_text()) + _OOM_SCORE)))


def carry_out(function: Callable[[Any], Any], argument: Any, tell: Callable[[], None] | None) -> tuple[str | None, Any]:
    """Run in the worker, which loky must not take for one that leaks when it loads TensorFlow."""
    if tell:
        tell()
    from loky import process_executor

    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize
    return guarded(function, argument)
