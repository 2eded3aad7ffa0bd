"""``ser-bench status``."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser_bench.cli.listing import show
from ser_bench.cli.options import PATH
from ser_bench.core.pace import duration, rough_duration, share_percent
from ser_bench.core.terminal import wrapped
from ser_bench.core.text import escape_control, plural

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
    click.echo(escape_control(wrapped(_progress(status))))
    if status.fits:
        click.echo()
        _print_models(status)
    if status.state in ("interrupted", "cut off", "error"):
        click.echo("\nfinished work is kept; run the same command again to continue")
    return 0


def _progress(status: RunStatus) -> str:
    """Return one line: fits done and failed, the share of the work, time taken and left."""
    time = duration(status.seconds)
    if not status.n_planned:
        task = f": {status.task.task} {plural(status.task.count, 'clip')}" if status.task else ""
        return f"no fit started after {time}{task}"
    done = len(status.fits) + status.n_cached
    cached = f" ({status.n_cached:,} of them in earlier runs)" if status.n_cached else ""
    n_failed = sum(fit.status != "ok" for fit in status.fits)
    failed = f", {n_failed:,} failed" if n_failed else ""
    work = f", {share_percent(status.share, 1)} % of the work of this run" if status.share is not None else ""
    left = f", about {rough_duration(status.seconds_left)} left" if status.seconds_left is not None else ""
    return f"{done:,} of {status.n_planned:,} fits done{cached}{failed}{work}, {time} after the start{left}"


def _print_models(status: RunStatus) -> None:
    """Print a table of the fits by model, and the last fit."""
    done, failed = Counter[str](), Counter[str]()
    seconds: defaultdict[str, float] = defaultdict(float)
    for fit in status.fits:
        done[fit.model] += 1
        failed[fit.model] += fit.status != "ok"
        seconds[fit.model] += fit.seconds
    rows = [(model, done[model], failed[model] or "", f"{seconds[model] / done[model]:.2f} s") for model in done]
    last = status.fits[-1]
    outcome = f"{last.seconds:.2f} s" if last.status == "ok" else f"{last.status}: {last.error}"
    name = f"{last.model}, {last.split} fold {last.fold + 1}"
    show(("model", "fits in this run", "failed", "mean"), rows, f"last: {name}, {outcome}")
