"""A tiny run that is killed, starved of room or fed damaged files at any moment; ``tests/test_faults.py`` drives it.

One process loads everything and forks a child per case, so that a run takes hundredths of a second. In a child the
tasks of workers are carried out in the process itself: a kill strikes between any two steps of either.

    python -m tests.faults FOLDER CASES SEED   # prints a JSON object: how many of each kind, and what went wrong
"""

from __future__ import annotations

import errno
import io
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile

from ser_bench import extraction, features, models, results, runner
from ser_bench.config import Options
from ser_bench.engine import Outcome
from ser_bench.errors import SerBenchError
from ser_bench.features.base import FeatureSet
from ser_bench.fits import FitStore
from ser_bench.store import FeatureStore
from ser_bench.watch import Silent

CLIPS = 12
LEVELS = FeatureSet(
    name="levels",
    kind="vector",
    summary="",
    source="",
    columns=("mean", "deviation", "peak"),
    compute=lambda analysis: np.array([f(analysis.y) for f in (np.mean, np.std, np.max)], np.float32),
)
OURS = {"paths.py", "locks.py", "quarantine.py", "shards.py", "store.py", "fits.py", "index.py", "results.py"}
OURS |= {"runner.py", "extraction.py", "batches.py", "matrices.py", "pathlib.py", "zipfile.py", "tempfile.py"}
"""Where files are written and what calls that: a kill between two calls that these make is a moment."""


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


class Listener(Silent):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def here(function: Callable, tasks: Iterable, **ignored: Any) -> Iterator[Outcome]:
    """Carry tasks out in this process."""
    for key, argument in tasks:
        yield Outcome(key, function(argument))


def go(manifest: Path, place: Path) -> dict[str, Any]:
    """Run; return how many clips and fits were computed, and the warnings."""
    listener, computed = Listener(), []
    options = Options(
        corpus=str(manifest),
        features="levels",
        models=("chance",),
        splits=("actor", "random"),
        folds=3,
        store=place / "store",
        out=place / "out",
    )

    def counted(*given: Any, **named: Any) -> Any:
        done = extraction.extract(*given, **named)
        computed.append(done.computed)
        return done

    runner.extract = counted
    outcome = runner.run(options, listener)
    return {"clips": computed[0], "fits": outcome.work["computed"], "warnings": listener.warnings}


def done(place: Path) -> tuple[int, int]:
    """Return how many clips and fits a store holds, whole."""
    store, fits = FeatureStore(place / "store"), FitStore(place / "store")
    if not store.folder.exists():
        return 0, 0
    whole = len(store.keys(LEVELS) & set(store.facts()))
    return whole, len(list(fits.folder.glob("*/*.npz")))


def litter(place: Path) -> list[str]:
    """Return what no finished run may leave."""
    return [p.name for p in place.rglob(".*") if p.name.endswith(".tmp") or p.name.startswith((".scratch", ".lock"))]


