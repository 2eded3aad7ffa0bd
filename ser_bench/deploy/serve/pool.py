"""Worker processes and who waits for them. One that crashes or takes too long is replaced; the others go on."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

from ser_bench.deploy.serve import worker
from ser_bench.runs.workers import ONE_THREAD

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_START_SECONDS = 300.0
"""A first start on a machine compiles kernels, and a large model takes its time to load."""
_PAUSE_SECONDS = 5.0
"""How long a worker waits that could not start again."""


class WorkerTimeoutError(Exception):
    """No answer within the time limit."""


class WorkerCrashedError(Exception):
    """The worker died over this clip."""


class WorkerPool:
    """``jobs`` threads, each with a worker process of its own, that take clips from one queue.

    ``arguments`` are those of :func:`ser_bench.deploy.serve.worker.work` after the pipe; ``limit`` is the time in
    seconds that
    a clip may take; ``tell(event, **fields)`` is called when a worker starts or ends.
    """

    def __init__(self, jobs: int, arguments: tuple[Any, ...], limit: float, tell: Callable[..., None]) -> None:
        self.limit, self.refused, self.stopping = limit, "", Event()
        self._arguments, self._tell = arguments, tell
        self._waiting: SimpleQueue[tuple[bytes, Future] | None] = SimpleQueue()
        self._places = [_Place(self) for _ in range(jobs)]

    def start(self) -> None:
        """Begin to start the workers, and return at once."""
        for place in self._places:
            place.thread.start()

    @property
    def ready(self) -> bool:
        """Whether at least one worker can answer, and all have been started once."""
        return all(place.tried for place in self._places) and any(place.pipe for place in self._places)

    @property
    def failed(self) -> bool:
        """Whether all were started once, and none can answer; ``refused`` says why."""
        return all(place.tried for place in self._places) and not any(place.pipe for place in self._places)

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers that are there."""
        return [place.process.pid for place in self._places if place.pipe]

    def predict(self, data: bytes) -> tuple[str, Any]:
        """Return a worker's message on a clip.

        Raises
        ------
        WorkerTimeoutError
            If no worker is free, or none answers, within the time limit.
        WorkerCrashedError
            If the worker died.
        """
        future: Future = Future()
        self._waiting.put((data, future))
        try:
            return future.result(2 * self.limit)  # as long to wait for a worker as it may then take
        except FutureTimeout:
            future.cancel()
            raise WorkerTimeoutError from None

    def stop(self) -> None:
        """End the workers; those that are busy are killed."""
        self.stopping.set()
        for _ in self._places:
            self._waiting.put(None)
        for place in self._places:
            place.kill()
            place.thread.join()


class _Place:
    """A thread and its worker; ``pipe`` is None while there is no worker that can answer."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool, self.tried = pool, False
        self.process: Any = None
        self.pipe: Any = None
        self.thread = Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.pool.stopping.is_set():
            if self.pipe is None and not self._hire():
                self.pool.stopping.wait(_PAUSE_SECONDS)
            elif (task := self.pool._waiting.get()) is not None:
                self._serve(*task)

    def _hire(self) -> bool:
        """Start a worker and wait until it has answered once; say whether it is there."""
        from loky.backend import get_context

        context = get_context("loky")  # unlike spawn it does not run the program's main module again
        pipe, theirs = context.Pipe()
        arguments = (theirs, *self.pool._arguments)
        self.process = context.Process(target=worker.work, args=arguments, env=ONE_THREAD, daemon=True)
        self.process.start()
        theirs.close()
        if self.pool.stopping.is_set():
            self.kill()
        try:
            kind, said = _message(pipe, _START_SECONDS)
        except (WorkerTimeoutError, WorkerCrashedError):
            kind, said = worker.START_FAILED, "a worker process could not start"
        if kind == worker.READY:
            self.pipe = pipe
            self.pool._tell("worker started", pid=said)
        else:
            self.pool.refused = said
            if not self.pool.stopping.is_set():
                self.pool._tell("worker could not start", reason=said)
            self.kill()
        self.tried = True
        return self.pipe is not None

    def _serve(self, data: bytes, future: Future) -> None:
        if not future.set_running_or_notify_cancel():
            return  # who asked has gone
        if not self._lives():  # it died while nothing was in hand, which is not this clip's fault
            self._lose("died")
            self._hire()
        try:
            future.set_result(self._asked(data))
        except (WorkerTimeoutError, WorkerCrashedError) as error:
            self._lose("overdue" if isinstance(error, WorkerTimeoutError) else "crashed")
            future.set_exception(error)

    def _lives(self) -> bool:
        """Say whether an idle worker is there; a pipe with something to read is one whose other end is closed."""
        try:
            return self.process.is_alive() and self.pipe is not None and not self.pipe.poll(0)
        except OSError:
            return False

    def _asked(self, data: bytes) -> tuple[str, Any]:
        if self.pipe is None:
            raise WorkerTimeoutError
        try:
            self.pipe.send_bytes(data)
        except OSError:
            raise WorkerCrashedError from None
        return _message(self.pipe, self.pool.limit)

    def _lose(self, reason: str) -> None:
        self.kill()
        self.pool._tell("worker lost", pid=self.process.pid, reason=reason)
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None

    def kill(self) -> None:
        if self.process is not None and self.process.is_alive():
            os.kill(self.process.pid, _KILL)
            self.process.join()


def _message(pipe: Any, seconds: float) -> tuple[str, Any]:
    """Return the next message of a worker."""
    try:
        if not pipe.poll(seconds):
            raise WorkerTimeoutError
        kind, said = json.loads(pipe.recv_bytes())
    except (EOFError, OSError, ValueError):
        raise WorkerCrashedError from None
    return kind, said
