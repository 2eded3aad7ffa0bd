"""A tiny run that is killed, starved of room or fed damaged files at any moment; ``tests/runs/test_faults.py``
drives it.

One process loads everything and forks a child per case, so that a run takes hundredths of a second. In a child the
tasks of workers are carried out in the process itself: a kill strikes between any two steps of either.

    python -m tests.runs.faults FOLDER CASES SEED   # prints a JSON object: how many of each kind, and what went wrong
"""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock  # noqa: F401 - imported before the forks, which would each import it
import numpy as np
import soundfile
import threadpoolctl

from ser_bench import features, models, store
from ser_bench.core import files, locks
from ser_bench.core.options import Options
from ser_bench.core.progress import NoProgress
from ser_bench.features.base import FeatureSet
from ser_bench.runs import data, extraction, results, runner, tasks
from ser_bench.runs import fit_cache as fits
from ser_bench.runs.extraction import worker as batches
from ser_bench.runs.fit_cache import FitCache
from ser_bench.runs.workers import TaskResult
from ser_bench.store import FeatureStore, quarantine, shards
from ser_bench.store import file_hashes as index
from ser_bench.store import matrix as matrices

CLIPS = 12
KILLS = 12
"""How often a run is killed before it may end."""
LEVELS = FeatureSet(
    name="levels",
    kind="vector",
    summary="",
    source="",
    columns=("mean", "deviation", "peak"),
    compute=lambda analysis: np.array([f(analysis.y) for f in (np.mean, np.std, np.max)], np.float32),
)
_STORE = (files, locks, quarantine, shards, store, index, matrices)
_RUNS = (fits, results, runner, data, tasks, extraction, batches)
OURS = frozenset(str(module.__file__) for module in (*_STORE, *_RUNS, pathlib, zipfile, tempfile))
"""Where files are written and what calls that: a kill between two calls that these make is a moment."""
CALLS = frozenset({"call", "c_call"})
"""Events of a profile function that count."""


def make_corpus(folder: Path) -> Path:
    """Write short sounds of three speakers and their manifest; return it."""
    folder.mkdir(parents=True)
    rows = ["path,speaker,emotion"]
    for i in range(CLIPS):
        name, speaker, louder = f"{i}.wav", "abc"[i % 3], i // 3 % 2
        soundfile.write(folder / name, np.random.default_rng(i).normal(scale=0.1 + 0.05 * louder, size=800), 8000)
        os.utime(folder / name, (1_000_000_000, 1_000_000_000))
        rows.append(f"{name},{speaker},{('sad', 'happy')[louder]}")
    (folder / "tiny.csv").write_text("\n".join(rows))
    return folder / "tiny.csv"


class Listener(NoProgress):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


def here(function: Callable, tasks: Iterable, **ignored: Any) -> Iterator[TaskResult]:
    """Carry tasks out in this process."""
    for key, argument in tasks:
        yield TaskResult(key, function(argument))


def asked(manifest: Path, case_dir: Path) -> Options:
    chosen: dict[str, Any] = {"features": "levels", "models": ("chance",), "splits": ("actor",), "folds": 3}
    return Options(corpus=str(manifest), store=case_dir / "store", out=case_dir / "out", **chosen)


def fill(manifest: Path, case_dir: Path) -> int:
    """Extract alone; return how many clips were computed."""
    return extraction.extract_corpus(
        asked(manifest, case_dir), lambda shelf: (LEVELS,), NoProgress()
    ).extraction.n_computed


def go(manifest: Path, case_dir: Path) -> dict[str, Any]:
    """Run; return how many clips and fits were computed, and the warnings."""
    listener, computed = Listener(), []

    def counted(*args: Any, **kwargs: Any) -> Any:
        done = extraction.extract(*args, **kwargs)
        computed.append(done.n_computed)
        return done

    data.extract = counted
    outcome = runner.run(asked(manifest, case_dir), listener)
    return {"clips": computed[0], "fits": outcome.work.computed, "warnings": listener.warnings}


def done(case_dir: Path) -> tuple[int, int]:
    """Return how many clips and fits a store holds, whole."""
    feature_store = FeatureStore(case_dir / "store")
    whole = len(feature_store.keys(LEVELS) & set(feature_store.clip_metadata()))
    return whole, len(list(FitCache(case_dir / "store").folder.glob("*/*.npz")))


def litter(case_dir: Path) -> list[str]:
    """Return what no finished run may leave."""
    return [p.name for p in case_dir.rglob(".*") if p.name.endswith(".tmp") or p.name.startswith((".scratch", ".lock"))]


