"""``ser-bench report``."""

from __future__ import annotations

from pathlib import Path

import click

from ser_bench.cli.console import Console


@click.command(name="report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file written.")
def command(run: Path, quiet: bool, verbose: bool) -> int:
    """Draw the tables and charts of the folder RUN again from its saved files; nothing is fitted.

    \b
    Example:
      ser-bench report results/ravdess
    """
    from ser_bench import report, results

    console = Console(quiet=quiet, verbose=verbose)
    saved = results.read_run(run)
    written = report.write_report(run)
    for path in written:
        console.detail(str(path))
    console.say(report.terminal_table(saved) + "\n")
    console.say(report.headline(saved))
    console.say(f"{len(written)} files written in {run}/")
    return 0
