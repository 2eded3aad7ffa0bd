"""Carry out tasks in this process, for tests that are not about worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from ser_bench.runs import extraction, fit, tasks
from ser_bench.runs.workers import TaskResult
from ser_bench.runs.workers.tasks import call_in_worker


def run_in_process(function: Callable, pending: Iterable[tuple[Any, Any]], **ignored: Any) -> Iterator[TaskResult]:
    """Replace :func:`ser_bench.runs.workers.run_tasks`: an exception is an error, as from a worker."""
    for key, argument in pending:
        error, value = call_in_worker(function, argument)
        yield TaskResult(key, value, error, "error" if error else "ok")


@contextmanager
def no_workers() -> Iterator[None]:
    """Extract and fit in this process until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extraction, "run_tasks", run_in_process)
        patch.setattr(extraction, "warm_up_workers", lambda *args: nullcontext())
        patch.setattr(tasks, "run_tasks", run_in_process)
        patch.setattr(fit, "call_in_own_process", lambda function, argument: function(argument))
        yield
