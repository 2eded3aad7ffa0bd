"""The log of a run: events are appended as they happen, and ``status`` reads them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from ser_bench.cli import call
from ser_bench.core.errors import RunError
from ser_bench.core.progress import NoProgress
from ser_bench.runs.log import FILE, RunLog, read_status


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / FILE).read_text().splitlines()]


def fit(run_log: RunLog, number: int, status: str = "ok", **facts) -> None:
    name = {"model": "svm", "split": "actor", "repeat": 0, "fold": number}
    run_log.event("fit", **name, status=status, cost=1.0, **({"seconds": 0.5} if status == "ok" else {}), **facts)


def test_messages_are_logged_and_passed_on(tmp_path):
    heard = []

    class Ear(NoProgress):
        def info(self, text: str) -> None:
            heard.append(text)

        def warning(self, text: str) -> None:
            heard.append(text)

    with RunLog(tmp_path, Ear()) as run_log:
        run_log.info("corpus tiny")
        run_log.warning("a clip is bad")
        run_log.start(3, "fitting", "fit", 3)(1)
    assert heard == ["corpus tiny", "a clip is bad"]
    assert [line["event"] for line in lines(tmp_path)] == ["started", "info", "warning", "task", "ended"]


def test_a_running_process_is_reported(tmp_path):
    with RunLog(tmp_path, NoProgress()) as run_log:
        run_log.event("planned", fits=4, cached=1, cost=3.0, jobs=1)
        fit(run_log, 0)
        start = datetime.fromisoformat(next(x for x in lines(tmp_path) if x["event"] == "planned")["time"]).timestamp()
        status = read_status(tmp_path, now=start + 10)
        assert (status.state, status.detail, status.n_planned, status.n_cached) == (
            "running",
            f"process {os.getpid()}",
            4,
            1,
        )
        assert status.seconds_left == pytest.approx(20)
        assert status.share == pytest.approx(1 / 3)
    assert read_status(tmp_path).state == "finished"


@pytest.mark.parametrize(("error", "state"), [(KeyboardInterrupt(), "interrupted"), (RunError("no room"), "error")])
def test_the_end_of_a_run_is_reported(tmp_path, error, state):
    with pytest.raises(type(error)), RunLog(tmp_path, NoProgress()):
        raise error
    assert read_status(tmp_path).state == state


def test_a_killed_run_is_cut_off_even_if_another_process_has_its_number(tmp_path):
    code = f"""
import os, signal
from pathlib import Path
from ser_bench.runs.log import RunLog
from ser_bench.core.progress import NoProgress
RunLog(Path({str(tmp_path)!r}), NoProgress()).__enter__()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert read_status(tmp_path).state == "cut off"
    line = lines(tmp_path)[0] | {"pid": os.getpid()}
    (tmp_path / FILE).write_text(json.dumps(line) + "\n")
    assert read_status(tmp_path).state == "cut off"


def test_only_the_last_run_counts_and_a_cut_off_line_is_skipped(tmp_path):
    with RunLog(tmp_path, NoProgress()) as run_log:
        fit(run_log, 0)
    with RunLog(tmp_path, NoProgress()) as run_log:
        fit(run_log, 1)
        fit(run_log, 2, "failed", error="ValueError: on purpose")
    with (tmp_path / FILE).open("a") as opened:
        opened.write('{"time": "2026-')
    assert [fit.fold for fit in read_status(tmp_path).fits] == [1, 2]


def test_a_log_that_cannot_be_written_does_not_stop_the_run(tmp_path):
    (tmp_path / FILE).mkdir()
    with RunLog(tmp_path, NoProgress()) as run_log:
        run_log.info("on")


def test_a_missing_log_is_an_error(tmp_path, capsys):
    assert call(["status", str(tmp_path)]) == 2
    assert "no run.log in" in capsys.readouterr().err
    (tmp_path / FILE).write_text("nonsense\n")
    with pytest.raises(RunError, match="is not the log of a run"):
        read_status(tmp_path)