def in_child(function: Callable[[], Any]) -> Any:
    """Call a function in a forked child; return what it returns, or the signal that killed it."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            message = json.dumps(function())
        except BaseException as error:
            message = json.dumps({"error": type(error).__name__, "message": str(error)[:500]})
        os.write(writing, message.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as opened:
        message = opened.read()
    _, status = os.waitpid(child, 0)
    return json.loads(message) if message else {"signal": os.WTERMSIG(status)}


def any_call(frame: Any, event: str, argument: Any) -> bool:
    """Say whether a call is made by one of :data:`OURS`."""
    return event in CALLS and frame.f_code.co_filename in OURS


def at_moment(strike: Callable[[], None], moment: int, counts: Callable[..., bool] = any_call) -> Callable[[], int]:
    """Call ``strike`` before the ``moment``-th call that ``counts``; return what tells how many there were."""
    seen = 0

    def watch(frame: Any, event: str, argument: Any) -> None:
        nonlocal seen
        if counts(frame, event, argument):
            seen += 1
            if seen == moment:
                sys.setprofile(None)
                strike()

    sys.setprofile(watch)
    return lambda: seen


def kill_me() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk(at: int) -> Callable[[], int]:
    """From the ``at``-th time on that something is put on the disk, there is no room; return the count."""
    seen = 0

    def starved(call: Callable, asks: Callable[..., bool]) -> Callable:
        def instead(*args: Any, **kwargs: Any) -> Any:
            nonlocal seen
            if asks(*args, **kwargs):
                seen += 1
                if seen >= at:
                    raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))
            return call(*args, **kwargs)

        return instead

    def writes(path: Any, mode: str = "r", *rest: Any, **kwargs: Any) -> bool:
        return "w" in mode and "+" not in mode

    for name in ("fsync", "mkdir", "replace"):
        setattr(os, name, starved(getattr(os, name), lambda *args, **kwargs: True))
    io.open = starved(io.open, writes)
    return lambda: seen


def flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": flip,
    "cut": lambda content, chance: content[: chance.randrange(len(content))],
    "empty": lambda content, chance: b"",
    "zeros": lambda content, chance: bytes(len(content)),
}


@dataclass
class Trial:
    """All cases: an undisturbed run to compare with, and what came of the disturbed ones."""

    folder: Path
    chance: random.Random
    counts: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.manifest = make_corpus(self.folder / "clips")
        self.whole = self.folder / "whole"
        go(self.manifest, self.folder / "first")  # loads what children then have
        gc.freeze()  # children neither search nor copy what is loaded
        self.moments = in_child(lambda: self._counting(at_moment(kill_me, -1)))
        shutil.rmtree(self.whole)
        self.writes = in_child(lambda: self._counting(fill_disk(1 << 30)))
        saved = results.read_run(self.whole / "out")
        self.expected, self.identity = saved.predictions, saved.info.identity
        self.all_fits = done(self.whole)[1]

    def _counting(self, count: Callable[[], int]) -> int:
        go(self.manifest, self.whole)
        return count()

    def check(
        self, case: str, case_dir: Path, new_clips: int | None = None, new_fits: int | None = None
    ) -> dict[str, Any]:
        """Run again, under a clock that has jumped, and see that all is as if nothing had happened."""
        jump = self.chance.choice((0, 0, -400, 400)) * 86400

        def again() -> dict[str, Any]:
            now, now_ns = time.time, time.time_ns
            time.time, time.time_ns = lambda: now() + jump, lambda: now_ns() + jump * 10**9
            return go(self.manifest, case_dir)

        outcome = in_child(again)
        faults = [f"the run fails: {outcome}"] if "fits" not in outcome else []
        if not faults:
            same = results.read_run(case_dir / "out").predictions.equals(self.expected)
            faults += [] if same else ["other predictions"]
            faults += [f"left behind: {name}" for name in litter(case_dir)]
            for kind, expected in (("clips", new_clips), ("fits", new_fits)):
                if expected is not None and outcome[kind] != expected:
                    faults.append(f"{outcome[kind]} {kind} were computed, not {expected}")
        self.wrong += [f"{case}: {fault}" for fault in faults]
        return outcome

    def killed(self, moments: Sequence[int]) -> None:
        """Kill a run, and each that goes on with it, at a moment; the last redoes what was in flight and no more."""
        case_dir, before = self.folder / "case", (0, 0)
        for moment in moments:
            outcome = in_child(lambda at=moment: [at_moment(kill_me, at), go(self.manifest, case_dir)][1])
            if "signal" not in outcome:
                break
            self.counts["kill"] += 1
            after = done(case_dir)
            if after < before or after[1] < before[1]:
                self.wrong.append(f"killed at {moments}: the store held {before}, then {after}")
            before = after
        self._finish(f"killed at {moments}", case_dir)

    def extracting(self, moments: Sequence[int]) -> None:
        """Kill an extraction, and each that goes on with it; another fills the store, and a run finds all there."""
        case_dir, case, before = self.folder / "case", f"extraction killed at {moments}", 0
        for moment in moments:
            outcome = in_child(lambda at=moment: [at_moment(kill_me, at), fill(self.manifest, case_dir)][1])
            self.counts["kill of extract"] += outcome == {"signal": signal.SIGKILL}
            after = done(case_dir)[0]
            self.wrong += [] if after >= before else [f"{case}: the store held {before} clips, then {after}"]
            before = after
        if (computed := in_child(lambda: fill(self.manifest, case_dir))) != CLIPS - before:
            self.wrong.append(f"{case}: {computed} clips were computed, {before} were existing")
        self.wrong += [f"{case}: left behind: {name}" for name in litter(case_dir)]
        self.check(case, case_dir, 0, self.all_fits)
        shutil.rmtree(case_dir)

    def starved(self, write: int) -> None:
        """Run on a disk that is full from a write on, which ends the run with a clear error; then make room."""
        case_dir = self.folder / "case"
        outcome = in_child(lambda: [fill_disk(write), go(self.manifest, case_dir)][1])
        if (
            outcome.get("error") not in ("OSError", "StoreError", "RunError")
            or "No space left" not in outcome["message"]
        ):
            self.wrong.append(f"full disk at {write}: {outcome}")
        self.counts["full disk"] += 1
        self._finish(f"full disk at {write}", case_dir)

    def _finish(self, case: str, case_dir: Path) -> None:
        had_clips, had_fits = done(case_dir)
        existing = results.find_run(case_dir / "out", self.identity)
        self.check(case, case_dir, CLIPS - had_clips, 0 if existing else self.all_fits - had_fits)
        shutil.rmtree(case_dir)

    def damaged(self, damage: str) -> None:
        """Damage a file of a store or a finished run; the same run mends it."""
        case_dir = self.folder / "case"
        shutil.copytree(self.whole, case_dir)
        files = sorted(p for p in case_dir.rglob("*") if p.is_file() and p.name not in ("CACHEDIR.TAG", "set.json"))
        path = self.chance.choice(files)
        content = path.read_bytes()
        path.write_bytes(DAMAGES[damage](content, self.chance))
        if path.suffix == ".npz":
            (case_dir / "out" / "run.json").unlink()  # a finished run does not look at its fits
        outcome = self.check(f"{damage} {path.relative_to(case_dir)}", case_dir)
        moved = len(list((case_dir / "store" / "quarantine").glob("*")))
        if moved != len(outcome.get("warnings", [])):
            self.wrong.append(f"{damage} {path.relative_to(case_dir)}: {moved} moved aside, outcome {outcome}")
        self.counts[damage] += 1
        shutil.rmtree(case_dir)


def stand_in() -> None:
    """Have tasks carried out in this process, and know no more than a tiny run needs."""
    features.FEATURE_SETS["levels"] = LEVELS
    models.MODELS = {name: models.MODELS[name] for name in ("chance", "majority")}
    extraction.run_tasks = tasks.run_tasks = here
    extraction.warm_up_workers = lambda *args: nullcontext()
    threadpoolctl.threadpool_limits = lambda *args, **kwargs: nullcontext()  # it looks at every library each time


def main(folder: Path, cases: int, seed: int) -> None:
    stand_in()
    trial = Trial(folder, random.Random(seed))
    for _ in range(cases):
        first = trial.chance.randrange(1, trial.moments)
        trial.killed([first, *(trial.chance.randrange(1, trial.moments // 2) for _ in range(KILLS - 1))])
    for _ in range(cases // 2):
        trial.extracting([trial.chance.randrange(1, trial.moments // 4) for _ in range(KILLS // 2)])
    for write in trial.chance.sample(range(1, trial.writes + 1), min(cases // 2, trial.writes)):
        trial.starved(write)
    for damage in DAMAGES:
        for _ in range(cases // 4):
            trial.damaged(damage)
    outcome = {"moments": trial.moments, "writes": trial.writes, "counts": trial.counts, "wrong": trial.wrong}
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
