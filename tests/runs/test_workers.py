"""Local workers: each task gives one result, even if its worker dies."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ser_bench.runs.workers import local, run_tasks, start_workers
from ser_bench.runs.workers.own_process import call_in_own_process


def act(action: object) -> object:
    """Die, raise, hang or return; runs in a worker."""
    if action == "die":
        os._exit(9)
    if isinstance(action, signal.Signals):
        os.kill(os.getpid(), action)
    if action == "raise":
        raise ValueError("first line\nsecond line")
    if action == "hang":
        time.sleep(60)
    return action, os.environ["OMP_NUM_THREADS"]


class Unloadable:
    """An object that can be pickled but not unpickled."""

    def __reduce__(self) -> tuple:
        return _refuse, ()


def _refuse() -> None:
    raise ValueError("unloadable")


def return_unloadable(_: object) -> Unloadable:
    return Unloadable()


def start_slowly(parent: int) -> None:
    """Initialize a worker slowly, as on a busy machine."""
    time.sleep(3.0)


def record_pid(folder: Path) -> int:
    """Create a file named after this process; return its id."""
    (folder / str(os.getpid())).touch()
    return os.getpid()


def return_pid(_: object) -> int:
    return os.getpid()


def remember(value: object) -> object:
    """Return the value of the call before in this process."""
    return vars(sys).setdefault("_remembered", []).append(value) or sys._remembered[:-1]


def print_and_return(_: object) -> str:
    print("printed by the function")
    return "returned"


def hang_with_pid(path: Path) -> None:
    """Write the id of this process, and hang."""
    path.write_text(str(os.getpid()))
    time.sleep(60)


def call_alone(call: tuple) -> object:
    return call_in_own_process(*call)


def read_pid(path: Path) -> int:
    """Wait for the file of :func:`hang_with_pid`."""
    deadline = time.monotonic() + 30
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(path.read_text())


def wait_for_end(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(20)


def read(path: str) -> str:
    return Path(path).read_text()


def outcomes(*arguments: object, **options) -> dict[int, object]:
    return {outcome.key: outcome for outcome in run_tasks(act, enumerate(arguments), **options)}


def test_results_have_the_keys_of_their_tasks_and_workers_one_thread():
    results = outcomes(*range(5), jobs=2)
    assert {key: outcome.value for key, outcome in results.items()} == {i: (i, "1") for i in range(5)}


def test_an_exception_is_one_line_and_other_tasks_continue():
    results = outcomes("raise", 1, jobs=2)
    assert (results[0].status, results[0].error) == ("error", "ValueError: first line")
    assert results[1].status == "ok"


def test_a_task_that_kills_its_worker_fails_alone():
    results = outcomes("die", 1, 2, 3, jobs=2)
    assert [results[i].status for i in range(4)] == ["died", "ok", "ok", "ok"]


def test_the_death_of_a_worker_restarted_after_idling_is_detected(monkeypatch):
    monkeypatch.setattr(local, "_IDLE_SECONDS", 0.3)
    (outcome,) = run_tasks(return_pid, [(0, 0)], jobs=1)
    wait_for_end(outcome.value)
    assert outcomes("die", jobs=1)[0].status == "died"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_the_signal_or_exit_status_of_a_dead_worker_is_named():
    results = outcomes(signal.SIGSEGV, signal.SIGKILL, "die", jobs=2)
    assert [results[i].error for i in range(3)] == [
        "its worker process died twice by SIGSEGV (crash in C code)",
        "its worker process died twice by SIGKILL (killed, possibly out of memory)",
        "its worker process died twice with exit status 9",
    ]


@pytest.mark.parametrize("message", ["", "{UNKNOWN(255)}", "{SIGSEGV(-11), SIGKILL(-9)}"])
def test_an_ambiguous_death_is_reported_without_a_cause(message):
    assert local._death_reason(BrokenProcessPool(message)) == "its worker process died twice (out of memory or a crash)"


BAD_TASKS = [pytest.param(return_unloadable, 0, id="result"), pytest.param(act, Unloadable(), id="task")]


@pytest.mark.parametrize(("function", "argument"), BAD_TASKS)
def test_a_task_or_result_that_cannot_be_unpickled_is_reported(function, argument):
    (outcome,) = run_tasks(function, [(0, argument)], jobs=1)
    assert outcome.error.startswith("the task or its result cannot be passed between processes: ")


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="Linux has it")
def test_the_kernel_kills_workers_before_the_command_when_memory_runs_out():
    (outcome,) = run_tasks(read, [(0, "/proc/self/oom_score_adj")], jobs=1)
    assert int(outcome.value) == min(1000, int(read("/proc/self/oom_score_adj")) + 500)


def test_no_task_is_lost_if_the_pool_breaks_during_submission(monkeypatch):
    """Another task may kill the pool just before the submission."""
    from loky.process_executor import ProcessPoolExecutor, TerminatedWorkerError

    submit, broken = ProcessPoolExecutor.submit, iter([True, False, True])

    def breaking(self, *arguments):
        if next(broken, False):
            raise TerminatedWorkerError("broken")
        return submit(self, *arguments)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", breaking)
    results = outcomes(*range(4), jobs=2)
    assert [results[i].status for i in range(4)] == ["ok"] * 4


def test_a_hanging_task_ends_after_the_timeout():
    results = outcomes("hang", 1, 2, jobs=2, timeout=2.0)
    assert [results[i].status for i in range(3)] == ["timeout", "ok", "ok"]


def test_the_timeout_does_not_include_the_start_of_a_worker(monkeypatch):
    monkeypatch.setattr(local, "initialize_worker", start_slowly)
    results = outcomes(1, "hang", jobs=1, timeout=1.0)
    assert [results[i].status for i in range(2)] == ["ok", "timeout"]


def test_a_worker_that_does_not_start_times_out(monkeypatch):
    monkeypatch.setattr(local, "initialize_worker", start_slowly)
    monkeypatch.setattr(local, "_START_SECONDS", 0.0)
    assert outcomes(1, jobs=1, timeout=1.0)[0].status == "timeout"


def test_tasks_are_drawn_only_when_workers_are_free():
    drawn = []

    def endless():
        while True:
            drawn.append(len(drawn))
            yield len(drawn), 0

    working = run_tasks(act, endless(), jobs=2)
    next(working)
    working.close()
    assert len(drawn) <= 4


def test_workers_started_ahead_run_the_tasks(tmp_path):
    (tmp_path / "warm").mkdir()
    (tmp_path / "work").mkdir()
    with start_workers(record_pid, tmp_path / "warm", jobs=1):
        (outcome,) = run_tasks(record_pid, [(0, tmp_path / "work")], jobs=1)
    assert [path.name for path in (tmp_path / "warm").iterdir()] == [str(outcome.value)]


def test_workers_started_ahead_are_stopped_if_the_block_raises(tmp_path):
    begun = time.monotonic()
    with pytest.raises(ValueError, match="no corpus"), start_workers(act, "hang", jobs=1):
        raise ValueError("no corpus")
    assert time.monotonic() - begun < 20


def test_a_call_in_its_own_process_remembers_no_other_call():
    calls = [(0, (remember, "a")), (1, (remember, "b")), (2, (print_and_return, None))]
    assert [outcome.value for outcome in run_tasks(call_alone, calls, jobs=1)] == [[], [], "returned"]


def test_failures_in_an_own_process_are_reported_as_those_of_a_worker():
    calls = [(0, (act, "raise")), (1, (act, "die")), (2, (act, 1))]
    results = {outcome.key: outcome for outcome in run_tasks(call_alone, calls, jobs=2)}
    assert results[0].error == "ValueError: first line"
    assert results[1].error == "its worker process died twice with exit status 9"
    assert results[2].value == (1, "1")


def test_an_own_process_ends_with_the_time_limit_of_its_task(tmp_path):
    (outcome,) = run_tasks(call_alone, [(0, (hang_with_pid, tmp_path / "pid"))], jobs=1, timeout=0.5)
    assert outcome.status == "timeout"
    wait_for_end(read_pid(tmp_path / "pid"))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the id of a dead parent")
def test_an_own_process_ends_with_its_worker(tmp_path):
    with start_workers(call_alone, (hang_with_pid, tmp_path / "pid"), jobs=1):
        child = psutil.Process(read_pid(tmp_path / "pid"))
        worker = child.parent()
        worker.kill()
        assert child.wait(20) in (1, None)
    local._TaskBatch(act, 1, None).kill_workers()