def in_child(function: Callable[[], Any]) -> Any:
    """Call a function in a forked child; return what it returns, or the signal that killed it."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            said = json.dumps(function())
        except BaseException as error:
            said = json.dumps({"error": type(error).__name__, "said": str(error)[:500]})
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as opened:
        said = opened.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said else {"signal": os.WTERMSIG(status)}


def at_moment(strike: Callable[[], None], moment: int) -> Callable[[], int]:
    """Call ``strike`` at a moment counted in calls made by :data:`OURS`; return what tells how many were made."""
    seen = 0

    def watch(frame: Any, event: str, argument: Any) -> None:
        nonlocal seen
        if event in ("call", "c_call") and os.path.basename(frame.f_code.co_filename) in OURS:  # noqa: PTH119
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
        def instead(*given: Any, **named: Any) -> Any:
            nonlocal seen
            if asks(*given, **named):
                seen += 1
                if seen >= at:
                    raise OSError(errno.ENOSPC, "No space left on device", str(given[0]))
            return call(*given, **named)

        return instead

    def writes(path: Any, mode: str = "r", *rest: Any, **named: Any) -> bool:
        return "w" in mode and "+" not in mode

    for name in ("fsync", "mkdir", "replace"):
        setattr(os, name, starved(getattr(os, name), lambda *given, **named: True))
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
        self.moments = in_child(lambda: self._counting(at_moment(kill_me, -1)))
        shutil.rmtree(self.whole)
        self.writes = in_child(lambda: self._counting(fill_disk(1 << 30)))
        self.expected = results.read_run(self.whole / "out").predictions
        self.all_fits = done(self.whole)[1]

    def _counting(self, count: Callable[[], int]) -> int:
        go(self.manifest, self.whole)
        return count()

    def check(self, case: str, place: Path, clips: int | None = None, fits: int | None = None) -> dict[str, Any]:
        """Run again, under a clock that has jumped, and see that all is as if nothing had happened."""
        jump = self.chance.choice((0, 0, -400, 400)) * 86400

        def again() -> dict[str, Any]:
            now, now_ns = time.time, time.time_ns
            time.time, time.time_ns = lambda: now() + jump, lambda: now_ns() + jump * 10**9
            return go(self.manifest, place)

        told = in_child(again)
        faults = [f"the run fails: {told}"] if "fits" not in told else []
        if not faults:
            same = results.read_run(place / "out").predictions.equals(self.expected)
            faults += [] if same else ["other predictions"]
            faults += [f"left behind: {name}" for name in litter(place)]
            for what, expected in (("clips", clips), ("fits", fits)):
                if expected is not None and told[what] != expected:
                    faults.append(f"{told[what]} {what} were computed, not {expected}")
        self.wrong += [f"{case}: {fault}" for fault in faults]
        return told

    def interrupted(self, kind: str, moment: int, disturb: Callable[[int], Any]) -> None:
        """Disturb a run at a moment; the same run then redoes what was in flight and no more."""
        case, place = f"{kind} at {moment}", self.folder / "case"
        told = in_child(lambda: [disturb(moment), go(self.manifest, place)][1])
        if kind == "full disk" and not (told.get("error") == "OSError" or "No space left" in told.get("said", "")):
            self.wrong.append(f"{case}: {told}")
        clips, fits = done(place)
        there = results.is_finished(place / "out", json.loads(self._info())["identity"])
        self.check(case, place, CLIPS - clips, 0 if there else self.all_fits - fits)
        self.counts[kind] += 1
        shutil.rmtree(place, ignore_errors=True)

    def _info(self) -> bytes:
        return (self.whole / "out" / "run.json").read_bytes()

    def damaged(self, how: str) -> None:
        """Damage a file of a store or a finished run; the same run mends it."""
        place = self.folder / "case"
        shutil.copytree(self.whole, place)
        files = sorted(p for p in place.rglob("*") if p.is_file() and p.name not in ("CACHEDIR.TAG", "set.json"))
        path = self.chance.choice(files)
        content = path.read_bytes()
        path.write_bytes(DAMAGES[how](content, self.chance))
        if path.suffix == ".npz":
            (place / "out" / "run.json").unlink()  # a finished run does not look at its fits
        told = self.check(f"{how} {path.relative_to(place)}", place)
        moved = len(list((place / "store" / "quarantine").glob("*")))
        if moved != len(told.get("warnings", [])):
            self.wrong.append(f"{how} {path.relative_to(place)}: {moved} moved aside, told {told}")
        self.counts[how] += 1
        shutil.rmtree(place)


def main(folder: Path, cases: int, seed: int) -> None:
    features.FEATURE_SETS["levels"] = LEVELS
    models.MODELS = {name: models.MODELS[name] for name in ("chance", "majority")}
    extraction.run_tasks = runner.run_tasks = here
    trial = Trial(folder, random.Random(seed))
    for moment in sorted(trial.chance.sample(range(1, trial.moments), min(cases, trial.moments - 1))):
        trial.interrupted("kill", moment, lambda at: at_moment(kill_me, at))
    for moment in sorted(trial.chance.sample(range(1, trial.writes + 1), min(cases // 4, trial.writes))):
        trial.interrupted("full disk", moment, fill_disk)
    for how in DAMAGES:
        for _ in range(cases // 8):
            trial.damaged(how)
    told = {"moments": trial.moments, "writes": trial.writes, "counts": trial.counts, "wrong": trial.wrong}
    print(json.dumps(told))


if __name__ == "__main__":
    import sklearn.dummy

    assert pd and sklearn.dummy and SerBenchError
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
