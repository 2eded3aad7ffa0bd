"""Workers on other machines, by Dask's scheduler: its futures, one for each task in hand.

Dask gives a dead worker's task to another worker; a task that keeps killing workers is failed alone. Files that workers
do not see travel as tasks of their own, so that the scheduler makes them anew where the workers that had them die.
"""

from __future__ import annotations

import logging
import queue
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import EngineError, MissingExtraError
from ser_bench.core.progress import Progress
from ser_bench.runs.workers import dask_worker as remote
from ser_bench.runs.workers.tasks import Requirements, TaskResult, said

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_SECONDS = 15
_RESTART_SECONDS = 60
_POLL_SECONDS = 0.5
_NOBODY_SECONDS = 60
_KEPT = "what is done is kept; run the same command again"
_clients: dict[str, Client] = {}


def _connect(engine: str) -> Client:
    """Return the connection to a scheduler, which lasts as long as this process."""
    if (known := _clients.get(engine)) is not None and known.status == "running":
        return known
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(f"--engine {engine}", "dask") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is told as an error of our own
    address = engine.replace("dask://", "tcp://", 1)
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="ser-bench")
    except (OSError, ValueError, TypeError) as error:
        raise EngineError(f"no scheduler answers at {engine}: {said(error)}\nstart one with: dask scheduler") from None
    _clients[engine] = client
    return client


def count_workers(engine: str) -> int:
    """Return how many workers have joined; wait for the first."""
    client = _connect(engine)
    until = time.monotonic() + _NOBODY_SECONDS
    while not (joined := client.nthreads()):
        if time.monotonic() > until:
            raise EngineError(f"no worker has joined {engine}\nstart some with: dask worker ADDRESS --nthreads 1")
        time.sleep(_POLL_SECONDS)
    return len(joined)


def can_read_files(engine: str, paths: tuple[Path, ...]) -> bool:
    """Say whether every worker can read all these files."""
    return not any(_ask(engine, remote.unseen, paths).values())


def check_workers(engine: str, requirements: Requirements, progress: Progress) -> None:
    """Hold every worker against what tasks need, and say how many there are."""
    found = _ask(engine, remote.examine, requirements, remote.versions(requirements.libraries))
    for worker, (wrong, _) in found.items():
        if wrong:
            raise EngineError(f"worker {worker} {wrong[0]}")
    for line in dict.fromkeys(line for _, differing in found.values() for line in differing):
        first = next(worker for worker, (_, differing) in found.items() if line in differing)
        progress.warning(f"worker {first} {line}")
    progress.detail(f"{len(found)} workers at {engine}")


def _ask(engine: str, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """Call a function of :mod:`ser_bench.runs.workers.dask_worker` on every worker."""
    count_workers(engine)
    try:
        return _connect(engine).run(function, *arguments)
    except OSError as error:
        raise EngineError(f"the workers at {engine} cannot be asked: {said(error)}\n{_KEPT}") from None
    except Exception as error:  # a plain one, if a worker cannot even read the question
        why = f"a worker at {engine} does not understand this machine: {said(error).removeprefix('Exception: ')}"
        raise EngineError(f"{why}\ninstall the same ser-bench there") from None


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    engine: str,
    requirements: Requirements,
    timeout: float | None,
) -> Iterator[TaskResult]:
    """Carry out tasks on every worker there is, as :func:`ser_bench.runs.workers.run_tasks` says."""
    crew = _Crew(engine, function, requirements, timeout)
    waiting = iter(tasks)
    try:
        while crew.offer(waiting):
            yield from crew.collect()
    finally:
        crew.leave()


@dataclass
class _InHand:
    """A task that was handed out, each time that a worker began it, as (worker, when), and whether that is its last."""

    key: Any
    argument: Any
    future: Future
    begun: list[tuple[str, float]]
    last: bool = False


