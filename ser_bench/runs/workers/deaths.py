"""What killed a worker, in words: the signal where the system tells it, which hints at the cause."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool

from ser_bench.runs.workers.tasks import said

_CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
_HINTS = {"SIGKILL": " (killed, perhaps for want of memory)"} | dict.fromkeys(_CRASHES, " (a crash in C code)")
_ENDED = re.compile(r"(SIG\w+|EXIT)\((-?\d+)\)")
"""How loky tells in its error's text what ended the workers: ``{SIGSEGV(-11), EXIT(1)}``."""


def cause_of(error: BaseException) -> str:
    """Return why a task is failed that ended its pool of workers twice, the last time with loky's ``error``.

    Plain where the system does not tell, or where several workers ended in different ways.
    """
    if not isinstance(error, BrokenProcessPool) or "serialize" in str(error):
        return f"it, or what it returns, cannot be passed between processes: {said(error)}"
    ends = set(_ENDED.findall(str(error)))
    if len(ends) != 1:
        return "its worker process died, twice (out of memory, or a crash)"
    ((name, code),) = ends
    if name == "EXIT":
        return f"its worker process died with exit status {code}, twice"
    return f"its worker process died of {name}, twice{_HINTS.get(name, '')}"


def exits(codes: Sequence[int]) -> str:
    """Return exit codes in the words that loky has for them; negative ones are signals."""
    names = {-number: number.name for number in signal.Signals}
    return ", ".join(f"{names.get(code, 'EXIT')}({code})" for code in codes)
