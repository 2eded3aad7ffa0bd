"""A run's log: ``run.log`` in its folder, a line of JSON for whatever happened, written as it happens.

Every line has ``time`` (UTC) and ``event``: ``started`` (process, host, version), ``said`` and ``warned`` (what the
terminal shows), ``planned`` (how many fits, how many of them done before), ``fit`` (one that ended, how and after how
many seconds), and ``ended``. A run that goes on after a cut adds to the log of the first.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from ser_bench.core.errors import RunError
from ser_bench.core.files import read_bytes
from ser_bench.core.progress import Advance, Progress
from ser_bench.core.versions import __version__

FILE = "run.log"

_NUMBERS = ("pid", "cost", "fits", "before", "fold", "count", "seconds")
_TEXTS = ("model", "split", "status", "what", "how", "host")
_MOST = 1e100
_LEAST = 1e-9
_NEEDED = {"fit": {"model", "split", "fold", "status"}, "began": {"what", "count"}}


class RunLog:
    """Watches a run, passes on what it hears, and writes it down; within ``with`` the log is open.

    A log that cannot be written does not end a run: what counts is in the store.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._path, self._progress = folder / FILE, progress
        self._file: TextIO | None = None

    def __enter__(self) -> RunLog:
        with suppress(OSError):
            self._file = self._path.open("a", encoding="utf-8", buffering=1)
        self.event("started", pid=os.getpid(), born=_born(os.getpid()), host=platform.node(), version=__version__)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self.event("ended", how="finished")
        elif issubclass(kind, KeyboardInterrupt):
            self.event("ended", how="interrupted")
        else:
            self.event("ended", how="error", error=f"{kind.__name__}: {error}")
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def event(self, event: str, **facts: Any) -> None:
        """Write a line."""
        if self._file is not None:
            told = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
            with suppress(OSError, ValueError):
                self._file.write(json.dumps(told) + "\n")

    def info(self, text: str) -> None:
        """Pass on a line that every user should see, and write it down."""
        self.event("said", text=text)
        self._progress.info(text)

    def detail(self, text: str) -> None:
        """Pass on a line for users who asked for more, and write it down."""
        self.event("said", text=text)
        self._progress.detail(text)

    def warning(self, text: str) -> None:
        """Pass on a warning, and write it down."""
        self.event("warned", text=text)
        self._progress.warning(text)

    def start(self, total: float, task: str, unit: str, count: int) -> Advance:
        """Pass on that work begins."""
        self.event("began", what=task, count=count)
        return self._progress.start(total, task, unit, count)


@dataclass(frozen=True)
class RunStatus:
    """How far the last run of a folder is: its state, its fits that ended, and how long it may take yet.

    ``state`` is ``running``, ``finished``, ``interrupted``, ``error`` or ``cut off`` (its process is gone without a
    word); times are in seconds, ``left`` is None where it cannot be told; ``lines`` are all of its events.
    """

    state: str
    detail: str
    since: float
    fits: int
    before: int
    left: float | None
    lines: tuple[Mapping[str, Any], ...]

    @property
    def ended(self) -> list[Mapping[str, Any]]:
        """The fits that ended in this run."""
        return [line for line in self.lines if line["event"] == "fit"]


def read_status(folder: Path, now: float | None = None) -> RunStatus:
    """Read a run's log; raises :class:`RunError` where there is none.

    Lines that were cut off are passed over.
    """
    lines = _last_run(folder)
    first, last = lines[0], lines[-1]
    planned = next((line for line in lines if line["event"] == "planned"), {})
    state, detail = _state(first, last)
    now = time.time() if now is None else now
    until = now if state == "running" else _seconds(last)
    done = sum(float(line.get("cost", 0)) for line in lines if line["event"] == "fit")
    total = float(planned.get("cost", 0))
    begun = _seconds(planned) if planned else until
    left = (total - done) * (until - begun) / done if state == "running" and done > _LEAST else None
    counts = int(planned.get("fits", 0)), int(planned.get("before", 0))
    return RunStatus(state, detail, until - _seconds(first), *counts, left, tuple(lines))


def _last_run(folder: Path) -> list[dict[str, Any]]:
    try:
        text = read_bytes(folder / FILE).decode(errors="replace")
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"{folder} holds no log of a run ({reason}); a run writes {FILE} into its folder") from None
    lines: list[dict[str, Any]] = []
    for line in text.splitlines():
        with suppress(ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
            said = json.loads(line)
            _check(said)
            if said["event"] == "started":
                lines = [said]
            elif lines:
                lines.append(said)
    if not lines:
        raise RunError(f"{folder / FILE} is no log of a run")
    return lines


def _check(said: Mapping[str, Any]) -> None:
    """Raise for a line that no run writes."""
    _seconds(said)
    whole = _NEEDED.get(said["event"], set()) | ({"seconds"} if said.get("status") == "ok" else set())
    numbers = all(isinstance(said[name], int | float) and abs(said[name]) < _MOST for name in _NUMBERS if name in said)
    texts = all(isinstance(said[name], str) for name in _TEXTS if name in said)
    if not (whole <= set(said) and numbers and texts):
        raise ValueError("line")


def _state(first: Mapping[str, Any], last: Mapping[str, Any]) -> tuple[str, str]:
    if last["event"] == "ended":
        return str(last.get("how", "error")), str(last.get("error", ""))
    if first.get("host") != platform.node():
        return "running", f"as far as can be told from here: it runs on {first.get('host')}"
    pid = int(first.get("pid", 0))
    return ("running", f"process {pid}") if _born(pid) == first.get("born") else ("cut off", "")


def _born(pid: int) -> float | None:
    """Return when a process was started, None where there is no such process; numbers are used again."""
    import psutil

    try:
        return round(psutil.Process(pid).create_time(), 2)
    except (psutil.Error, ValueError, OverflowError):  # the number may be anybody's
        return None


def _seconds(line: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(line["time"]).timestamp()