class _Crew:
    """The tasks in hand: as many as workers have threads, counted again and again since workers come and go."""

    def __init__(
        self, engine: str, function: Callable[[Any], Any], requirements: Requirements, timeout: float | None
    ) -> None:
        self.engine, self.function, self.requirements, self.timeout = engine, function, requirements, timeout
        self.client = _connect(engine)
        self.session = f"ser-bench-{uuid.uuid4().hex}"
        self.versions = remote.versions(requirements.libraries)
        self.running: dict[int, _InHand] = {}
        self.sent: dict[Path, Future] = {}
        self.number = 0
        self.places, self.counted, self.manned = count_workers(engine), time.monotonic(), time.monotonic()
        self.told: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        self.client.subscribe_topic(self.session, self._hear)

    def _hear(self, event: tuple[float, Any]) -> None:
        """Take note, in Dask's own thread, that a worker begins a task."""
        _, message = event
        self.told.put((message["number"], message["worker"]))

    def offer(self, waiting: Iterator[tuple[Any, Any]]) -> bool:
        """Hand out tasks until every worker has one; say whether anything is left to wait for."""
        while len(self.running) < self.places and (drawn := next(waiting, None)) is not None:
            self.submit(*drawn)
        return bool(self.running)

    def submit(self, key: Any, argument: Any, *, last: bool = False) -> None:
        """Hand a task to the scheduler, with the files that it names."""
        import cloudpickle

        self.number += 1
        named = remote.paths_in(argument)
        files = tuple(path for path in self.requirements.files if path in named)
        order = remote.Order(
            self.session, self.number, self.function, argument, replace(self.requirements, files=files), self.versions
        )
        name = f"{self.function.__name__}-{self.session}-{self.number}"
        contents = [self._file(path) for path in files]
        future = self._send(remote.carry_out, name, cloudpickle.dumps(order), *contents)
        self.running[self.number] = _InHand(key, argument, future, [], last)
        future.add_done_callback(partial(self._done, self.number))

    def _done(self, number: int, future: Future) -> None:
        self.told.put((number, ""))

    def _file(self, path: Path) -> Future:
        """Return the future of a file's bytes, which workers pass on to each other."""
        if path not in self.sent:
            self.sent[path] = self._send(bytes, f"file-{self.session}-{path.name}", path.read_bytes())
        return self.sent[path]

    def _send(self, function: Callable[..., Any], name: str, *arguments: Any) -> Future:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return self.client.submit(function, *arguments, key=name, pure=False)

    def collect(self) -> Iterator[TaskResult]:
        """Wait for something to happen, and yield what ended."""
        with suppress(queue.Empty):
            if task := self._next(_POLL_SECONDS):
                yield from self._ended(task)
        self._count()
        if self.timeout:
            yield from self._end_overdue()

    def _next(self, seconds: float) -> _InHand | None:
        """Take note of what was told next; return a task that ended. Raises :class:`queue.Empty` if nothing was."""
        number, worker = self.told.get(timeout=seconds)
        task = self.running.get(number)
        if task and worker:
            task.begun.append((worker, time.monotonic()))
            return None
        return self.running.pop(number, None)

    def _ended(self, task: _InHand) -> Iterator[TaskResult]:
        from distributed import KilledWorker

        if task.future.status == "finished":
            error, value = self._result(task.future)
            yield TaskResult(task.key, value, error, "error" if error else "ok")
            return
        if task.future.status != "error":
            raise EngineError(f"the scheduler at {self.engine} is lost\n{_KEPT}")
        error = task.future.exception()
        if isinstance(error, remote.UnfitError):
            raise EngineError(f"{error}\n{_KEPT}")
        if not isinstance(error, KilledWorker):
            yield TaskResult(task.key, error=said(error), status="error")
        elif len(task.begun) < 2 and not task.last:  # it only waited where others died, or was tried but once
            self.submit(task.key, task.argument, last=True)
        else:
            why = "its worker processes died, one after another (out of memory, or a crash)"
            yield TaskResult(task.key, error=why, status="died")

    def _result(self, future: Future) -> tuple[str | None, Any]:
        from distributed import CancelledError

        try:
            return future.result()
        except (CancelledError, OSError) as error:
            raise EngineError(f"the scheduler at {self.engine} is lost: {said(error)}\n{_KEPT}") from None
        finally:
            future.release()

    def _count(self) -> None:
        """Count the workers from time to time; raise :class:`EngineError` where nobody is left."""
        now = time.monotonic()
        if now - self.counted < _POLL_SECONDS:
            return
        self.counted = now
        if self.client.status != "running":
            raise EngineError(f"the scheduler at {self.engine} is lost\n{_KEPT}")
        try:
            self.places = len(self.client.nthreads())
        except (OSError, AttributeError) as error:
            raise EngineError(f"the scheduler at {self.engine} is lost: {said(error)}\n{_KEPT}") from None
        if self.places:
            self.manned = now
        elif now - self.manned > _NOBODY_SECONDS:
            raise EngineError(f"the last worker left {self.engine} {_NOBODY_SECONDS:g} s ago\n{_KEPT}")

    def _end_overdue(self) -> Iterator[TaskResult]:
        now = time.monotonic()
        for number, task in list(self.running.items()):
            worker, begun = task.begun[-1] if task.begun else ("", now)
            if now - begun > (self.timeout or 0) and not task.future.done():
                del self.running[number]
                task.future.cancel()
                yield TaskResult(task.key, error=f"not done after {self.timeout:g} s", status="timeout")
                self._restart(worker)

    def _restart(self, worker: str) -> None:
        """End a worker that does not listen; its nanny, if it has one, starts another."""
        try:
            self.client.restart_workers([worker], timeout=_RESTART_SECONDS, raise_for_error=False)
        except ValueError:  # it has none, or is gone already
            with suppress(Exception):
                self.client.run(remote.leave, workers=[worker], wait=False)

    def leave(self) -> None:
        """Give up what is in hand, free the workers that are at it, and have all of them forget this session."""
        with suppress(Exception):  # there may be nobody left to tell
            busy = self._busy()
            self.client.cancel([*(task.future for task in self.running.values()), *self.sent.values()])
            self.client.unsubscribe_topic(self.session)
            if busy:
                self.client.run(remote.kill_worker, workers=list(busy), nanny=True, wait=False, on_error="ignore")
            if self.sent and self.client.status == "running":
                self.client.run(remote.forget, self.session, on_error="ignore")

    def _busy(self) -> set[str]:
        """Return the workers that carry out a task of ours at this moment."""
        with suppress(queue.Empty):
            while True:
                self._next(0)
        begun = {task.begun[-1][0] for task in self.running.values() if task.begun and not task.future.done()}
        return begun & set(self.client.nthreads()) if begun else begun
