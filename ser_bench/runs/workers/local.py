"""Worker processes on this machine, one thread each.

A task that kills its worker is tried once more, alone; if it kills that worker too, it alone is failed.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ser_bench.runs.workers.clock import Clock
from ser_bench.runs.workers.deaths import cause_of, exits
from ser_bench.runs.workers.local_worker import carry_out, end_with
from ser_bench.runs.workers.tasks import ONE_THREAD, TaskResult

if TYPE_CHECKING:
    from loky.process_executor import ProcessPoolExecutor

_IDLE_SECONDS = 60
_POLL_SECONDS = 0.5
_START_SECONDS = 120.0
"""How long a worker may take to start, beyond a task's own limit."""


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    jobs: int,
    timeout: float | None = None,
) -> Iterator[TaskResult]:
    """Carry out ``function(argument)`` for each ``(key, argument)`` in ``jobs`` worker processes.

    Tasks are drawn as workers become free, so ``tasks`` may be a generator of any length. ``timeout``,
    in seconds, ends a task that takes longer, together with its worker. On Ctrl-C, or when the caller
    stops listening, the workers are stopped at once.
    """
    crew = _Crew(function, jobs, timeout)
    waiting = iter(tasks)
    finished = False
    try:
        while crew.offer(waiting):
            yield from crew.collect()
        finished = True
    finally:
        if not finished:
            crew.stop()


@contextmanager
def start_workers(function: Callable[[Any], Any], argument: Any, *, jobs: int) -> Iterator[None]:
    """Start the workers with a call of ``function`` each while the caller prepares their tasks.

    What the calls return or raise is ignored: they are made for what they load. Where the caller fails,
    the workers are stopped at once.
    """
    crew = _Crew(function, jobs, timeout=None)
    try:
        for i in range(jobs):
            crew.submit(i, argument)
        yield
    except BaseException:
        crew.stop()
        raise


@dataclass(frozen=True)
class _InHand:
    """A task that was handed out, when, and under which number its worker tells that it begins."""

    key: Any
    argument: Any
    handed: float
    number: int


class _Crew:
    """A pool of workers and what each has in hand; as many tasks are handed out as there are workers."""

    def __init__(self, function: Callable[[Any], Any], jobs: int, timeout: float | None) -> None:
        self.function, self.jobs, self.timeout = function, jobs, timeout
        self.clock = Clock() if timeout else None
        self.running: dict[Future, _InHand] = {}
        self.pool: ProcessPoolExecutor | None = None
        self.again: deque[tuple[Any, Any]] = deque()
        self.suspects: deque[tuple[Any, Any]] = deque()
        self.tried: set[Any] = set()

    def offer(self, waiting: Iterator[tuple[Any, Any]]) -> bool:
        """Hand out tasks until every worker has one; say whether anything is left to wait for."""
        while len(self.running) < self.jobs:
            if self.again:
                task = self.again.popleft()
            elif (drawn := next(waiting, None)) is not None:
                task = drawn
            elif self.suspects and not self.running:  # alone, so that only the guilty one is blamed
                task = self.suspects.popleft()
                self.tried.add(task[0])
                self.submit(*task)
                break
            else:
                break
            if not self.submit(*task):
                break
        return bool(self.running or self.again)

    def submit(self, key: Any, argument: Any) -> bool:
        """Hand a task to the pool; say whether it took it."""
        from loky import get_reusable_executor

        self.pool = get_reusable_executor(
            max_workers=self.jobs,
            timeout=_IDLE_SECONDS,
            initializer=end_with,
            initargs=(os.getpid(),),
            env=ONE_THREAD,
            kill_workers=False,
            reuse="auto",
        )
        number, tell = self.clock.next() if self.clock else (0, None)
        try:
            future = self.pool.submit(carry_out, self.function, argument, tell)
        except BrokenProcessPool:  # a worker died a moment ago; whose task it had is seen when its future is
            self.again.append((key, argument))
            return False
        self.running[future] = _InHand(key, argument, time.monotonic(), number)
        return True

    def collect(self) -> Iterator[TaskResult]:
        """Wait for something to end, and yield what did."""
        if not self.running:
            self.stop()
            return
        gone = self._gone()
        done, _ = wait(self.running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        broken = {future: error for future in done if (error := future.exception()) is not None}
        for future in done.difference(broken):
            error, value = future.result()
            yield TaskResult(self.running.pop(future).key, value, error, "error" if error else "ok")
        if broken:
            yield from self._bury(next(iter(broken.values())))
        elif gone and not done:
            yield from self._bury(BrokenProcessPool(gone))
        elif self.clock:
            yield from self._end_overdue(self.clock)

    def _gone(self) -> str:
        """Return how workers ended that died, empty where all live.

        loky may miss it: it does not look at workers that it starts anew for idle ones while it waits for others.
        """
        processes = list(getattr(self.pool, "_processes", {}).values())
        return exits([process.exitcode for process in processes if process.exitcode])

    def _bury(self, death: BaseException) -> Iterator[TaskResult]:
        """A worker died and took the pool with it: whoever was in hand is a suspect, tried again alone."""
        for future, task in list(self.running.items()):
            if future.done() and future.exception() is None:
                error, value = future.result()
                yield TaskResult(task.key, value, error, "error" if error else "ok")
            elif task.key in self.tried:
                yield TaskResult(task.key, error=cause_of(death), status="died")
            else:
                self.suspects.append((task.key, task.argument))
        self.running.clear()
        self.stop()

    def _end_overdue(self, clock: Clock) -> Iterator[TaskResult]:
        overdue = [future for future, task in self.running.items() if not future.done() and self._late(task, clock)]
        if not overdue:
            return
        for future in overdue:
            yield TaskResult(self.running.pop(future).key, error=f"not done after {self.timeout:g} s", status="timeout")
        self.again.extend((task.key, task.argument) for task in self.running.values())
        self.running.clear()
        self.stop()

    def _late(self, task: _InHand, clock: Clock) -> bool:
        """Say whether a task takes longer than it may, from when its worker began it."""
        begun = clock.begun(task.number)
        since = task.handed + _START_SECONDS if begun is None else begun
        return time.monotonic() - since > (self.timeout or 0)

    def stop(self) -> None:
        """Kill the workers; a new pool is made when the next task is handed out."""
        from loky import get_reusable_executor

        get_reusable_executor(max_workers=self.jobs, env=ONE_THREAD, kill_workers=True, reuse=False).shutdown(
            wait=True, kill_workers=True
        )
