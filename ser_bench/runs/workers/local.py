"""Worker processes on this machine, one thread each, in a loky pool that later calls reuse.

When a worker dies, loky stops the whole pool. All tasks that were running are then retried one at a time, so that only
a task that kills its worker a second time fails.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from ser_bench.runs.workers.local_worker import START_TIME, initialize_worker, run_task
from ser_bench.runs.workers.tasks import ONE_THREAD, TaskResult, death_reason, format_error

if TYPE_CHECKING:
    from loky.process_executor import ProcessPoolExecutor

_IDLE_SECONDS = 60
_POLL_SECONDS = 0.5
_START_SECONDS = 120.0
"""Time that a worker may take to start, in addition to the time limit of its task."""
_EXIT = re.compile(r"(SIG\w+|EXIT)\((-?\d+)\)")
"""Exit codes in the message of loky's exception, for example ``{SIGSEGV(-11), EXIT(1)}``."""


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    jobs: int,
    timeout: float | None = None,
) -> Iterator[TaskResult]:
    """Call a function for each task; see :func:`ser_bench.runs.workers.run_tasks`.

    Parameters
    ----------
    function : callable
        Called with the argument of each task.
    tasks : iterable of (key, argument)
        The tasks.
    jobs : int
        Number of worker processes.
    timeout : float, optional
        Time limit of a task in seconds.

    Yields
    ------
    TaskResult
        One result per task.
    """
    batch = _TaskBatch(function, jobs, timeout)
    pending = iter(tasks)
    finished = False
    try:
        while batch.submit_from(pending):
            yield from batch.collect()
        finished = True
    finally:
        if not finished:
            batch.kill_workers()


@contextmanager
def start_workers(function: Callable[[Any], Any], argument: Any, *, jobs: int) -> Iterator[None]:
    """Start the workers ahead of their tasks; see :func:`ser_bench.runs.workers.start_workers`.

    Parameters
    ----------
    function : callable
        Called once per worker.
    argument : object
        Its argument.
    jobs : int
        Number of worker processes.

    Yields
    ------
    None
        The workers are starting.
    """
    batch = _TaskBatch(function, jobs, timeout=None)
    try:
        for i in range(jobs):
            batch.submit(i, argument)
        yield
    except BaseException:
        batch.kill_workers()
        raise


@dataclass(frozen=True)
class _RunningTask:
    """A submitted task, with its submission time and its position in the file of start times."""

    key: Any
    argument: Any
    submitted: float
    number: int


