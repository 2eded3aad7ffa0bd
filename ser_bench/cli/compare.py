"""``ser-bench compare``."""

from __future__ import annotations

from pathlib import Path

import click

from ser_bench.cli.options import PATH
from ser_bench.core.console import Console
from ser_bench.core.terminal import terminal_width


@click.command(name="compare")
@click.argument("runs", metavar="RUN RUN…", nargs=-1, required=True, type=PATH)
@click.option("--split", metavar="NAME", help="The split to compare. [default: one with new speakers]")
@click.option(
    "--out",
    type=PATH,
    default=Path("results", "comparison"),
    show_default=True,
    metavar="DIR",
    help="The folder for comparison.csv, comparison.md and charts.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print warnings and errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file written.")
def command(runs: tuple[Path, ...], split: str | None, out: Path, quiet: bool, verbose: bool) -> int:
    """Compare several runs: a table, a chart, and paired tests against the first run if they share clips.

    \b
    Example:
      ser-bench compare results/ravdess results/ravdess-normalised
    """
    from ser_bench.report import write_comparison
    from ser_bench.report.analysis.compared_runs import read_runs
    from ser_bench.report.compare import as_text

    console = Console(quiet=quiet, verbose=verbose)
    compared = read_runs(runs, split)
    written = write_comparison(compared, out)
    for path in written:
        console.detail(str(path))
    console.info(as_text(compared, terminal_width()))
    console.info(f"\n{len(written)} files written in {out}/")
    return 0
