"""``ser-bench report`` and ``run`` in a folder where drawing was killed, ran out of room, or a file was damaged.

As in :mod:`tests.runs.faults`, a child is forked per case. Charts and texts are placeholders, because the cases are
about writing files.

    python -m tests.runs.faults_report FOLDER CASES SEED   # prints a JSON object, as tests.runs.faults does
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from ser_bench import report
from ser_bench.cli import call
from ser_bench.cli import report as command
from ser_bench.report import latex, page, summary, terminal
from ser_bench.report.analysis import summary as analysis
from ser_bench.report.charts import registry as charts
from ser_bench.report.findings import headline as findings
from ser_bench.runs import results
from tests.runs import faults
from tests.runs.faults import DAMAGES, at_moment, fill_disk, in_child, kill_me, litter

OURS = faults.OURS | {str(module.__file__) for module in (report, charts, command)}
CHANGING = {"open", "write", "close", "flock", "fsync", "replace", "unlink", "mkdir"}
"""Most of drawing is reading and working out: a moment is between two calls that change something on the disk."""

OUTDATED = "charts/confusion_svm_actor.png"
"""A chart that an earlier run left, which drawing removes."""

NEVER_DRAWN = (
    "run.json",
    "predictions.parquet",
    "fits.csv",
    "curves.csv",
    "clips.csv",
    "audit.csv",
    "importance.csv",
    "losses.csv",
)
PASSING = ("run.log", "run.json", "report.json")
"""Files with times or with the checksum of a run; they differ between runs."""


def stand_in() -> None:
    """Have charts and texts made at once; which charts there are is found out once."""
    charts_of, names = charts.charts_of, []

    def named(run: results.SavedRun) -> dict[str, Any]:
        names[:] = names or charts_of(run)
        return {name: SimpleNamespace(draw=lambda name=name: name) for name in names}

    charts.charts_of = named
    charts.render = lambda name, kind: f"<svg>{name} as {kind}</svg>".encode()
    for module, name in ((page, "render_page"), (latex, "latex"), (summary, "markdown"), (terminal, "terminal_table")):
        message = b"a page" if module is page else f"a {name}"
        setattr(module, name, lambda *args, message=message: message)
    findings.headline = lambda run: "a headline"
    analysis.summarise = lambda run: pd.DataFrame({"message": ["a table"]})


def run_command(words: list[str]) -> dict[str, Any]:
    """Give a command; return its exit status and what it printed."""
    with contextlib.redirect_stderr(io.StringIO()) as message, contextlib.redirect_stdout(message):
        status = call(words)
    return {"status": status, "message": message.getvalue()}


def changing(frame: Any, event: str, argument: Any) -> bool:
    return frame.f_code.co_filename in OURS and event == "c_call" and argument.__name__ in CHANGING


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@dataclass
class Drawing:
    """All cases: a run drawn undisturbed to compare with, and what came of the disturbed ones."""

    folder: Path
    chance: random.Random
    counts: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        manifest = faults.make_corpus(self.folder / "clips")
        self.place, self.whole = self.folder / "case", self.folder / "whole"
        places = (f"--corpus={manifest}", f"--store={self.place / 'store'}", f"--out={self.place / 'out'}")
        self.run = ["run", "--quiet", "--features=levels", "--models=chance", "--splits=actor", "--folds=3", *places]
        self.report = ["report", "--quiet", str(self.place / "out")]
        assert run_command(self.run)["status"] == 0
        shutil.move(self.place, self.whole)
        self.expected = contents(self.whole / "out")
        self.drawn = set(self.expected) - {*NEVER_DRAWN, "run.log"}
        self.moments = self._counted(lambda: at_moment(kill_me, -1, changing))
        self.writes = self._counted(lambda: fill_disk(1 << 30))

    def _counted(self, start: Callable[[], Callable[[], int]]) -> int:
        """Return what a counter started before the command has counted at its end."""
        self._bare()
        counted = in_child(lambda: [count := start(), run_command(self.report), count()][2])
        shutil.rmtree(self.place)
        return counted

    def _bare(self) -> None:
        """Put the finished run there, not drawn yet."""
        shutil.copytree(self.whole, self.place)
        for name in self.drawn:
            (self.place / "out" / name).unlink()

    def _outdated(self) -> None:
        """Put the finished run there, with an earlier report."""
        self._bare()
        for name in (*self.drawn, OUTDATED):
            (self.place / "out" / name).write_bytes(b"old")

    def disturbed(self, kind: str, case: str, disturb: Callable[[], Any]) -> None:
        """Draw under a disturbance, perhaps over an earlier report, then undisturbed; no file is ever half written."""
        self.chance.choice((self._bare, self._outdated))()
        came = in_child(lambda: [disturb(), run_command(self.report)][1])
        full = came.get("status") == 2 and "No space left" in came["message"]
        if came != {"signal": 9} and not full:
            self.wrong.append(f"{case}: {came}")
        for name, now in contents(self.place / "out").items():
            if not name.rpartition("/")[2].startswith(".") and now not in (self.expected.get(name), b"old"):
                self.wrong.append(f"{case}: {name} is half written")
        self.counts[kind] += 1
        self._again(case, self.report)
        self._end(case)

    def damaged(self, damage: str) -> None:
        """Damage a file: of the report, either command redraws it; of the run, ``report`` refuses and ``run`` mends."""
        shutil.copytree(self.whole, self.place)
        name = self.chance.choice(sorted(set(self.expected) - {"run.log"}))
        path = self.place / "out" / name
        path.write_bytes(DAMAGES[damage](path.read_bytes(), self.chance))
        case = f"{damage} {name}"
        if name in NEVER_DRAWN:
            before = contents(self.place / "out")
            came = in_child(lambda: run_command(self.report))
            if came.get("status") != 2 or name not in came["message"] or contents(self.place / "out") != before:
                self.wrong.append(f"{case}: a report was drawn, or the file not named: {came}")
        self._again(case, self.run if name in NEVER_DRAWN else self.chance.choice((self.run, self.report)))
        self.counts[damage] += 1
        self._end(case)

    def _again(self, case: str, words: list[str]) -> None:
        came = in_child(lambda: run_command(words))
        if came.get("status") != 0:
            self.wrong.append(f"{case}: {words[0]} afterwards fails: {came}")

    def _end(self, case: str) -> None:
        """See that all is as if nothing had happened, and clear the place."""
        actual = contents(self.place / "out")
        if not report.is_current(self.place / "out"):
            self.wrong.append(f"{case}: the report is not that of the run")
        for name in sorted(actual.keys() ^ self.expected.keys()):
            self.wrong.append(f"{case}: {name} is missing or too much")
        for name in sorted(actual.keys() & self.expected.keys() - {*PASSING}):
            self.wrong += [] if actual[name] == self.expected[name] else [f"{case}: {name} has other bytes"]
        self.wrong += [f"{case}: left behind: {name}" for name in litter(self.place)]
        shutil.rmtree(self.place)


def main(folder: Path, cases: int, seed: int) -> None:
    faults.stand_in()
    stand_in()
    trial = Drawing(folder, random.Random(seed))
    for moment in trial.chance.choices(range(1, trial.moments), k=cases):
        trial.disturbed("kill", f"killed at {moment}", lambda at=moment: at_moment(kill_me, at, changing))
    for write in trial.chance.sample(range(1, trial.writes + 1), min(cases // 2, trial.writes)):
        trial.disturbed("full disk", f"full disk at {write}", lambda at=write: fill_disk(at))
    for damage in DAMAGES:
        for _ in range(cases // 4):
            trial.damaged(damage)
    message = {"moments": trial.moments, "writes": trial.writes, "counts": trial.counts, "wrong": trial.wrong}
    print(json.dumps(message))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
