"""Real commands with real workers: both are killed at drawn moments; the same command then ends as if undisturbed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from ser_bench import report
from ser_bench.core.options import Options
from ser_bench.runs import extraction, results, runner, tasks
from tests.runs.faults import here, litter, make_corpus

ASKED = {"features": "mfcc", "models": ("knn",), "splits": ("random",), "folds": 3, "repeats": 8}
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
ROOT = Path(__file__).parents[2]


def manifest(folder: Path) -> Path:
    return folder / "clips" / "tiny.csv"


@dataclass
class Command:
    """``ser-bench run`` of some dozens of quick fits, started as often as it takes; what it leaves is looked at."""

    folder: Path
    name: str
    seen: set[psutil.Process] = field(default_factory=set)
    known_fits: dict[str, int] = field(default_factory=dict)

    def start(self) -> psutil.Popen:
        options = [f"--{name}={value if isinstance(value, str | int) else value[0]}" for name, value in ASKED.items()]
        places = [f"--corpus={manifest(self.folder)}", f"--store={self.place / 'store'}", f"--out={self.place / 'out'}"]
        words = [sys.executable, "-m", "ser_bench", "run", "--jobs=2", "--quiet", *options, *places]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return psutil.Popen(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, **silent)

    @property
    def place(self) -> Path:
        return self.folder / self.name

    def fits(self) -> dict[str, int]:
        """Return the fits in the store, and which file each is: one that is written again is another."""
        return {path.name: path.stat().st_ino for path in (self.place / "store").glob("fits/*/*.npz")}

    def workers(self, command: psutil.Popen) -> list[psutil.Process]:
        """Return a command's workers that live, and remember every process that it has started."""
        try:
            children = command.children(recursive=True)
            self.seen |= set(children)
            return [child for child in children if any("popen_loky" in word for word in child.cmdline())]
        except psutil.NoSuchProcess:
            return []

    def until(self, command: psutil.Popen, moment: Callable[[], bool]) -> bool:
        """Wait for a moment; say whether the command still runs then."""
        looked = 0.0
        while command.poll() is None and not moment():
            if time.monotonic() > looked + 1:
                self.workers(command)
                looked = time.monotonic()
            time.sleep(0.02)
        return command.poll() is None

    def kill(self, command: psutil.Popen) -> None:
        self.workers(command)
        command.kill()
        self.ended(command)

    def ended(self, command: psutil.Popen) -> int:
        """Wait for the end; no process may outlive the command for long, and no finished fit is written again."""
        self.until(command, lambda: False)
        _, alive = psutil.wait_procs(self.seen, timeout=20)
        assert alive == []
        fits = self.fits()
        assert self.known_fits.items() <= fits.items()
        self.known_fits = fits
        return command.returncode

    def finished(self) -> results.SavedRun:
        """Give the command until it ends well; return what it saved, having seen that nothing else is left."""
        for _ in range(5):
            if self.ended(self.start()) == 0:
                break
        saved = results.read_run(self.place / "out")
        assert report.is_current(self.place / "out")
        assert litter(self.place) == []
        assert set(saved.fits["status"]) == {"ok"}
        return saved


def strike(process: psutil.Process, sig: signal.Signals) -> bool:
    """Send a signal; say whether the process was still there."""
    try:
        process.send_signal(sig)
    except psutil.NoSuchProcess:
        return False
    return True


@pytest.fixture
def undisturbed(tmp_path, monkeypatch) -> results.SavedRun:
    """The same run, carried out in this process."""
    make_corpus(tmp_path / "clips")
    monkeypatch.setattr(extraction, "run_tasks", here)
    monkeypatch.setattr(tasks, "run_tasks", here)
    out = tmp_path / "undisturbed"
    runner.run(Options(corpus=str(manifest(tmp_path)), store=tmp_path / "whole", out=out, **ASKED))
    return results.read_run(out)


@pytest.mark.slow
def test_a_worker_and_then_the_command_die_while_fits_are_computed(tmp_path, undisturbed):
    fits, chance = undisturbed.fits["key"].nunique(), random.Random(0)
    first, second = sorted(chance.sample(range(1, fits // 2), 2))
    again = Command(tmp_path, "killed")
    command = again.start()
    assert again.until(command, lambda: len(again.fits()) >= first)
    assert strike(chance.choice(again.workers(command)), signal.SIGSEGV)
    assert again.until(command, lambda: len(again.fits()) >= second)
    again.kill(command)
    assert second <= len(again.known_fits) < fits
    assert again.finished().predictions.equals(undisturbed.predictions)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_workers_and_commands_die_at_any_moment(tmp_path, undisturbed, seed):
    """Workers at moments of their work, two at most, since a task that kills two fails; the command at any moment."""
    chance, again, struck = random.Random(seed), Command(tmp_path, "killed"), Counter()
    command = again.start()
    assert again.until(command, lambda: bool(again.workers(command)))
    for sig in chance.choices((signal.SIGKILL, signal.SIGSEGV), k=2):
        pause(again, command, chance.uniform(0, 3))
        if workers := again.workers(command):
            struck[sig.name] += strike(chance.choice(workers), sig)
    for _ in range(2):
        pause(again, command, chance.uniform(0, 8))
        again.workers(command)
        struck["command"] += command.poll() is None and strike(command, signal.SIGKILL)
        again.ended(command)
        command = again.start()
    again.ended(command)
    print(f"seed {seed}: {dict(struck)}")
    assert struck["SIGKILL"] + struck["SIGSEGV"]
    assert again.finished().predictions.equals(undisturbed.predictions)


def pause(again: Command, command: psutil.Popen, seconds: float) -> None:
    end = time.monotonic() + seconds
    again.until(command, lambda: time.monotonic() >= end)
