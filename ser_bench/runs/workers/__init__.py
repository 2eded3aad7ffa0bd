"""Where tasks are carried out: worker processes of one thread each, on this machine or, by Dask, on others.

A task is a function's argument under a key. Results come back in the order of completion. Which engine it is says
``engine``: ``local``, ``dask://HOST:PORT`` or ``tls://HOST:PORT``, the address of a scheduler.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
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
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count_workers(engine: str, jobs: int | None) -> int:
    """Return how many workers there are: ``jobs`` or one per core on this machine, whoever has joined elsewhere.

    Raises :class:`EngineError` where a scheduler cannot be reached or nobody joins it.
    """
    if engine == LOCAL:
        return jobs or available_cores()
    from ser_bench.runs.workers import dask as cluster

    return cluster.count_workers(engine)


def can_read_files(engine: str, paths: Iterable[Path]) -> bool:
    """Say whether every worker can read all these files of this machine, under the same path."""
    if engine == LOCAL:
        return True
    from ser_bench.runs.workers import dask as cluster

    return cluster.can_read_files(engine, tuple(paths))


def check_workers(engine: str, requirements: Requirements, progress: Progress) -> None:
    """Hold every worker against what tasks need; warn where another library's version differs.

    Raises :class:`EngineError`, naming the worker, where it could not do as this machine would.
    """
    if engine != LOCAL:
        from ser_bench.runs.workers import dask as cluster

        cluster.check_workers(engine, requirements, progress)


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    jobs: int,
    timeout: float | None = None,
    engine: str = LOCAL,
    requirements: Requirements = Requirements(),  # noqa: B008 - it is frozen
) -> Iterator[TaskResult]:
    """Carry out ``function(argument)`` for each ``(key, argument)`` in worker processes.

    On this machine these are ``jobs`` processes; on a cluster as many as it has, whenever they join. Tasks are drawn
    as workers become free, so ``tasks`` may be a generator of any length. ``timeout``, in seconds, ends a task that
    takes longer, together with its worker. Whoever stops listening, by Ctrl-C or otherwise, stops the work.

    Raises :class:`EngineError` where a cluster is lost.
    """
    if engine == LOCAL:
        from ser_bench.runs.workers import local

        return local.run_tasks(function, tasks, jobs=jobs, timeout=timeout)
    from ser_bench.runs.workers import dask as cluster

    return cluster.run_tasks(function, tasks, engine=engine, requirements=requirements, timeout=timeout)


def start_workers(
    function: Callable[[Any], Any], argument: Any, *, jobs: int, engine: str = LOCAL
) -> AbstractContextManager[None]:
    """Start the workers of this machine with a call of ``function`` each while the caller prepares their tasks.

    What the calls return or raise is ignored: they are made for what they load. Where the caller fails,
    the workers are stopped at once.
    """
    if engine != LOCAL:
        return nullcontext()
    from ser_bench.runs.workers import local

    return local.start_workers(function, argument, jobs=jobs)
