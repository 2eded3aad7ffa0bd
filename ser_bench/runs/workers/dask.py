"""Workers on other machines, through a Dask scheduler: one future per running task.

If a worker dies, Dask gives its task to another worker; a task that keeps killing workers fails alone. Files that
workers cannot read are sent as tasks of their own, so that Dask can restore them after the death of a worker.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import EngineError, MissingExtraError
from ser_bench.core.progress import Progress
from ser_bench.core.text import plural
from ser_bench.runs.workers import dask_worker
from ser_bench.runs.workers.tasks import Requirements, TaskResult, format_error

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_SECONDS = 15
_RESTART_SECONDS = 60
_POLL_SECONDS = 0.5
_EMPTY_SECONDS = 60
"""Time without any worker after which a run ends."""
_RESUME = "finished work is saved; run the same command again"
_clients: dict[str, Any] = {}


def _connect(engine: str) -> Any:
    """Return the client of a scheduler; the connection lasts as long as this process."""
    if (known := _clients.get(engine)) is not None and known.status == "running":
        return known
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(f"--engine {engine}", "dask") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our own errors report what matters
    address = engine.replace("dask://", "tcp://", 1)
    connect: Callable[..., Client] = Client
    try:
        client = connect(address, timeout=_CONNECT_SECONDS, set_as_default=False, name="ser-bench")
    except (OSError, ValueError, TypeError) as error:
        reason = format_error(error)
        raise EngineError(f"no scheduler answers at {engine}: {reason}\nstart one with: dask scheduler") from None
    _clients[engine] = client
    return client


def count_workers(engine: str) -> int:
    """Count the workers; wait for the first one.

    Parameters
    ----------
    engine : str
        Address of the scheduler.

    Returns
    -------
    int
        Number of workers.
    """
    client = _connect(engine)
    deadline = time.monotonic() + _EMPTY_SECONDS
    while not (threads := client.nthreads()):
        if time.monotonic() > deadline:
            hint = "start one with: dask worker ADDRESS --nthreads 1"
            raise EngineError(f"the scheduler at {engine} has no workers\n{hint}")
        time.sleep(_POLL_SECONDS)
    return len(threads)


def can_read_files(engine: str, paths: tuple[Path, ...]) -> bool:
    """Check whether every worker can read files under the same paths.

    Parameters
    ----------
    engine : str
        Address of the scheduler.
    paths : tuple of Path
        The files.

    Returns
    -------
    bool
        True if all workers can read all files.
    """
    return not any(_call_on_workers(engine, dask_worker.unreadable_files, paths).values())


def check_workers(engine: str, requirements: Requirements, progress: Progress) -> None:
    """Check every worker; see :func:`ser_bench.runs.workers.check_workers`.

    Parameters
    ----------
    engine : str
        Address of the scheduler.
    requirements : Requirements
        Requirements of the tasks.
    progress : Progress
        Receives warnings and the number of workers.
    """
    versions = dask_worker.library_versions(requirements.libraries)
    checks = _call_on_workers(engine, dask_worker.check_requirements, requirements, versions)
    first_worker: dict[str, str] = {}
    for worker, (errors, differences) in checks.items():
        if errors:
            raise EngineError(f"worker {worker} {errors[0]}")
        for difference in differences:
            first_worker.setdefault(difference, worker)
    for difference, worker in first_worker.items():
        progress.warning(f"worker {worker} {difference}")
    progress.detail(f"{plural(len(checks), 'worker')} at {engine}")


def _call_on_workers(engine: str, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """Call a function of :mod:`ser_bench.runs.workers.dask_worker` on every worker; return the values by worker."""
    count_workers(engine)
    try:
        values: dict[str, Any] = _connect(engine).run(function, *arguments)
    except OSError as error:
        raise EngineError(f"the workers at {engine} do not answer: {format_error(error)}\n{_RESUME}") from None
    except Exception as error:  # a plain Exception if a worker cannot unpickle the call
        reason = format_error(error).removeprefix("Exception: ")
        message = f"a worker at {engine} has another version of ser-bench: {reason}\ninstall this version there"
        raise EngineError(message) from None
    return values


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    engine: str,
    requirements: Requirements,
    timeout: float | None,
) -> Iterator[TaskResult]:
    """Call a function for each task on the workers; see :func:`ser_bench.runs.workers.run_tasks`.

    Parameters
    ----------
    function : callable
        Called with the argument of each task.
    tasks : iterable of (key, argument)
        The tasks.
    engine : str
        Address of the scheduler.
    requirements : Requirements
        Requirements for the workers.
    timeout : float or None
        Time limit of a task in seconds.

    Yields
    ------
    TaskResult
        One result per task.
    """
    batch = _TaskBatch(engine, function, requirements, timeout)
    pending = iter(tasks)
    try:
        while batch.submit_from(pending):
            yield from batch.collect()
    finally:
        batch.close()


@dataclass
class _RunningTask:
    """A submitted task, with each start as (worker, time); ``is_retry`` marks the last attempt."""

    key: Any
    argument: Any
    future: Any
    starts: list[tuple[str, float]]
    is_retry: bool = False


class _TaskBatch:
    """The tasks of one call: as many are submitted as there are workers, which may join and leave."""

    def __init__(
        self, engine: str, function: Callable[[Any], Any], requirements: Requirements, timeout: float | None
    ) -> None:
        self.engine, self.function, self.requirements, self.timeout = engine, function, requirements, timeout
        self.client = _connect(engine)
        self.session = f"ser-bench-{uuid.uuid4().hex}"
        self.versions = dask_worker.library_versions(requirements.libraries)
        self.running: dict[int, _RunningTask] = {}
        self.sent_files: dict[Path, Future[bytes]] = {}
        self.submitted = 0
        self.n_workers = count_workers(engine)
        self.count_time = self.last_worker_time = time.monotonic()
        self.messages: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        """(task, worker) when a task starts; (task, "") when it ends."""
        self.client.subscribe_topic(self.session, self._receive_start)

    def _receive_start(self, event: tuple[float, Any]) -> None:
        """Receive the start of a task, in Dask's own thread."""
        _, message = event
        self.messages.put((message["number"], message["worker"]))

    def submit_from(self, pending: Iterator[tuple[Any, Any]]) -> bool:
        """Submit tasks until every worker has one; return whether any task is left."""
        while len(self.running) < self.n_workers and (task := next(pending, None)) is not None:
            self.submit(*task)
        return bool(self.running)

    def submit(self, key: Any, argument: Any, *, is_retry: bool = False) -> None:
        """Submit a task with the files among its paths."""
        import cloudpickle

        self.submitted += 1
        number, paths = self.submitted, dask_worker.find_paths(argument)
        files = tuple(path for path in self.requirements.files if path in paths)
        requirements = replace(self.requirements, files=files)
        task = dask_worker.RemoteTask(self.session, number, self.function, argument, requirements, self.versions)
        name = f"{self.function.__name__}-{self.session}-{number}"
        contents = [self._send_file(path) for path in files]
        future = self._submit_call(dask_worker.run_remote_task, name, cloudpickle.dumps(task), *contents)
        self.running[number] = _RunningTask(key, argument, future, [], is_retry)
        future.add_done_callback(lambda _: self.messages.put((number, "")))

    def _send_file(self, path: Path) -> Future[bytes]:
        """Send a file to one worker, once; workers pass it on to each other."""
        if path not in self.sent_files:
            name = f"file-{self.session}-{path.name}"
            self.sent_files[path] = self._submit_call(bytes, name, path.read_bytes())
        return self.sent_files[path]

    def _submit_call(self, function: Callable[..., Any], name: str, *arguments: Any) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return self.client.submit(function, *arguments, key=name, pure=False)

    def collect(self) -> Iterator[TaskResult]:
        """Wait for the next message, and yield the results."""
        with suppress(queue.Empty):
            if task := self._next_ended(_POLL_SECONDS):
                yield from self._results(task)
        self._update_workers()
        if self.timeout:
            yield from self._stop_overdue(self.timeout)

    def _next_ended(self, seconds: float) -> _RunningTask | None:
        """Read a message; return the task if it has ended. Raises :class:`queue.Empty` after ``seconds``."""
        number, worker = self.messages.get(timeout=seconds)
        task = self.running.get(number)
        if task and worker:
            task.starts.append((worker, time.monotonic()))
            return None
        return self.running.pop(number, None)

    def _results(self, task: _RunningTask) -> Iterator[TaskResult]:
        """Yield the result of a task that has ended, unless it is submitted again."""
        from distributed import KilledWorker

        if task.future.status == "finished":
            error, value = self._value(task.future)
            yield TaskResult(task.key, value, error, "error" if error else "ok")
            return
        if task.future.status != "error":
            raise self._lost_scheduler()
        exception = task.future.exception()
        if isinstance(exception, dask_worker.UnfitWorkerError):
            raise EngineError(f"{exception}\n{_RESUME}")
        if not isinstance(exception, KilledWorker):
            yield TaskResult(task.key, error=format_error(exception), status="error")
        elif len(task.starts) < 2 and not task.is_retry:  # it only waited at workers that died, or started once
            self.submit(task.key, task.argument, is_retry=True)
        else:
            reason = "its worker processes died one after another (out of memory or a crash)"
            yield TaskResult(task.key, error=reason, status="died")

    def _value(self, future: Any) -> tuple[str | None, Any]:
        from distributed import CancelledError

        try:
            error, value = future.result()
        except (CancelledError, OSError) as lost:
            raise self._lost_scheduler(lost) from None
        finally:
            future.release()
        return error, value

    def _lost_scheduler(self, error: BaseException | None = None) -> EngineError:
        reason = f": {format_error(error)}" if error else ""
        return EngineError(f"lost the connection to the scheduler at {self.engine}{reason}\n{_RESUME}")

    def _update_workers(self) -> None:
        """Count the workers again; raise :class:`EngineError` if there has been none for some time."""
        now = time.monotonic()
        if now - self.count_time < _POLL_SECONDS:
            return
        self.count_time = now
        if self.client.status != "running":
            raise self._lost_scheduler()
        try:
            self.n_workers = len(self.client.nthreads())
        except (OSError, AttributeError) as error:
            raise self._lost_scheduler(error) from None
        if self.n_workers:
            self.last_worker_time = now
        elif now - self.last_worker_time > _EMPTY_SECONDS:
            raise EngineError(f"{self.engine} has had no workers for {_EMPTY_SECONDS:g} s\n{_RESUME}")

    def _stop_overdue(self, timeout: float) -> Iterator[TaskResult]:
        now = time.monotonic()
        for number, task in list(self.running.items()):
            worker, started = task.starts[-1] if task.starts else ("", now)
            if now - started > timeout and not task.future.done():
                del self.running[number]
                task.future.cancel()
                yield TaskResult(task.key, error=f"timed out after {timeout:g} s", status="timeout")
                self._restart_worker(worker)

    def _restart_worker(self, worker: str) -> None:
        """Stop a worker during its task; its nanny, if it has one, starts another."""
        try:
            self.client.restart_workers([worker], timeout=_RESTART_SECONDS, raise_for_error=False)
        except ValueError:  # the worker has no nanny, or is already gone
            with suppress(Exception):
                self.client.run(dask_worker.exit_worker, workers=[worker], wait=False)

    def close(self) -> None:
        """Cancel the running tasks, restart their workers, and remove the files of this session."""
        with suppress(Exception):  # the scheduler or the workers may be gone
            busy = self._busy_workers()
            self.client.cancel([*(task.future for task in self.running.values()), *self.sent_files.values()])
            self.client.unsubscribe_topic(self.session)
            if busy:
                options: dict[str, Any] = {"nanny": True, "wait": False, "on_error": "ignore"}
                self.client.run(dask_worker.restart_worker, workers=list(busy), **options)
            if self.sent_files and self.client.status == "running":
                self.client.run(dask_worker.remove_session_files, self.session, on_error="ignore")

    def _busy_workers(self) -> set[str]:
        """Return the workers that are running a task of this session."""
        with suppress(queue.Empty):
            while True:
                self._next_ended(0)
        busy = {task.starts[-1][0] for task in self.running.values() if task.starts and not task.future.done()}
        return busy & set(self.client.nthreads()) if busy else busy
