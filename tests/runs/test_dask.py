"""Dask workers: a real scheduler and workers on this machine, some of which die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import ser_bench
from ser_bench import plugins
from ser_bench.core.errors import EngineError, MissingExtraError, RunError
from ser_bench.core.options import Options
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.deploy import train
from ser_bench.runs import results, runner, tuning
from ser_bench.runs.log import read_status
from ser_bench.runs.tuning import SearchSettings
from ser_bench.runs.workers import Requirements, check_workers, count_workers, dask_worker, run_tasks
from ser_bench.runs.workers import dask as dask_engine

PLUGIN = Path(__file__).parents[1] / "plugins" / "plugin_recorder.py"
ROOT = Path(ser_bench.__file__).parents[1]
ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD": "forkserver",  # workers begin with Dask imported
}


class Machines:
    """A scheduler and workers as users start them, each a process, on the loopback."""

    def __init__(self, folder: Path, options: tuple[str, ...] = (), scheme: str = "tcp") -> None:
        self.folder, self.options, self.started = folder, options, []
        self.file = folder / "scheduler.json"
        self.scheduler = self._start(
            *("scheduler", "--host", f"{scheme}://127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter"),
            *("--scheduler-file", str(self.file)),
        )
        self.where = self._read_address().replace("tcp://", "dask://")

    def _read_address(self) -> str:
        """Return the scheduler's address; its file can be read before it is written to the end."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(FileNotFoundError, json.JSONDecodeError):
                return str(json.loads(self.file.read_text())["address"])
            time.sleep(0.05)
        raise TimeoutError(f"no address in {self.file} after 60 s")

    def _start(self, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *words[1:], *self.options]
        with (self.folder / f"{len(self.started)}.log").open("wb") as log:
            own = {"env": os.environ | ENVIRONMENT, "cwd": self.folder, "start_new_session": True}
            process = subprocess.Popen(command, stdout=log, stderr=log, **own)
        self.started.append(process)
        return process

    def add_workers(self, count: int = 1) -> subprocess.Popen:
        words = ("--nthreads", "1", "--no-dashboard", "--memory-limit", "0", "--local-directory", str(self.folder))
        words += ("--nworkers", str(count))
        return self._start("worker", "--scheduler-file", str(self.file), *words)

    def wait(self, count: int) -> str:
        until = time.monotonic() + 60
        while count_workers(self.where, None) < count and time.monotonic() < until:
            time.sleep(0.1)
        return self.where

    def stop(self) -> None:
        if client := dask_engine._clients.pop(self.where, None):
            client.close()
        for process in reversed(self.started):  # with the processes that it started; an orderly end takes seconds
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in reversed(self.started):
            process.wait(30)


@pytest.fixture(scope="module")
def machines(tmp_path_factory) -> Iterator[Machines]:
    made = Machines(tmp_path_factory.mktemp("machines"))
    made.add_workers(2)
    yield made
    made.stop()


@pytest.fixture
def where(machines) -> str:
    """The scheduler's address, once two workers are there."""
    return machines.wait(2)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Six speakers, two emotions, two sentences, as a manifest."""
    folder = tmp_path_factory.mktemp("data")
    speakers = tuple(f"S{i:02d}" for i in range(1, 7))
    paths = make_clips(folder, speakers=speakers, emotions=("happy", "sad"), intensities=("normal",))
    table = pd.DataFrame([path.stem.split("_") for path in paths], columns=["speaker", "emotion", "intensity", "text"])
    table["path"] = [str(path.relative_to(folder)) for path in paths]
    table.to_csv(folder / "small.csv", index=False)
    return folder / "small.csv"


def go(
    data: Path, folder: Path, progress: NoProgress | None = None, **options
) -> tuple[runner.RunOutcome, results.SavedRun]:
    """Run with a store in ``folder``; return the outcome and the saved run."""
    chosen = {"corpus": str(data), "features": "mfcc", "models": ("knn", "svm"), "folds": 3, "jobs": 1}
    chosen |= {"splits": ("actor",), "store": folder / "store", "out": folder / "out"} | options
    outcome = runner.run(Options(**chosen), progress)
    return outcome, results.read_run(outcome.folder)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def here(data, home) -> pd.DataFrame:
    """What this machine predicts by itself."""
    return go(data, home)[1].predictions


@pytest.fixture
def extracted(here, home, tmp_path) -> Path:
    """A folder whose store holds the features, and no fit."""
    shutil.copytree(home / "store", tmp_path / "store", ignore=shutil.ignore_patterns("fits"))
    return tmp_path


@dataclass(frozen=True)
class Errand:
    """What a worker is told to do, and a file to do it with."""

    what: str = ""
    path: Path = Path()


def act(errand: Errand) -> tuple[int, str, str]:
    """Do as told; return this worker's number, how many threads it may use, and what the file holds."""
    if errand.what == "die":
        os._exit(9)
    if errand.what == "raise":
        raise ValueError("first line\nsecond line")
    if errand.what == "hang":
        time.sleep(60)
    if errand.what == "die once" and not errand.path.exists():
        errand.path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    held = errand.path.read_text() if errand.path.suffix == ".txt" else ""
    return os.getpid(), os.environ["TF_NUM_INTRAOP_THREADS"], f"{errand.path} {held}"


