"""The engine: every task is answered once, whatever becomes of its worker."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ser_bench.engine import run_tasks, warm_workers


def act(what: object) -> object:
    """Do as told; runs in a worker."""
    if what == "die":
        os._exit(9)
    if what == "raise":
        raise ValueError("first line\nsecond line")
    if what == "hang":
        time.sleep(60)
    return what, os.environ["OMP_NUM_THREADS"]


def leave_pid(folder: Path) -> int:
    """Leave a file named after this worker; return its number."""
    (folder / str(os.getpid())).touch()
    return os.getpid()


def outcomes(*arguments: object, **options) -> dict[int, object]:
    return {outcome.key: outcome for outcome in run_tasks(act, enumerate(arguments), **options)}


def test_results_come_back_under_their_keys_from_workers_with_one_thread():
    ended = outcomes(*range(5), jobs=2)
    assert {key: outcome.value for key, outcome in ended.items()} == {i: (i, "1") for i in range(5)}


def test_an_exception_is_a_line_and_spares_the_others():
    ended = outcomes("raise", 1, jobs=2)
    assert (ended[0].ended, ended[0].error) == ("error", "ValueError: first line")
    assert ended[1].ended == "ok"


def test_a_task_that_kills_its_worker_fails_alone():
    ended = outcomes("die", 1, 2, 3, jobs=2)
    assert [ended[i].ended for i in range(4)] == ["died", "ok", "ok", "ok"]


def test_a_pool_that_breaks_while_tasks_are_handed_out_loses_none(monkeypatch):
    """Between asking for the pool and handing it a task, another task may have killed it."""
    from loky.process_executor import ProcessPoolExecutor, TerminatedWorkerError

    submit, broken = ProcessPoolExecutor.submit, iter([True, False, True])

    def breaking(self, *arguments):
        if next(broken, False):
            raise TerminatedWorkerError("gone a moment ago")
        return submit(self, *arguments)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", breaking)
    ended = outcomes(*range(4), jobs=2)
    assert [ended[i].ended for i in range(4)] == ["ok"] * 4


def test_a_task_that_hangs_is_ended_after_the_timeout():
    ended = outcomes("hang", 1, 2, jobs=2, timeout=2.0)
    assert [ended[i].ended for i in range(3)] == ["timeout", "ok", "ok"]


def test_tasks_are_drawn_only_as_workers_become_free():
    drawn = []

    def endless():
        while True:
            drawn.append(len(drawn))
            yield len(drawn), 0

    working = run_tasks(act, endless(), jobs=2)
    next(working)
    working.close()
    assert len(drawn) <= 4


def test_warm_workers_are_those_that_carry_out_the_tasks(tmp_path):
    (tmp_path / "warm").mkdir()
    (tmp_path / "work").mkdir()
    with warm_workers(leave_pid, tmp_path / "warm", jobs=1):
        (outcome,) = run_tasks(leave_pid, [(0, tmp_path / "work")], jobs=1)
    assert [path.name for path in (tmp_path / "warm").iterdir()] == [str(outcome.value)]


def test_workers_warmed_in_vain_are_stopped(tmp_path):
    begun = time.monotonic()
    with pytest.raises(ValueError, match="no corpus"), warm_workers(act, "hang", jobs=1):
        raise ValueError("no corpus")
    assert time.monotonic() - begun < 20
