"""Ctrl-C once finishes what is in flight, twice stops at once; each told in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import threading

from ser_bench.core.interrupt import interruptible
from ser_bench.core.progress import NoProgress

PROGRAM = """
import os, signal, sys, threading, time
from ser_bench.runs.workers import run_tasks
from ser_bench.core.interrupt import interruptible
from ser_bench.core.progress import NoProgress

class Ear(NoProgress):
    def warning(self, text):
        print("told", flush=True)

presses, seconds = int(sys.argv[1]), float(sys.argv[2])

def press():
    for _ in range(presses):
        os.killpg(0, signal.SIGINT)  # as a terminal does: the workers get it, too
        time.sleep(0.3)


if __name__ == "__main__":
    list(run_tasks(abs, [(0, 1)], jobs=1))  # the worker is there
    threading.Timer(0.5, press).start()
    begun = time.monotonic()
    try:
        with interruptible(Ear()) as handed_on:
            for outcome in run_tasks(time.sleep, ((i, seconds) for i in handed_on(range(5))), jobs=1):
                print("done", outcome.key, outcome.status, flush=True)
    except KeyboardInterrupt:
        print("stopped", time.monotonic() - begun < 10, flush=True)
"""


def told(presses: int, seconds: float) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(presses), str(seconds)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        start_new_session=True,
    )
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def test_the_first_ctrl_c_finishes_what_is_in_flight_and_begins_nothing_new():
    assert told(1, 1.0) == ["told", "done 0 ok", "stopped True"]


def test_the_second_ctrl_c_stops_at_once():
    assert told(2, 60.0) == ["told", "stopped True"]


def test_without_ctrl_c_everything_is_handed_on():
    with interruptible(NoProgress()) as handed_on:
        assert list(handed_on(range(3))) == [0, 1, 2]


def test_outside_of_the_main_thread_nothing_is_caught():
    found = []

    def use() -> None:
        with interruptible(NoProgress()) as handed_on:
            found.extend(handed_on("ab"))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert found == ["a", "b"]
