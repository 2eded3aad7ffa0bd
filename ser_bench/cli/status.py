"""``ser-bench status``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser_bench.cli.listing import show
from ser_bench.cli.options import PATH
from ser_bench.core.text import escape_control

if TYPE_CHECKING:
    from ser_bench.runs.log import RunStatus

_STATES = {
    "running": "running",
    "finished": "finished",
    "interrupted": "stopped by Ctrl-C",
    "error": "stopped by an error",
    "cut off": "stopped: its process has exited",
}


@click.command(name="status")
@click.argument("run", type=PATH)
def command(run: Path) -> int:
    """Show the progress of the run in the folder RUN, also while it is running; its log is RUN/run.log.

    \b
    Example:
      ser-bench status results/ravdess
    """
    from ser_bench.runs.log import read_status

    status = read_status(run)
    first_line = status.detail.partition("\n")[0]  # the second line of an error is repeated below
    detail = f" ({first_line})" if first_line else ""
    click.echo(escape_control(f"{run}: {_STATES.get(status.state, status.state)}{detail}"))
    click.echo(escape_control(_progress(status)))
    if status.ended:
        click.echo()
        _print_models(status)
    if status.state in ("interrupted", "cut off", "error"):
        click.echo("\nfinished work is kept; run the same command again to continue")
    return 0


def _progress(status: RunStatus) -> str:
    """Return one line: fits done and failed, time taken and left."""
    if not status.fits:
        started = [event for event in status.lines if event["event"] == "began"]
        task = f": {started[-1]['what']} {started[-1]['count']:,} clips" if started else ""
        return f"no fit started after {_duration(status.since)}{task}"
    done = len(status.ended) + status.before
    before = f", {status.before:,} of them before this run" if status.before else ""
    n_failed = sum(event["status"] != "ok" for event in status.ended)
    failed = f", {n_failed:,} failed" if n_failed else ""
    left = f", about {_duration(status.left)} left" if status.left is not None else ""
    return f"{done:,} of {status.fits:,} fits done{before}{failed} after {_duration(status.since)}{left}"


def _print_models(status: RunStatus) -> None:
    """Print a table of the fits by model, and the last fit."""
    done, failed, seconds = Counter[str](), Counter[str](), Counter[str]()
    for event in status.ended:
        done[event["model"]] += 1
        failed[event["model"]] += event["status"] != "ok"
        seconds[event["model"]] += event.get("seconds", 0.0)
    rows = [(model, done[model], failed[model] or "", f"{seconds[model] / done[model]:.2f} s") for model in done]
    last = status.ended[-1]
    ok = last["status"] == "ok"
    outcome = f"{last['seconds']:.2f} s" if ok else f"{last['status']}: {last.get('error', '')}"
    fit = f"{last['model']}, {last['split']} fold {last['fold'] + 1}"
    show(("model", "fits in this run", "failed", "mean"), rows, f"last: {fit}, {outcome}")


def _duration(seconds: float) -> str:
    """Return a duration in hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