def test_status_fits_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    with RunLog(tmp_path, NoProgress()) as run_log:
        run_log.event("planned", fits=8, cached=2, cost=6.0, jobs=1)
        fit(run_log, 0)
        fit(run_log, 1, "failed", error="ValueError: a long reason " * 9)
    assert call(["status", str(tmp_path)]) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines() if "/" not in line) <= 60


def test_status_shows_finished_and_failed_fits_and_how_to_continue(tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt), RunLog(tmp_path, NoProgress()) as run_log:
        run_log.event("planned", fits=8, cached=2, cost=6.0, jobs=1)
        fit(run_log, 0)
        fit(run_log, 1, "failed", error="ValueError: on purpose")
        raise KeyboardInterrupt
    assert call(["status", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "stopped by Ctrl-C" in out
    assert "4 of 8 fits done (2 of them in earlier runs), 1 failed, 33 % of the work of this run, " in out
    assert "last: svm, actor fold 2, failed: ValueError: on purpose" in out
    assert "run the same command again to continue" in out


def test_status_shows_only_the_first_line_of_an_error(tmp_path, capsys):
    with pytest.raises(RunError), RunLog(tmp_path, NoProgress()):
        raise RunError("no room\nmake some")
    assert call(["status", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "stopped by an error (RunError: no room)\n" in out
    assert "make some" not in out


@pytest.mark.parametrize(
    "line",
    [
        "[" * 3000,
        '{"time": "2026-01-01T00:00:00+00:00", "event": "planned", "fits": "many", "cost": 1}',
        '{"time": "2026-01-01T00:00:00+00:00", "event": "fit", "cost": NaN}',
        '{"time": "2026-01-01T00:00:00+00:00", "event": "fit", "status": "ok", "fold": 0, "model": "a"}',
        '{"time": "2026-01-01T00:00:00+00:00", "event": "task", "task": "x", "count": "y"}',
        '{"time": "2026-01-01T00:00:00+00:00", "event": ["fit"]}',
        '{"time": 5, "event": "fit"}',
        "5",
    ],
)
def test_an_invalid_line_is_skipped(tmp_path, line, capsys):
    with RunLog(tmp_path, NoProgress()):
        pass
    with (tmp_path / FILE).open("a") as log:
        log.write(line + "\n")
    assert call(["status", str(tmp_path)]) == 0
    assert read_status(tmp_path).state == "finished"


def test_an_impossible_process_number_means_cut_off(tmp_path):
    line = {"time": "2026-01-01T00:00:00+00:00", "event": "started", "host": platform.node(), "process_start": 1.0}
    for number in (-5, 10**30):
        (tmp_path / FILE).write_text(json.dumps(line | {"pid": number}) + "\n")
        assert read_status(tmp_path).state == "cut off"


def test_control_characters_in_a_log_are_escaped(tmp_path, capsys):
    with RunLog(tmp_path, NoProgress()) as run_log:
        fit(run_log, 0, status="\x1b[2J", error="\x1b]0;x\x07")
        run_log.event("ended", outcome="\u202e", error="\x9b")
    log = (tmp_path / FILE).read_text().replace('"outcome": "finished"', '"outcome": "error", "error": "\\u001b[1m"')
    (tmp_path / FILE).write_text(log.replace('"model": "svm"', '"model": "\\u001b[2J"'))
    assert call(["status", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "x1b[2J" in output
    assert output.replace("\n", "").isprintable()


@pytest.mark.parametrize("changes", [{"model": ["svm"]}, {"status": {}}, {"cost": 1e308}, {"cost": 5e-324}])
def test_invalid_values_of_a_fit_raise_no_error(tmp_path, changes, capsys):
    with RunLog(tmp_path, NoProgress()) as log:
        log.event("planned", fits=3, cached=0, cost=1e99)
        fit = {"model": "svm", "split": "actor", "fold": 0, "status": "ok", "seconds": 1.0, "cost": 1.0}
        log.event("fit", **fit | changes)
        log.event("fit", **fit | changes)
        assert call(["status", str(tmp_path)]) == 0
    assert "3 fits" in capsys.readouterr().out
