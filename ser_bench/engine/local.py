"""Worker processes on this machine, one thread each.

A task that kills its worker is tried once more, alone; if it kills that worker too, it alone is failed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ser_bench.engine.deaths import cause_of
from ser_bench.engine.tasks import ONE_THREAD, Outcome, guarded

_IDLE_SECONDS = 60
_POLL_SECONDS = 0.5
_ORPHAN_SECONDS = 1.0
_OOM_SCORE = 500
"""How much likelier Linux ends a worker than the command when memory runs out; 1000 would be before all else."""


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    jobs: int,
    timeout: float | None = None,
) -> Iterator[Outcome]:
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
def warm_workers(function: Callable[[Any], Any], argument: Any, *, jobs: int) -> Iterator[None]:
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


class _Crew:
    """A pool of workers and what each has in hand; as many tasks are handed out as there are workers."""

    def __init__(self, function: Callable[[Any], Any], jobs: int, timeout: float | None) -> None:
        self.function, self.jobs, self.timeout = function, jobs, timeout
        self.running: dict[Future, tuple[Any, Any, float]] = {}
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

        pool = get_reusable_executor(
            max_workers=self.jobs,
            timeout=_IDLE_SECONDS,
            initializer=_end_with,
            initargs=(os.getpid(),),
            env=ONE_THREAD,
            kill_workers=False,
            reuse="auto",
        )
        try:
            future = pool.submit(_guarded, self.function, argument)
        except BrokenProcessPool:  # a worker died a moment ago; whose task it had is seen when its future is
            self.again.append((key, argument))
            return False
        self.running[future] = (key, argument, time.monotonic())
        return True

    def collect(self) -> Iterator[Outcome]:
        """Wait for something to end, and yield what did."""
        if not self.running:
            self.stop()
            return
        done, _ = wait(self.running, timeout=_POLL_SECONDS if self.timeout else None, return_when=FIRST_COMPLETED)
        broken = {future: error for future in done if (error := future.exception()) is not None}
        for future in done.difference(broken):
            key, _, _ = self.running.pop(future)
            error, value = future.result()
            yield Outcome(key, value, error, "error" if error else "ok")
        if broken:
            yield from self._bury(next(iter(broken.values())))
        elif self.timeout:
            yield from self._end_overdue()

    def _bury(self, death: BaseException) -> Iterator[Outcome]:
        """A worker died and took the pool with it: whoever was in hand is a suspect, tried again alone."""
        for future, (key, argument, _) in list(self.running.items()):
            if future.done() and future.exception() is None:
                error, value = future.result()
                yield Outcome(key, value, error, "error" if error else "ok")
            elif key in self.tried:
                yield Outcome(key, error=cause_of(death), ended="died")
            else:
                self.suspects.append((key, argument))
        self.running.clear()
        self.stop()

    def _end_overdue(self) -> Iterator[Outcome]:
        now = time.monotonic()
        overdue = [f for f, (_, _, begun) in self.running.items() if now - begun > (self.timeout or 0) and not f.done()]
        if not overdue:
            return
        for future in overdue:
            key, _, _ = self.running.pop(future)
            yield Outcome(key, error=f"not done after {self.timeout:g} s", ended="timeout")
        self.again.extend((key, argument) for key, argument, _ in self.running.values())
        self.running.clear()
        self.stop()

    def stop(self) -> None:
        """Kill the workers; a new pool is made when the next task is handed out."""
        from loky import get_reusable_executor

        get_reusable_executor(max_workers=self.jobs, env=ONE_THREAD, kill_workers=True, reuse=False).shutdown(
            wait=True, kill_workers=True
        )


def _end_with(parent: int) -> None:
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


def _guarded(function: Callable[[Any], Any], argument: Any) -> tuple[str | None, Any]:
    """Run in the worker, which loky must not take for one that leaks when it loads TensorFlow."""
    from loky import process_executor

    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize
    return guarded(function, argument)