def outcomes(where: str, *errands: Errand, **options) -> dict[int, object]:
    return {o.key: o for o in run_tasks(act, enumerate(errands), jobs=1, engine=where, **options)}


class Listener(NoProgress):
    """Keeps warnings, and calls a function when the first fit is told."""

    def __init__(self, act=None):
        self.warnings, self.act = [], act

    def warning(self, text):
        self.warnings.append(text)

    def detail(self, text):
        if self.act and "fold 1" in text:
            self.act()
            self.act = None


@pytest.mark.parametrize("shared", [True, False], ids=["shared store", "sent"])
def test_predictions_equal_those_of_local_workers(data, tmp_path, here, where, shared, monkeypatch):
    if not shared:
        monkeypatch.setattr(dask_engine, "can_read_files", lambda *_: False)
    outcome, there = go(data, tmp_path, engine=where)
    assert outcome.work.failed == 0
    assert outcome.work.jobs == 2
    assert there.predictions.equals(here)


@pytest.mark.slow
def test_a_run_continues_if_a_worker_is_killed(data, extracted, here, where):
    def kill() -> None:
        os.kill(next(iter(dask_engine._connect(where).run(os.getpid).values())), signal.SIGKILL)

    outcome, there = go(data, extracted, Listener(kill), engine=where)
    assert outcome.work.failed == 0
    assert there.predictions.equals(here)


def test_files_are_sent_to_workers_that_cannot_read_them(where, tmp_path):
    (tmp_path / "a.txt").write_text("content")
    requirements = Requirements(files=(tmp_path / "a.txt", tmp_path / "not-needed.txt"))
    ended = outcomes(where, Errand(path=tmp_path / "a.txt"), Errand(path=tmp_path / "b"), requirements=requirements)
    place, held = ended[0].value[2].split()
    assert held == "content"
    assert Path(place).parents[0] != tmp_path
    assert not Path(place).exists()
    assert ended[1].value[2].strip() == str(tmp_path / "b")


def test_an_exception_is_one_line_and_workers_have_one_thread(where):
    ended = outcomes(where, Errand("raise"), Errand())
    assert (ended[0].status, ended[0].error) == ("error", "ValueError: first line")
    assert ended[1].value[1] == "1"


def test_another_worker_runs_the_task_of_a_killed_worker(where, tmp_path):
    ended = outcomes(where, *(Errand() for _ in range(3)), Errand("die once", tmp_path / "died"))
    assert [ended[i].status for i in range(4)] == ["ok"] * 4
    assert (tmp_path / "died").exists()


def test_a_worker_that_joins_late_gets_tasks(machines, where):
    late, seen, until = machines.add_workers(), set(), time.monotonic() + 60

    def errands():
        while len(seen) < 3 and time.monotonic() < until:
            yield len(seen), Errand()

    for outcome in run_tasks(act, errands(), jobs=1, engine=where):
        seen.add(outcome.value[0])
    late.terminate()
    late.wait(30)
    assert len(seen) >= 3


def test_a_hanging_task_ends_after_the_timeout(where):
    ended = outcomes(where, Errand("hang"), Errand(), Errand(), timeout=2.0)
    assert [ended[i].status for i in range(3)] == ["timeout", "ok", "ok"]
    assert ended[0].error == "timed out after 2 s"


