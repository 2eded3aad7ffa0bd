"""The engine: every task is answered once, whatever becomes of its worker."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ser_bench.runs.workers import local, run_tasks, start_workers


def act(what: object) -> object:
    """Do as told; runs in a worker."""
    if what == "die":
        os._exit(9)
    if isinstance(what, signal.Signals):
        os.kill(os.getpid(), what)
    if what == "raise":
        raise ValueError("first line\nsecond line")
    if what == "hang":
        time.sleep(60)
    return what, os.environ["OMP_NUM_THREADS"]


class Sealed:
    """Can be sent, and not be read."""

    def __reduce__(self) -> tuple:
        return _refuse, ()


def _refuse() -> None:
    raise ValueError("sealed")


def seal(_: object) -> Sealed:
    return Sealed()


def start_slowly(parent: int) -> None:
    """Start as a worker does on a busy machine."""
    time.sleep(3.0)


def leave_pid(folder: Path) -> int:
    """Leave a file named after this worker; return its number."""
    (folder / str(os.getpid())).touch()
    return os.getpid()


def tell_pid(_: object) -> int:
    return os.getpid()


def wait_for_end(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(20)


def read(path: str) -> str:
    return Path(path).read_text()


def outcomes(*arguments: object, **options) -> dict[int, object]:
    return {outcome.key: outcome for outcome in run_tasks(act, enumerate(arguments), **options)}


def test_results_come_back_under_their_keys_from_workers_with_one_thread():
    ended = outcomes(*range(5), jobs=2)
    assert {key: outcome.value for key, outcome in ended.items()} == {i: (i, "1") for i in range(5)}


def test_an_exception_is_a_line_and_spares_the_others():
    ended = outcomes("raise", 1, jobs=2)
    assert (ended[0].status, ended[0].error) == ("error", "ValueError: first line")
    assert ended[1].status == "ok"


def test_a_task_that_kills_its_worker_fails_alone():
    ended = outcomes("die", 1, 2, 3, jobs=2)
    assert [ended[i].status for i in range(4)] == ["died", "ok", "ok", "ok"]


def test_a_worker_that_was_started_anew_after_idleness_may_die_too(monkeypatch):
    monkeypatch.setattr(local, "_IDLE_SECONDS", 0.3)
    (outcome,) = run_tasks(tell_pid, [(0, 0)], jobs=1)
    wait_for_end(outcome.value)
    assert outcomes("die", jobs=1)[0].status == "died"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_what_killed_a_worker_is_named():
    ended = outcomes(signal.SIGSEGV, signal.SIGKILL, "die", jobs=2)
    assert [ended[i].error for i in range(3)] == [
        "its worker process died twice by SIGSEGV (crash in C code)",
        "its worker process died twice by SIGKILL (killed, possibly out of memory)",
        "its worker process died twice with exit status 9",
    ]


@pytest.mark.parametrize("told", ["", "{UNKNOWN(255)}", "{SIGSEGV(-11), SIGKILL(-9)}"])
def test_of_a_death_that_is_not_told_clearly_no_cause_is_named(told):
    assert local._death_reason(BrokenProcessPool(told)) == "its worker process died twice (out of memory or a crash)"


@pytest.mark.parametrize(("function", "argument"), [(seal, 0), (act, Sealed())], ids=["result", "task"])
def test_what_cannot_be_passed_between_processes_is_no_death_for_want_of_memory(function, argument):
    (outcome,) = run_tasks(function, [(0, argument)], jobs=1)
    assert outcome.error.startswith("the task or its result cannot be passed between processes: ")


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="Linux has it")
def test_when_memory_runs_out_workers_are_to_go_before_the_command():
    (outcome,) = run_tasks(read, [(0, "/proc/self/oom_score_adj")], jobs=1)
    assert int(outcome.value) == min(1000, int(read("/proc/self/oom_score_adj")) + 500)


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
    assert [ended[i].status for i in range(4)] == ["ok"] * 4


def test_a_task_that_hangs_is_ended_after_the_timeout():
    ended = outcomes("hang", 1, 2, jobs=2, timeout=2.0)
    assert [ended[i].status for i in range(3)] == ["timeout", "ok", "ok"]


def test_a_worker_s_start_does_not_count_as_time_of_its_task(monkeypatch):
    monkeypatch.setattr(local, "initialize_worker", start_slowly)
    ended = outcomes(1, "hang", jobs=1, timeout=1.0)
    assert [ended[i].status for i in range(2)] == ["ok", "timeout"]


def test_a_worker_that_never_starts_is_ended_all_the_same(monkeypatch):
    monkeypatch.setattr(local, "initialize_worker", start_slowly)
    monkeypatch.setattr(local, "_START_SECONDS", 0.0)
    assert outcomes(1, jobs=1, timeout=1.0)[0].status == "timeout"


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
    with start_workers(leave_pid, tmp_path / "warm", jobs=1):
        (outcome,) = run_tasks(leave_pid, [(0, tmp_path / "work")], jobs=1)
    assert [path.name for path in (tmp_path / "warm").iterdir()] == [str(outcome.value)]


def test_workers_warmed_in_vain_are_stopped(tmp_path):
    begun = time.monotonic()
    with pytest.raises(ValueError, match="no corpus"), start_workers(act, "hang", jobs=1):
        raise ValueError("no corpus")
    assert time.monotonic() - begun < 20