class _TaskBatch:
    """The tasks of one call: at most as many are submitted as there are workers."""

    def __init__(self, function: Callable[[Any], Any], jobs: int, timeout: float | None) -> None:
        self.function, self.jobs, self.timeout = function, jobs, timeout
        self.start_times = _StartTimes() if timeout else None
        self.running: dict[Future[tuple[str | None, Any]], _RunningTask] = {}
        self.pool: ProcessPoolExecutor | None = None
        self.interrupted: deque[tuple[Any, Any]] = deque()
        self.suspects: deque[tuple[Any, Any]] = deque()
        self.retried: set[Any] = set()

    def submit_from(self, pending: Iterator[tuple[Any, Any]]) -> bool:
        """Submit tasks until every worker has one; return whether any task is left."""
        while len(self.running) < self.jobs:
            if self.interrupted:
                task = self.interrupted.popleft()
            elif (drawn := next(pending, None)) is not None:
                task = drawn
            elif self.suspects and not self.running:  # one at a time, to find the task that kills its worker
                task = self.suspects.popleft()
                self.retried.add(task[0])
                self.submit(*task)
                break
            else:
                break
            if not self.submit(*task):
                break
        return bool(self.running or self.interrupted)

    def submit(self, key: Any, argument: Any) -> bool:
        """Submit a task to the pool; return whether the pool accepted it."""
        from loky import get_reusable_executor

        self.pool = get_reusable_executor(
            max_workers=self.jobs,
            timeout=_IDLE_SECONDS,
            initializer=initialize_worker,
            initargs=(os.getpid(),),
            env=ONE_THREAD,
            kill_workers=False,
            reuse="auto",
        )
        number, file = self.start_times.reserve() if self.start_times else (0, None)
        try:
            future = self.pool.submit(run_task, self.function, argument, file, number)
        except BrokenProcessPool:  # a worker has just died; the future of its task reports it
            self.interrupted.append((key, argument))
            return False
        self.running[future] = _RunningTask(key, argument, time.monotonic(), number)
        return True

    def collect(self) -> Iterator[TaskResult]:
        """Wait until a task ends, and yield the results."""
        if not self.running:
            self.kill_workers()
            return
        deaths = self._unreported_deaths()
        done, _ = wait(self.running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        broken = {future: error for future in done if (error := future.exception()) is not None}
        for future in done.difference(broken):
            yield _result(self.running.pop(future).key, future)
        if broken:
            yield from self._handle_death(next(iter(broken.values())))
        elif deaths and not done:
            yield from self._handle_death(BrokenProcessPool(deaths))
        elif self.start_times:
            yield from self._stop_overdue(self.start_times)

    def _unreported_deaths(self) -> str:
        """Return the exit codes of dead workers, empty if all live.

        loky does not watch a worker that replaces an idle one until the next task is submitted.
        """
        processes = list(getattr(self.pool, "_processes", {}).values())
        return _format_exit_codes([process.exitcode for process in processes if process.exitcode])

    def _handle_death(self, error: BaseException) -> Iterator[TaskResult]:
        """Yield the results after a death; tasks that did not finish are retried one at a time."""
        for future, task in self.running.items():
            if future.done() and future.exception() is None:
                yield _result(task.key, future)
            elif task.key in self.retried:
                yield TaskResult(task.key, error=_death_reason(error), status="died")
            else:
                self.suspects.append((task.key, task.argument))
        self.running.clear()
        self.kill_workers()

    def _stop_overdue(self, start_times: _StartTimes) -> Iterator[TaskResult]:
        """Kill the workers if a task exceeds the time limit; the other tasks are submitted again."""
        overdue = [
            future for future, task in self.running.items() if not future.done() and self._is_late(task, start_times)
        ]
        if not overdue:
            return
        for future in overdue:
            error = f"timed out after {self.timeout:g} s"
            yield TaskResult(self.running.pop(future).key, error=error, status="timeout")
        self.interrupted.extend((task.key, task.argument) for task in self.running.values())
        self.running.clear()
        self.kill_workers()

    def _is_late(self, task: _RunningTask, start_times: _StartTimes) -> bool:
        """Return whether a task exceeds its time limit, counted from its start in the worker."""
        started = start_times.read(task.number)
        since = task.submitted + _START_SECONDS if started is None else started
        return time.monotonic() - since > (self.timeout or 0)

    def kill_workers(self) -> None:
        """Kill the workers; the next submission starts a new pool."""
        from loky import get_reusable_executor

        get_reusable_executor(max_workers=self.jobs, env=ONE_THREAD, kill_workers=True, reuse=False).shutdown(
            wait=True, kill_workers=True
        )


class _StartTimes:
    """A temporary file in which workers record when each task starts."""

    def __init__(self) -> None:
        folder = mkdtemp(prefix="ser-bench-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._file = Path(folder, "start-times")
        self._file.touch()
        self._count = 0

    def reserve(self) -> tuple[int, str]:
        """Return a position for a new task, and the file."""
        self._count += 1
        return self._count - 1, str(self._file)

    def read(self, number: int) -> float | None:
        """Return the start of a task by the monotonic clock; None if it has not started."""
        with self._file.open("rb") as file:
            file.seek(number * START_TIME.size)
            content = file.read(START_TIME.size)
        return START_TIME.unpack(content)[0] or None if len(content) == START_TIME.size else None


def _result(key: Any, future: Future[tuple[str | None, Any]]) -> TaskResult:
    error, value = future.result()
    return TaskResult(key, value, error, "error" if error else "ok")


def _death_reason(error: BaseException) -> str:
    """Describe the second death of a task's worker, given loky's exception."""
    if not isinstance(error, BrokenProcessPool) or "serialize" in str(error):
        return f"the task or its result cannot be passed between processes: {format_error(error)}"
    exits = set(_EXIT.findall(str(error)))
    if len(exits) != 1:
        return "its worker process died twice (out of memory or a crash)"
    ((_, code),) = exits
    return death_reason(int(code))


def _format_exit_codes(codes: Sequence[int]) -> str:
    """Format exit codes as loky does; negative codes are signals."""
    names = {-number: number.name for number in signal.Signals}
    return ", ".join(f"{names.get(code, 'EXIT')}({code})" for code in codes)