@pytest.mark.slow
def test_a_task_that_kills_every_worker_fails_alone(where):
    ended = outcomes(where, Errand("die"), *(Errand() for _ in range(6)))
    assert [ended[i].status for i in range(7)] == ["died"] + ["ok"] * 6
    assert ended[0].error.startswith("its worker processes died one after another ")


def test_models_of_a_plugin_run_on_workers(data, where, extracted, tmp_path):
    plugins.load(PLUGIN)
    tables = {name: {"base": name, "parameters": {"folder": str(tmp_path)}} for name in ("recorder", "failing")}
    outcome, saved = go(data, extracted, models=("recorder", "failing"), model_tables=tables, engine=where)
    rows = saved.fits.groupby("model")[["status", "error"]].first()
    assert outcome.work.failed == 3
    assert rows.loc["recorder", "status"] == "ok"
    assert tuple(rows.loc["failing"]) == ("failed", "ValueError: failing on purpose")


def test_clips_that_a_worker_cannot_read_are_an_error(where, tmp_path):
    requirements = Requirements(visible=(tmp_path / "absent.wav",))
    with pytest.raises(EngineError, match=r"worker tcp://127.0.0.1:\d+ cannot read .*absent.wav"):
        check_workers(where, requirements, NoProgress())


def test_a_late_worker_that_fails_the_checks_is_an_error(where, tmp_path):
    with pytest.raises(EngineError, match=r"cannot read .*absent"):
        outcomes(where, Errand(), requirements=Requirements(visible=(tmp_path / "absent",)))


def test_versions_of_required_libraries_must_be_equal(where, monkeypatch):
    asked = dask_worker.library_versions(("numpy",))
    monkeypatch.setattr(dask_worker, "library_versions", lambda _: asked | {"numpy": "0.1"})
    with pytest.raises(EngineError, match=r"has numpy \d.*, but this machine has 0.1$"):
        check_workers(where, Requirements(libraries=("numpy",)), NoProgress())
    listener = Listener()
    check_workers(where, Requirements(), listener)
    assert len(listener.warnings) == 1
    assert "but this machine has 0.1" in listener.warnings[0]


def test_a_worker_with_several_threads_fails_the_checks():
    worker = SimpleNamespace(state=SimpleNamespace(nthreads=2))
    wrong, _ = dask_worker.check_requirements(Requirements(), dask_worker.library_versions(()), worker)
    assert wrong == ["has 2 threads; start it with --nthreads 1"]


