"""Pool of worker processes; a worker that crashes or exceeds the time limit is replaced, without affecting the others.

The pool is our own because messages of workers must be JSON, and because a clip must be refused if no worker is free
in time. Process pools of libraries (loky, pebble, concurrent.futures) unpickle what workers send.
"""

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
"""Time limit of a start: the first one on a machine compiles kernels, and a large model loads slowly."""
_RESTART_PAUSE_SECONDS = 5.0

_Message = tuple[str, Any]


class WorkerTimeoutError(Exception):
    """No worker has answered within the time limit."""


class WorkerCrashedError(Exception):
    """The worker died while it processed the clip."""


class WorkerPool:
    """Worker processes, each served by a thread, that take clips from one queue.

    Parameters
    ----------
    jobs : int
        Number of workers.
    arguments : tuple
        Arguments of :func:`ser_bench.deploy.serve.worker.run_worker` after the pipe.
    timeout : float
        Time limit of a clip in seconds.
    log_event : callable
        Called as ``log_event(event, **fields)`` when a worker starts or ends.
    """

    def __init__(self, jobs: int, arguments: tuple[Any, ...], timeout: float, log_event: Callable[..., None]) -> None:
        self.timeout, self.start_error, self.stopping = timeout, "", Event()
        self.arguments, self.log_event = arguments, log_event
        self.queue: SimpleQueue[tuple[bytes, Future[_Message]] | None] = SimpleQueue()
        self._slots = [_WorkerSlot(self) for _ in range(jobs)]

    def start(self) -> None:
        """Start the workers in the background."""
        for slot in self._slots:
            slot.thread.start()

    @property
    def ready(self) -> bool:
        """Whether all workers have been started once and at least one is available."""
        return all(slot.tried for slot in self._slots) and any(slot.pipe for slot in self._slots)

    @property
    def failed(self) -> bool:
        """Whether all workers have been started once and none is available; see ``start_error``."""
        return all(slot.tried for slot in self._slots) and not any(slot.pipe for slot in self._slots)

    @property
    def workers(self) -> list[int]:
        """The process ids of the available workers."""
        return [slot.process.pid for slot in self._slots if slot.pipe]

    def predict(self, data: bytes) -> _Message:
        """Send a clip to a worker.

        Parameters
        ----------
        data : bytes
            Content of an audio file.

        Returns
        -------
        kind : str
            Kind of the worker's message.
        content : object
            The prediction, or the reason why there is none.

        Raises
        ------
        WorkerTimeoutError
            If no worker is free, or none answers, within the time limit.
        WorkerCrashedError
            If the worker died.
        """
        future: Future[_Message] = Future()
        self.queue.put((data, future))
        try:
            return future.result(2 * self.timeout)  # the wait for a free worker has the same limit as the prediction
        except FutureTimeout:
            future.cancel()
            raise WorkerTimeoutError from None

    def stop(self) -> None:
        """Stop the workers; busy ones are killed."""
        self.stopping.set()
        for _ in self._slots:
            self.queue.put(None)
        for slot in self._slots:
            slot.kill()
            slot.thread.join()


class _WorkerSlot:
    """A thread and its worker process; ``pipe`` is None while the worker is not available."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool, self.tried = pool, False
        self.process: Any = None
        self.pipe: Any = None
        self.thread = Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.pool.stopping.is_set():
            if self.pipe is None and not self._start():
                self.pool.stopping.wait(_RESTART_PAUSE_SECONDS)
            elif (task := self.pool.queue.get()) is not None:
                self._process_clip(*task)

    def _start(self) -> bool:
        """Start a worker and wait until its model has predicted once; return whether it is available."""
        from loky.backend import get_context

        context = get_context("loky")  # unlike spawn, it does not run the main module again
        pipe, worker_pipe = context.Pipe()
        arguments = (worker_pipe, *self.pool.arguments)
        self.process = context.Process(target=worker.run_worker, args=arguments, env=ONE_THREAD, daemon=True)
        self.process.start()
        worker_pipe.close()
        if self.pool.stopping.is_set():
            self.kill()
        try:
            kind, content = _receive(pipe, _START_SECONDS)
        except (WorkerTimeoutError, WorkerCrashedError):
            kind, content = worker.START_FAILED, "a worker process could not start"
        if kind == worker.READY:
            self.pipe = pipe
            self.pool.log_event("worker started", pid=content)
        else:
            self.pool.start_error = content
            if not self.pool.stopping.is_set():
                self.pool.log_event("worker could not start", reason=content)
            self.kill()
        self.tried = True
        return self.pipe is not None

    def _process_clip(self, data: bytes, future: Future[_Message]) -> None:
        if not future.set_running_or_notify_cancel():
            return  # the request has timed out
        if not self._is_alive():  # it died while idle, so this clip is not the cause
            self._remove("died")
            self._start()
        try:
            future.set_result(self._send(data))
        except (WorkerTimeoutError, WorkerCrashedError) as error:
            self._remove("timeout" if isinstance(error, WorkerTimeoutError) else "crashed")
            future.set_exception(error)

    def _is_alive(self) -> bool:
        """Return whether the idle worker lives; if its pipe is readable, the other end is closed."""
        try:
            return self.process.is_alive() and self.pipe is not None and not self.pipe.poll(0)
        except OSError:
            return False

    def _send(self, data: bytes) -> _Message:
        if self.pipe is None:
            raise WorkerTimeoutError
        try:
            self.pipe.send_bytes(data)
        except OSError:
            raise WorkerCrashedError from None
        return _receive(self.pipe, self.pool.timeout)

    def _remove(self, reason: str) -> None:
        self.kill()
        self.pool.log_event("worker lost", pid=self.process.pid, reason=reason)
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None

    def kill(self) -> None:
        if self.process is not None and self.process.is_alive():
            os.kill(self.process.pid, _KILL)
            self.process.join()


def _receive(pipe: Any, seconds: float) -> _Message:
    """Return the next message of a worker."""
    try:
        if not pipe.poll(seconds):
            raise WorkerTimeoutError
        kind, content = json.loads(pipe.recv_bytes())
    except (EOFError, OSError, ValueError):
        raise WorkerCrashedError from None
    return kind, content
