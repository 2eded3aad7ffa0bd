"""``ser-bench tune``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ser_bench.cli.options import common_options, corpus_options, gather, option, options_from
from ser_bench.core.console import Console
from ser_bench.core.options import Options
from ser_bench.core.terminal import terminal_width

if TYPE_CHECKING:
    from ser_bench.runs.tuning import SearchSettings


@click.command(name="tune")
@click.argument("model")
@click.option(
    "--search",
    type=click.Choice(["random", "halving"]),
    default="random",
    show_default=True,
    help="random: every trial on every inner fold. halving: fewer and fewer trials on more and more inner folds.",
)
@click.option("--trials", type=click.IntRange(1), default=20, show_default=True, help="Trials besides the defaults.")
@click.option(
    "--inner-folds",
    type=click.IntRange(2),
    help="Inner folds; each holds out whole training speakers. [default: 4, fewer where there are fewer speakers]",
)
@option("splits", help="The outer split.", default="actor")
@option("folds", help="Outer folds of the split actor.")
@corpus_options
@options_from("features", "target", "normalize", "effort", "seed")
@option("out", default="results/<corpus>-tune-<model>")
@options_from("fit_timeout", "engine")
@common_options
def command(
    model: str,
    search: str,
    trials: int,
    inner_folds: int | None,
    config_file: str | None,
    quiet: bool,
    verbose: bool,
    **values: Any,
) -> int:
    """Search MODEL's parameters on the training speakers only, and score the search on the held-out speakers.

    Writes tuned.toml for --config, trials.csv, a table and a chart. tuned.toml has the options of the search, too.
    After an interruption, run the same command again.

    \b
    Examples:
      ser-bench tune svm --corpus ravdess --data-dir ~/RAVDESS --trials 30
      ser-bench run --config results/ravdess-tune-svm/tuned.toml --data-dir ~/RAVDESS
    """
    from ser_bench.runs.tuning import SearchSettings

    values["splits"] = values["splits"] or ("actor" if config_file is None else None)
    options = gather(config_file, values)
    return _tune(SearchSettings(model, search, trials, inner_folds), options, Console(quiet=quiet, verbose=verbose))  # type: ignore[arg-type]


def _tune(search: SearchSettings, options: Options, console: Console) -> int:
    """Search, write the results and print them."""
    from ser_bench import report
    from ser_bench.runs import tuning

    tuned = tuning.tune(search, options, console)
    written = report.write_tuning(tuned)
    console.close()
    console.info("\n" + report.tuning_table(tuned, terminal_width()) + "\n")
    names = ("tuned.toml", "trials.csv", "nested.csv", "search.json", *(path.name for path in written))
    console.info(f"{', '.join(names)}: {tuned.folder}/")
    return 1 if (tuned.trials["status"] != "ok").any() else 0
