"""``ser-bench run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ser_bench.cli.options import common_options, corpus_options, gather, open_option, options_from
from ser_bench.cli.outcome import print_outcome
from ser_bench.core.console import Console
from ser_bench.core.errors import RunError
from ser_bench.core.options import Options
from ser_bench.core.text import plural

if TYPE_CHECKING:
    from ser_bench.runs.runner import RunOutcome


@click.command(name="run")
@options_from("models", "splits", "folds", "repeats", "conditions")
@corpus_options
@options_from("features", "target", "normalize", "effort", "seed", "out", "engine", "fit_timeout", "fresh")
@open_option
@common_options
def command(open_page: bool, config_file: str | None, quiet: bool, verbose: bool, **values: Any) -> int:
    """Fit every model under every split and write tables, charts and a report page into a folder.

    \b
    Examples:
      ser-bench run --models all
      ser-bench run --corpus my/manifest.csv --models svm,forest,cnn1d --splits actor,random
      ser-bench run --models lda,svm --conditions phone,noise,room-0.6
      ser-bench run --config quick --open
    """
    return _run(gather(config_file, values), Console(quiet=quiet, verbose=verbose), open_page=open_page)


def _run(options: Options, console: Console, *, open_page: bool) -> int:
    """Run the benchmark and draw its report, unless both are up to date."""
    from ser_bench.runs import runner

    with runner.locked_run(options, console) as outcome:
        from ser_bench import report

        try:
            saved = outcome.saved
            if not (outcome.unchanged and report.is_current(outcome.folder)):
                report.write_report(saved, audio=report.synthetic_audio_folder(saved, options.data_dir))
        except OSError as error:
            raise RunError(f"cannot write the report into {outcome.folder}: {error.strerror or error}") from None
    console.close()
    work = f"{_work_done(outcome)}\ncharts and tables: {outcome.folder}/ (summary.md, charts/)"
    console.info("")
    print_outcome(saved, work, console, open_page=open_page)
    return 1 if outcome.work.failed else 0


def _work_done(outcome: RunOutcome) -> str:
    """Return how many fits were computed and how long they took."""
    from ser_bench.report.descriptions import work_seconds

    work = outcome.work
    total = f"; all fits of the run: {work_seconds(outcome.saved.info.work)}" if work.reused else ""
    if not work.computed:
        return f"{plural(work.reused, 'fit')} from the cache, 0 computed{total}"
    share = f", {100 * work.fit_share:.0f} % of it inside fit and predict" if work.fit_share is not None else ""
    reused = f" ({work.reused} more from the cache)" if work.reused else ""
    workers = "1 worker's" if work.jobs == 1 else f"{work.jobs} workers'"
    failed = f", {outcome.work.failed} failed" if outcome.work.failed else ""
    return (
        f"{plural(work.computed, 'fit')} in {work.wall_seconds:.0f} s{reused}{failed}; "
        f"{workers} time: {work.worker_seconds:.0f} s{share}{total}"
    )
