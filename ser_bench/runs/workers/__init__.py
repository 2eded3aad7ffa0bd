"""Worker processes with one thread each: on this machine, or on other machines through Dask.

A task is the argument of a function, with a key. The option ``engine`` selects the workers: ``local``, or the address
of a Dask scheduler (``dask://HOST:PORT`` or ``tls://HOST:PORT``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ser_bench.core.progress import Progress
from ser_bench.runs.workers.tasks import ONE_THREAD, Requirements, TaskResult

__all__ = [
    "LOCAL",
    "ONE_THREAD",
    "Requirements",
    "TaskResult",
    "available_cores",
    "can_read_files",
    "check_workers",
    "count_workers",
    "run_tasks",
    "start_workers",
]

LOCAL = "local"


def available_cores() -> int:
    """Count the cores that this process may use.

    Returns
    -------
    int
        Number of cores.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count_workers(engine: str, jobs: int | None) -> int:
    """Count the workers of an engine.

    Parameters
    ----------
    engine : str
        "local" or the address of a scheduler.
    jobs : int or None
        Number of worker processes on this machine; None for one per core. Ignored for a scheduler.

    Returns
    -------
    int
        Number of workers.

    Raises
    ------
    EngineError
        If the scheduler does not answer or has no workers.
    """
    if engine == LOCAL:
        return jobs or available_cores()
    from ser_bench.runs.workers import dask

    return dask.count_workers(engine)


def can_read_files(engine: str, paths: Iterable[Path]) -> bool:
    """Check whether every worker can read files of this machine under the same paths.

    Parameters
    ----------
    engine : str
        "local" or the address of a scheduler.
    paths : iterable of Path
        The files.

    Returns
    -------
    bool
        True if all workers can read all files.
    """
    if engine == LOCAL:
        return True
    from ser_bench.runs.workers import dask

    return dask.can_read_files(engine, tuple(paths))


def check_workers(engine: str, requirements: Requirements, progress: Progress) -> None:
    """Check that every worker meets the requirements; warn about other versions of further libraries.

    Parameters
    ----------
    engine : str
        "local" or the address of a scheduler.
    requirements : Requirements
        Requirements of the tasks.
    progress : Progress
        Receives the warnings.

    Raises
    ------
    EngineError
        If a worker does not meet the requirements.
    """
    if engine != LOCAL:
        from ser_bench.runs.workers import dask

        dask.check_workers(engine, requirements, progress)


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    jobs: int,
    timeout: float | None = None,
    engine: str = LOCAL,
    requirements: Requirements = Requirements(),  # noqa: B008 - it is frozen
) -> Iterator[TaskResult]:
    """Call a function for each task in worker processes.

    Closing the generator, or Ctrl-C, stops the workers.

    Parameters
    ----------
    function : callable
        Called with the argument of each task.
    tasks : iterable of (key, argument)
        The tasks, drawn one by one as workers become free.
    jobs : int
        Number of worker processes on this machine. Ignored for a scheduler, whose workers may join and leave.
    timeout : float, optional
        Time limit of a task in seconds, counted from its start in the worker.
    engine : str
        "local" or the address of a scheduler.
    requirements : Requirements
        Requirements for workers on other machines.

    Yields
    ------
    TaskResult
        One result per task, in the order of completion.

    Raises
    ------
    EngineError
        If the scheduler or its last worker is lost.
    """
    if engine == LOCAL:
        from ser_bench.runs.workers import local

        return local.run_tasks(function, tasks, jobs=jobs, timeout=timeout)
    from ser_bench.runs.workers import dask

    return dask.run_tasks(function, tasks, engine=engine, requirements=requirements, timeout=timeout)


def start_workers(function: Callable[[Any], Any], argument: Any, *, jobs: int) -> AbstractContextManager[None]:
    """Start the workers of this machine ahead of their tasks, each with one call of a function.

    The calls load libraries; their results are ignored. If the block raises, the workers are stopped.

    Parameters
    ----------
    function : callable
        Called once per worker.
    argument : object
        Its argument.
    jobs : int
        Number of worker processes.

    Returns
    -------
    context manager
        The workers start when the block begins.
    """
    from ser_bench.runs.workers import local

    return local.start_workers(function, argument, jobs=jobs)
