"""``ser-bench status``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser_bench.cli.listing import show
from ser_bench.core.text import escape_control

if TYPE_CHECKING:
    from ser_bench.runs.log import RunStatus

_STATES = {
    "running": "running",
    "finished": "finished",
    "interrupted": "stopped by Ctrl-C",
    "error": "ended with an error",
    "cut off": "cut off: its process is gone",
}


@click.command(name="status")
@click.argument("run", type=click.Path(path_type=Path))
def command(run: Path) -> int:
    """Tell how far the run in the folder RUN is, also while it goes; its log is RUN/run.log.

    \b
    Example:
      ser-bench status results/ravdess
    """
    from ser_bench.runs.log import read_status

    found = read_status(run)
    first = found.detail.partition("\n")[0]  # an error's second line says how to go on, which is said below
    detail = f" ({first})" if first else ""
    click.echo(escape_control(f"{run}: {_STATES.get(found.state, found.state)}{detail}"))
    click.echo(escape_control(_sentence(found)))
    if found.ended:
        click.echo()
        _table(found)
    if found.state in ("interrupted", "cut off", "error"):
        click.echo("\nwhat is done is kept; the same command goes on from there")
    return 0


def _sentence(found: RunStatus) -> str:
    if not found.fits:
        began = [line for line in found.lines if line["event"] == "began"]
        doing = f": {began[-1]['what']} {began[-1]['count']:,} clips" if began else ""
        return f"no fit was begun after {_duration(found.since)}{doing}"
    done = len(found.ended) + found.before
    before = f", {found.before:,} of them before this run" if found.before else ""
    failed = sum(line["status"] != "ok" for line in found.ended)
    wrong = f", {failed:,} failed" if failed else ""
    left = f", about {_duration(found.left)} left" if found.left is not None else ""
    return f"{done:,} of {found.fits:,} fits done{before}{wrong} after {_duration(found.since)}{left}"


def _table(found: RunStatus) -> int:
    done, wrong, seconds = Counter[str](), Counter[str](), Counter[str]()
    for line in found.ended:
        done[line["model"]] += 1
        wrong[line["model"]] += line["status"] != "ok"
        seconds[line["model"]] += line.get("seconds", 0.0)
    rows = [(model, done[model], wrong[model] or "", f"{seconds[model] / done[model]:.2f} s") for model in done]
    last = found.ended[-1]
    how = f"{last['seconds']:.2f} s" if last["status"] == "ok" else f"{last['status']}: {last.get('error', '')}"
    place = f"{last['model']}, {last['split']} fold {last['fold'] + 1}"
    return show(("model", "fits in this run", "failed", "mean"), rows, f"last: {place}, {how}")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
