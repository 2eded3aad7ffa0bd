"""The log of a run: ``run.log`` in its folder, one JSON object per line, appended as events happen.

Every event has ``time`` (UTC) and ``event``: ``started``, ``info``, ``warning``, ``task``, ``planned``, ``fit`` or
``ended``. A run that continues an earlier one appends to its log.
"""

from __future__ import annotations

import json
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Literal, TextIO

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from ser_bench.core.errors import RunError
from ser_bench.core.files import read_bytes
from ser_bench.core.private_paths import public_values
from ser_bench.core.progress import Advance, Progress
from ser_bench.core.versions import __version__

FILE = "run.log"

_MIN_COST = 1e-9
_Amount = Annotated[float, Field(ge=0, le=1e100)]
_Count = Annotated[int, Field(ge=0, le=10**12)]


class RunLog:
    """Progress that also appends to the log of a run; a context manager that logs the start and the end.

    A log that cannot be written does not stop the run.

    Parameters
    ----------
    folder : Path
        The run folder.
    progress : Progress
        Receives everything that is logged.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._path, self._progress = folder / FILE, progress
        self._file: TextIO | None = None

    def __enter__(self) -> RunLog:
        with suppress(OSError):
            self._file = self._path.open("a", encoding="utf-8", buffering=1)
        pid = os.getpid()
        self.event("started", pid=pid, process_start=_process_start(pid), host=platform.node(), version=__version__)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is None:
            self.event("ended", outcome="finished")
        elif issubclass(kind, KeyboardInterrupt):
            self.event("ended", outcome="interrupted")
        else:
            self.event("ended", outcome="error", error=f"{kind.__name__}: {error}")
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def event(self, event: str, **facts: Any) -> None:
        """Append an event; texts lose the folders of the machine, since run folders are published.

        Parameters
        ----------
        event : str
            The kind of event.
        **facts
            Its values, which JSON can represent.
        """
        if self._file is not None:
            time_now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = {"time": time_now, "event": event, **public_values(facts)}
            with suppress(OSError, ValueError):
                self._file.write(json.dumps(line) + "\n")

    def info(self, text: str) -> None:
        """Log a message and pass it on.

        Parameters
        ----------
        text : str
            The message.
        """
        self.event("info", text=text)
        self._progress.info(text)

    def detail(self, text: str) -> None:
        """Log a message and pass it on as a detail.

        Parameters
        ----------
        text : str
            The message.
        """
        self.event("info", text=text)
        self._progress.detail(text)

    def warning(self, text: str) -> None:
        """Log a warning and pass it on.

        Parameters
        ----------
        text : str
            The warning.
        """
        self.event("warning", text=text)
        self._progress.warning(text)

    def start(self, total: float, task: str, unit: str, count: int) -> Advance:
        """Log the start of a task and pass it on.

        Parameters
        ----------
        total : float
            The work in all, in any unit.
        task : str
            What is being done.
        unit : str
            The name of one piece.
        count : int
            The number of pieces.

        Returns
        -------
        callable
            Takes the share of ``total`` of each finished piece.
        """
        self.event("task", task=task, count=count)
        return self._progress.start(total, task, unit, count)


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    time: AwareDatetime


class StartEvent(_Event):
    """The start of a process; ``process_start`` tells it from a later process with the same number."""

    event: Literal["started"]
    pid: int = 0
    process_start: float | None = None
    host: str = ""


class MessageEvent(_Event):
    """A message or a warning."""

    event: Literal["info", "warning"]


class TaskEvent(_Event):
    """The start of extraction, or of fitting."""

    event: Literal["task"]
    task: str
    count: _Count


class PlanEvent(_Event):
    """The number of fits, those in the cache, and the expected work of the others."""

    event: Literal["planned"]
    fits: _Count
    cached: _Count = 0
    cost: _Amount = 0.0


class FitEvent(_Event):
    """A fit that ended, with its time in seconds."""

    event: Literal["fit"]
    model: str
    split: str
    fold: _Count
    status: str
    error: str = ""
    seconds: _Amount = 0.0
    cost: _Amount = 0.0


class EndEvent(_Event):
    """The end of a process."""

    event: Literal["ended"]
    outcome: Literal["finished", "interrupted", "error"]
    error: str = ""


_AnyEvent = StartEvent | MessageEvent | TaskEvent | PlanEvent | FitEvent | EndEvent
_EVENT: TypeAdapter[_AnyEvent] = TypeAdapter(Annotated[_AnyEvent, Field(discriminator="event")])


@dataclass(frozen=True)
class RunStatus:
    """The progress of the last run in a folder.

    Attributes
    ----------
    state : str
        ``running``, ``finished``, ``interrupted``, ``error``, or ``cut off`` if the process has exited without a
        last event.
    detail : str
        The process or the error.
    seconds : float
        Time since the start.
    n_planned, n_cached : int
        Number of fits, and of those that the cache held.
    share : float or None
        The finished share of the expected work of this run, from 0 to 1; None where it is over or needs no fit.
    seconds_left : float or None
        Estimated time left; None if it is unknown.
    fits : tuple of FitEvent
        The fits that ended in this run.
    task : TaskEvent or None
        The last task that started.
    """

    state: str
    detail: str
    seconds: float
    n_planned: int
    n_cached: int
    share: float | None
    seconds_left: float | None
    fits: tuple[FitEvent, ...]
    task: TaskEvent | None


def read_status(folder: Path, now: float | None = None) -> RunStatus:
    """Read the log of a run.

    Parameters
    ----------
    folder : Path
        The run folder.
    now : float, optional
        The time in seconds since the epoch. Default: the current time.

    Returns
    -------
    RunStatus
        The progress of the last run.

    Raises
    ------
    RunError
        If there is no log.
    """
    start, events = _last_run(folder)
    state, detail = _state(start, events[-1])
    end = (time.time() if now is None else now) if state == "running" else events[-1].time.timestamp()
    plan = next((event for event in events if isinstance(event, PlanEvent)), None)
    fits = tuple(event for event in events if isinstance(event, FitEvent))
    tasks = [event for event in events if isinstance(event, TaskEvent)]
    return RunStatus(
        state=state,
        detail=detail,
        seconds=end - start.time.timestamp(),
        n_planned=plan.fits if plan else 0,
        n_cached=plan.cached if plan else 0,
        share=_share(plan, fits) if plan and state != "finished" else None,
        seconds_left=_seconds_left(plan, fits, end) if plan and state == "running" else None,
        fits=fits,
        task=tasks[-1] if tasks else None,
    )


def _share(plan: PlanEvent, fits: tuple[FitEvent, ...]) -> float | None:
    return sum(fit.cost for fit in fits) / plan.cost if plan.cost > _MIN_COST else None


def _seconds_left(plan: PlanEvent, fits: tuple[FitEvent, ...], now: float) -> float | None:
    done = sum(fit.cost for fit in fits)
    return (plan.cost - done) * (now - plan.time.timestamp()) / done if done > _MIN_COST else None


def _last_run(folder: Path) -> tuple[StartEvent, list[_AnyEvent]]:
    """Return the last start and all events from there; skip lines that are cut off or invalid."""
    try:
        lines = read_bytes(folder / FILE).splitlines()
    except OSError as error:
        raise RunError(
            f"no {FILE} in {folder}: {error.strerror or error}\nname the folder of a run that has started"
        ) from None
    start: StartEvent | None = None
    events: list[_AnyEvent] = []
    for line in lines:
        with suppress(ValueError):
            event = _EVENT.validate_json(line)
            if isinstance(event, StartEvent):
                start, events = event, []
            events.append(event)
    if start is None:
        raise RunError(f"{folder / FILE} is not the log of a run\nname the folder of a run that has started")
    return start, events


def _state(start: StartEvent, last: _AnyEvent) -> tuple[str, str]:
    if isinstance(last, EndEvent):
        return last.outcome, last.error
    if start.host != platform.node():
        return "running", f"as far as known here; it runs on {start.host}"
    if _process_start(start.pid) == start.process_start:
        return "running", f"process {start.pid}"
    return "cut off", ""


def _process_start(pid: int) -> float | None:
    """Return the start time of a process; None if there is none."""
    import psutil

    try:
        return round(float(psutil.Process(pid).create_time()), 2)
    except (psutil.Error, ValueError, OverflowError):  # a log may hold any number
        return None
