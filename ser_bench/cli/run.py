"""``ser-bench run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ser_bench.cli.options import common_options, corpus_options, engine_option, gather
from ser_bench.core.console import Console
from ser_bench.core.errors import RunError
from ser_bench.core.options import Options

if TYPE_CHECKING:
    from ser_bench.runs.runner import RunOutcome


@click.command(name="run")
@click.option(
    "--models",
    metavar="all|NAME,…",
    help="Classifiers to compare; the baselines are always shown. [default: all]",
)
@click.option("--splits", metavar="NAME,…", help="[default: actor,random]")
@click.option("--folds", type=int, metavar="K", help="Folds of the splits actor and random. [default: 6]")
@click.option("--repeats", type=int, metavar="N", help="Repeat with other seeds and random folds. [default: 1]")
@corpus_options
@click.option(
    "--features",
    metavar="SET",
    help="One set, several joined with +, or auto: each model's own. [default: auto]",
)
@click.option("--target", metavar="WHAT", help="emotion, gender or emotion+gender. [default: emotion]")
@click.option(
    "--normalize",
    metavar="HOW",
    help="none, or speaker: standardise each speaker by all of the speaker's unlabelled clips (transductive). "
    "[default: none]",
)
@click.option("--seed", type=int, metavar="N", help="The same seed gives the same predictions. [default: 0]")
@click.option("--out", type=click.Path(), metavar="DIR", help="The run's folder. [default: results/<corpus>]")
@engine_option
@click.option("--fit-timeout", type=float, metavar="SECONDS", help="End a fit that takes longer.")
@click.option("--fresh", is_flag=True, default=None, help="Fit again what was already done.")
@common_options
def command(config_file: str | None, quiet: bool, verbose: bool, **given: Any) -> int:
    """Fit every model under every split and leave tables and charts in a folder.

    \b
    Examples:
      ser-bench run --models all
      ser-bench run --corpus my/manifest.csv --models svm,forest,cnn1d --splits actor,random
      ser-bench run --config quick
    """
    options = gather(config_file, given)
    return _run(options, Console(quiet=quiet, verbose=verbose))


def _run(options: Options, console: Console) -> int:
    from ser_bench.runs import runner

    with runner.running(options, console) as outcome:
        from ser_bench import report
        from ser_bench.runs import results

        try:
            saved = results.read_run(outcome.folder)
            if not (outcome.unchanged and report.is_current(outcome.folder)):
                report.write_report(saved, audio=report.synthetic_audio_folder(saved, options.data_dir))
        except OSError as error:
            raise RunError(f"cannot write the report into {outcome.folder}: {error.strerror or error}") from None
    console.close()
    console.info("\n" + report.terminal_table(saved) + "\n")
    console.info(report.headline(saved))
    console.info(_work(outcome))
    console.info(f"charts and tables: {outcome.folder}/ (report.html, summary.md, charts/)")
    return 1 if outcome.failed else 0


def _work(outcome: RunOutcome) -> str:
    work = outcome.work
    if not work.computed:
        return f"{work.reused} fits were done already, none was computed"
    share = f", {100 * work.fit_share:.0f} % of it inside fit and predict" if work.fit_share is not None else ""
    again = f" ({work.reused} were done already)" if work.reused else ""
    failed = f", {outcome.failed} failed" if outcome.failed else ""
    return (
        f"{work.computed} fits in {work.wall_seconds:.0f} s{again}{failed}; "
        f"{work.jobs} workers' time: {work.worker_seconds:.0f} s{share}"
    )
