"""Where tasks are carried out: worker processes of one thread each, on this machine or, by Dask, on others.

A task is a function's argument under a key. Results come back in the order of completion. Which engine it is says
``where``: ``local``, ``dask://HOST:PORT`` or ``tls://HOST:PORT``, the address of a scheduler.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from ser_bench.core.progress import Progress
from ser_bench.runs.workers.tasks import ONE_THREAD, Needs, Outcome

__all__ = [
    "LOCAL",
    "ONE_THREAD",
    "Needs",
    "Outcome",
    "cores",
    "prepare",
    "run_tasks",
    "sees",
    "warm_workers",
    "workers",
]

LOCAL = "local"


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers(where: str, jobs: int | None) -> int:
    """Return how many workers there are: ``jobs`` or one per core on this machine, whoever has joined elsewhere.

    Raises :class:`EngineError` where a scheduler cannot be reached or nobody joins it.
    """
    if where == LOCAL:
        return jobs or cores()
    from ser_bench.runs.workers import dask as cluster

    return cluster.workers(where)


def sees(where: str, paths: Iterable[Path]) -> bool:
    """Say whether every worker can read all these files of this machine, under the same path."""
    if where == LOCAL:
        return True
    from ser_bench.runs.workers import dask as cluster

    return cluster.sees(where, tuple(paths))


def prepare(where: str, needs: Needs, progress: Progress) -> None:
    """Hold every worker against what tasks need; warn where another library's version differs.

    Raises :class:`EngineError`, naming the worker, where it could not do as this machine would.
    """
    if where != LOCAL:
        from ser_bench.runs.workers import dask as cluster

        cluster.prepare(where, needs, progress)


def run_tasks(
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    *,
    jobs: int,
    timeout: float | None = None,
    where: str = LOCAL,
    needs: Needs = Needs(),  # noqa: B008 - it is frozen
) -> Iterator[Outcome]:
    """Carry out ``function(argument)`` for each ``(key, argument)`` in worker processes.

    On this machine these are ``jobs`` processes; on a cluster as many as it has, whenever they join. Tasks are drawn
    as workers become free, so ``tasks`` may be a generator of any length. ``timeout``, in seconds, ends a task that
    takes longer, together with its worker. Whoever stops listening, by Ctrl-C or otherwise, stops the work.

    Raises :class:`EngineError` where a cluster is lost.
    """
    if where == LOCAL:
        from ser_bench.runs.workers import local

        return local.run_tasks(function, tasks, jobs=jobs, timeout=timeout)
    from ser_bench.runs.workers import dask as cluster

    return cluster.run_tasks(function, tasks, where=where, needs=needs, timeout=timeout)


def warm_workers(
    function: Callable[[Any], Any], argument: Any, *, jobs: int, where: str = LOCAL
) -> AbstractContextManager[None]:
    """Start the workers of this machine with a call of ``function`` each while the caller prepares their tasks.

    What the calls return or raise is ignored: they are made for what they load. Where the caller fails,
    the workers are stopped at once.
    """
    if where != LOCAL:
        return nullcontext()
    from ser_bench.runs.workers import local

    return local.warm_workers(function, argument, jobs=jobs)