def test_an_address_without_a_scheduler_is_an_error(monkeypatch):
    monkeypatch.setattr(dask_engine, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(EngineError, match=r"no scheduler answers at dask://127.0.0.1:1"):
        count_workers("dask://127.0.0.1:1", None)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ser-bench\[dask\]'"):
        count_workers("dask://127.0.0.1:2", None)


@pytest.mark.slow
def test_a_search_equals_that_of_local_workers(data, where, extracted):
    def search(engine: str) -> tuning.TuningResult:
        folder = extracted / engine[:4]
        chosen = {"corpus": str(data), "features": "mfcc", "folds": 3, "jobs": 1, "engine": engine}
        return tuning.tune(
            SearchSettings("knn", trials=1, inner_folds=2), Options(**chosen, store=extracted / "store", out=folder)
        )

    there = search(where)
    shutil.rmtree(extracted / "store" / "fits")
    ours = search("local")
    assert there.trials.equals(ours.trials)
    assert there.predictions.equals(ours.predictions)
    assert there.parameters == ours.parameters


def test_a_trained_file_equals_that_of_local_workers(data, where, extracted, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    files = {engine: extracted / f"{engine[:4]}.ser" for engine in ("local", where)}
    for engine, file in files.items():
        options = Options(corpus=str(data), features="mfcc", jobs=1, store=extracted / "store", engine=engine)
        train.train(options, "svm", file, NoProgress(), "actor:S01", score=False)
    assert files[where].read_bytes() == files["local"].read_bytes()


def ser_bench_run(*words: str, folder: Path) -> tuple[subprocess.Popen, Path]:
    """Begin a run of the slow model as users do; return its process and its folder, once a fit has ended."""
    (folder / "slow.toml").write_text(f"models.use = ['slow']\n[models.slow]\nfolder = '{folder}'\n")
    command = [sys.executable, "-m", "ser_bench", "run", "--plugin", str(PLUGIN), "--config", str(folder / "slow.toml")]
    command += [
        "--features",
        "mfcc",
        "--splits",
        "actor",
        "--store",
        str(folder / "store"),
        "--out",
        str(folder / "out"),
    ]
    process = subprocess.Popen(
        [*command, *words],
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return process, folder / "out"


def await_fit(out: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(RunError):
            if read_status(out).fits:
                return
        time.sleep(0.1)
    raise TimeoutError("no fit has ended")


@pytest.mark.slow
def test_a_lost_scheduler_is_an_error_of_two_lines_and_saved_fits_are_reused(data, tmp_path):
    made = Machines(tmp_path)
    try:
        made.add_workers()
        process, out = ser_bench_run("--corpus", str(data), "--engine", made.wait(1), folder=tmp_path)
        await_fit(out)
        assert read_status(out).state == "running"
        made.scheduler.kill()
        said = process.communicate(timeout=15)[1].splitlines()
    finally:
        made.stop()
    assert process.returncode == 2
    assert said[-2].startswith(f"ser-bench: lost the connection to the scheduler at {made.where}")
    assert said[-1] == "finished work is saved; run the same command again"
    assert all(line.startswith(("corpus ", "extracting: ", "fitting: ")) for line in said[:-2])
    done = len(read_status(out).fits)
    process, _ = ser_bench_run("--corpus", str(data), folder=tmp_path)
    assert f"({done} more from the cache)" in process.communicate(timeout=120)[0]


PRESSED = """
import sys, time
from ser_bench.runs.workers import run_tasks
from ser_bench.core.interrupt import interruptible
from ser_bench.core.progress import NoProgress

class Ear(NoProgress):
    def warning(self, text):
        print("told", flush=True)

if __name__ == "__main__":
    seconds = float(sys.argv[2])
    try:
        with interruptible(Ear()) as handed_on:
            tasks = ((i, 0 if i < 2 else seconds) for i in handed_on(range(9)))
            for outcome in run_tasks(time.sleep, tasks, jobs=1, engine=sys.argv[1]):
                print("done", outcome.key, flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


def pressed(where: str, presses: int, seconds: float) -> list[str]:
    """Return what is told when Ctrl-C is pressed that often, some seconds after each worker began a long task."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRESSED, where, str(seconds)],
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    told = [process.stdout.readline().strip() for _ in range(2)]
    time.sleep(1)
    for _ in range(presses):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.3)
    out, errors = process.communicate(timeout=15)
    assert errors == ""
    return sorted(told) + out.splitlines()


@pytest.mark.slow
def test_the_first_ctrl_c_finishes_running_tasks(where):
    told = pressed(where, 1, 3.0)
    assert told[:3] == ["done 0", "done 1", "told"]
    assert sorted(told[3:5]) == ["done 2", "done 3"]
    assert told[5:] == ["stopped"]


@pytest.mark.slow
def test_the_second_ctrl_c_stops_at_once_and_frees_the_workers(where):
    begun = time.monotonic()
    assert pressed(where, 2, 300.0) == ["done 0", "done 1", "told", "stopped"]
    ended = outcomes(where, Errand(), Errand(), Errand())
    assert [outcome.status for outcome in ended.values()] == ["ok"] * 3
    assert time.monotonic() - begun < 100


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("openssl"), reason="requirements openssl to make a certificate")
def test_tls_uses_the_settings_of_dask(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    import dask
    import distributed  # noqa: F401  (its own settings, which the end of the block below would take away with ours)

    settings = {"distributed.comm.tls.ca-file": str(certificate)}
    settings |= {f"distributed.comm.tls.client.{n}": str(p) for n, p in (("key", key), ("cert", certificate))}
    files = ("--tls-ca-file", str(certificate), "--tls-key", str(key), "--tls-cert", str(certificate))
    machines = Machines(tmp_path, files, scheme="tls")
    try:
        machines.add_workers()
        assert machines.where.startswith("tls://")
        with dask.config.set(settings):
            ended = outcomes(machines.wait(1), Errand())
        assert ended[0].status == "ok"
    finally:
        machines.stop()
