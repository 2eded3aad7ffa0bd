"""After a fault at any moment the same command finishes with the same predictions.

``python -m tests.runs.faults`` and ``tests.runs.faults_report`` try the cases: a few hundred by default, thousands with
``-m slow``. Tests with real workers, signals and two runs at once follow.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ser_bench.cli import call
from ser_bench.features.base import FeatureSet
from ser_bench.runs import results
from ser_bench.runs.extraction.worker import Batch
from ser_bench.runs.workers import run_tasks
from tests.runs.faults import make_corpus

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="cases are forked")
ROOT = Path(__file__).parents[2]


KINDS = {"kill", "full disk", "flip", "cut", "empty", "zeros"}


def trial(folder: Path, cases: int, seed: int, of: str = "faults") -> dict:
    words = [sys.executable, "-m", f"tests.runs.{of}", str(folder / "trial"), str(cases), str(seed)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)
    print(f"{sum(output['counts'].values())} faults: {output['counts']}, of {output['moments']} moments")
    return output


def test_the_same_command_finishes_after_a_fault_at_any_moment(tmp_path):
    output = trial(tmp_path, 6, 0)
    assert output["wrong"] == []
    assert sum(output["counts"].values()) > 78
    assert output["counts"]["kill"] > 60
    assert set(output["counts"]) == KINDS | {"kill of extract"}


@pytest.mark.slow
def test_the_same_command_finishes_after_thousands_of_faults(tmp_path):
    output = trial(tmp_path, 150, 7)
    assert output["wrong"] == []
    assert output["counts"]["kill"] > 1000


@pytest.mark.parametrize("cases", [4, pytest.param(100, marks=pytest.mark.slow)])
def test_a_report_is_drawn_whole_after_a_fault_at_any_moment(tmp_path, cases):
    output = trial(tmp_path, cases, 0, of="faults_report")
    assert output["wrong"] == []
    assert output["counts"]["kill"] == cases
    assert set(output["counts"]) == KINDS


ASLEEP = """
import os, sys, time
from pathlib import Path
from ser_bench.runs.workers import run_tasks
from ser_bench.features.base import FeatureSet

def sleep(folder):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(300)

if __name__ == "__main__":
    list(run_tasks(sleep, [(0, sys.argv[1]), (1, sys.argv[1])], jobs=2))
"""


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def running(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_workers_end_soon_after_their_command_is_killed(tmp_path):
    script, pids = tmp_path / "asleep.py", tmp_path / "pids"
    script.write_text(ASLEEP)
    pids.mkdir()
    command = subprocess.Popen([sys.executable, str(script), str(pids)], cwd=ROOT)
    wait_until(lambda: len(list(pids.iterdir())) == 2)
    command.kill()
    command.wait()
    wait_until(lambda: not any(running(int(path.name)) for path in pids.iterdir()), seconds=10)


def end(ending: str) -> str:
    """Runs in a worker: end it in one of the ways that fits end."""
    if ending == "hang in C":
        hang(ending)
    if ending in signal.Signals.__members__:
        os.kill(os.getpid(), signal.Signals[ending])
    if ending == "memory":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (1 << 31, resource.RLIM_INFINITY))
        return str(len(bytearray(1 << 40)))
    return ending


def test_a_fit_that_crashes_or_runs_out_of_memory_does_not_stop_the_others():
    ways = ("SIGKILL", "SIGSEGV", "memory", "well")
    ended = {outcome.key: outcome for outcome in run_tasks(end, [(way, way) for way in ways], jobs=2)}
    assert [ended[way].status for way in ways] == ["died", "died", "error", "ok"]
    assert "MemoryError" in ended["memory"].error


@pytest.mark.slow
def test_a_fit_that_hangs_in_c_code_ends_after_the_timeout():
    ended = {outcome.key: outcome.status for outcome in run_tasks(end, [(0, "hang in C"), (1, "")], jobs=2, timeout=20)}
    assert ended == {0: "timeout", 1: "ok"}


def hang(analysis):
    import ctypes

    ctypes.PyDLL(None).sleep(300)  # with Python's lock held


def quickly(batch: Batch) -> dict[str, str]:
    """Runs in a worker: extract, with a second for each clip."""
    from ser_bench.runs.extraction import worker as batches

    batches.CLIP_SECONDS = 1.0
    return batches.extract_batch(batch)


def test_a_clip_that_hangs_ends_its_worker_only(manifest):
    features = FeatureSet(name="odd", kind="vector", summary="", source="", columns=("a",), compute=hang)
    batch = Batch(Path("store").absolute(), (("key", str(manifest.with_name("0.wav"))),), ((features, {"key"}),))
    (outcome,) = run_tasks(quickly, [(0, batch)], jobs=1)
    assert outcome.status == "died"


@pytest.fixture
def manifest(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_corpus(tmp_path / "clips")


RUN = """
import sys
from pathlib import Path
from ser_bench.runs import runner
from ser_bench.core.options import Options

if __name__ == "__main__":
    corpus, out = sys.argv[1:]
    asked = {"features": "mfcc", "models": ("knn",), "splits": ("actor",), "folds": 3, "jobs": 1}
    runner.run(Options(corpus=corpus, store=Path("store"), out=Path(out), **asked))
"""


def started(manifest: Path, out: str) -> subprocess.Popen:
    script = Path("run.py")
    script.write_text(RUN)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(manifest), out]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


def test_two_runs_at_once_on_one_store_both_finish_with_the_same_predictions(manifest):
    both = [started(manifest, out) for out in ("one", "two")]
    for run in both:
        _, output = run.communicate()
        assert run.returncode == 0, output
    first, second = (results.read_run(Path(out)).predictions for out in ("one", "two"))
    assert first.equals(second)


def test_a_second_run_into_the_same_folder_is_refused(manifest, capsys):
    Path("out").mkdir()
    with results.locked_folder(Path("out")):
        assert call(["run", "--corpus", str(manifest), "--folds", "3", "--store", "store", "--out", "out"]) == 2
    output = capsys.readouterr().err
    assert "another ser-bench writes into out\n" in output
    assert "name another folder with --out" in output
