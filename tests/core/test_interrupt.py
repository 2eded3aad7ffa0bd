"""The first Ctrl-C finishes running tasks, the second stops at once; each is pressed in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from ser_bench.core.interrupt import interruptible
from ser_bench.core.progress import NoProgress

PROGRAM = """
import os, signal, sys, threading, time
from ser_bench.runs.workers import run_tasks
from ser_bench.core.interrupt import interruptible
from ser_bench.core.progress import NoProgress

class Printer(NoProgress):
    def warning(self, text):
        print("warned", flush=True)

presses, seconds = int(sys.argv[1]), float(sys.argv[2])

def press():
    for _ in range(presses):
        os.killpg(0, signal.SIGINT)  # a terminal signals the workers too
        time.sleep(0.3)


if __name__ == "__main__":
    list(run_tasks(abs, [(0, 1)], jobs=1))  # starts the worker
    threading.Timer(0.5, press).start()
    started = time.monotonic()
    try:
        with interruptible(Printer()) as until_pressed:
            for outcome in run_tasks(time.sleep, ((i, seconds) for i in until_pressed(range(5))), jobs=1):
                print("done", outcome.key, outcome.status, flush=True)
    except KeyboardInterrupt:
        print("stopped", time.monotonic() - started < 10, flush=True)
"""


@pytest.mark.parametrize(
    ("presses", "seconds", "expected"),
    [(1, 1.0, ["warned", "done 0 ok", "stopped True"]), (2, 60.0, ["warned", "stopped True"])],
    ids=["the first finishes running tasks", "the second stops at once"],
)
def test_ctrl_c(presses, seconds, expected):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(presses), str(seconds)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        start_new_session=True,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines() == expected


def test_without_ctrl_c_every_task_runs():
    with interruptible(NoProgress()) as until_pressed:
        assert list(until_pressed(range(3))) == [0, 1, 2]


def test_outside_the_main_thread_signals_are_not_caught():
    tasks = []

    def use() -> None:
        with interruptible(NoProgress()) as until_pressed:
            tasks.extend(until_pressed("ab"))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert tasks == ["a", "b"]
