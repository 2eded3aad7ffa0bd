"""``ser-bench report``."""

from __future__ import annotations

from pathlib import Path

import click

from ser_bench.cli.options import EXISTING_FOLDER, PATH, load_plugin, open_option, option
from ser_bench.cli.outcome import print_outcome
from ser_bench.core.console import Console


@click.command(name="report")
@click.argument("run", type=PATH)
@click.option(
    "--audio",
    type=EXISTING_FOLDER,
    metavar="DIR",
    help="The folder of the corpus: the page then contains the clips with the highest loss, to listen to. Check the "
    "licence of the corpus before you share the page. [default: synthetic corpora only]",
)
@open_option
@option("plugin", help="Register your own metrics and charts.")
@click.option("-q", "--quiet", is_flag=True, help="Print warnings and errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Name every file written.")
def command(run: Path, audio: Path | None, open_page: bool, plugin: Path | None, quiet: bool, verbose: bool) -> int:
    """Draw the tables, charts and page of the run folder RUN again from its saved files; nothing is fitted.

    \b
    Examples:
      ser-bench report results/ravdess --open
      ser-bench report results/ravdess --audio data/ravdess
    """
    from ser_bench import report
    from ser_bench.runs import results

    load_plugin(plugin)
    console = Console(quiet=quiet, verbose=verbose)
    results.read_info(run)  # an error for a folder without a run, before its lock file is created
    with results.locked_folder(run):
        saved = results.read_run(run)
        written = report.write_report(saved, audio=audio or report.synthetic_audio_folder(saved))
    for path in written:
        console.detail(str(path))
    work = f"{len(written)} files written in {run}/ (report.html, summary.md, charts/)"
    print_outcome(saved, work, console, open_page=open_page)
    return 0
