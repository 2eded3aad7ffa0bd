"""``ser-bench tune``."""

from __future__ import annotations

from typing import Any

import click

from ser_bench.cli.options import common_options, corpus_options, engine_option, gather
from ser_bench.core.console import Console
from ser_bench.core.options import Options


@click.command(name="tune")
@click.argument("model")
@click.option(
    "--search",
    type=click.Choice(["random", "halving"]),
    default="random",
    show_default=True,
    help="All trials on all inner folds, or ever fewer trials on ever more folds.",
)
@click.option("--trials", type=click.IntRange(1), default=20, show_default=True, help="Beside the model's defaults.")
@click.option("--inner-folds", type=click.IntRange(2), default=4, show_default=True, help="Of whole training speakers.")
@click.option("--splits", metavar="NAME", help="The outer split. [default: actor]")
@click.option("--folds", type=int, metavar="K", help="Outer folds of the split actor. [default: 6]")
@corpus_options
@click.option("--features", metavar="SET", help="One set, several joined with +, or auto. [default: auto]")
@click.option("--target", metavar="WHAT", help="emotion, gender or emotion+gender. [default: emotion]")
@click.option("--normalize", metavar="HOW", help="none, or speaker (transductive). [default: none]")
@click.option("--seed", type=int, metavar="N", help="The same seed gives the same trials. [default: 0]")
@click.option("--out", type=click.Path(), metavar="DIR", help="[default: results/<corpus>-tune-<model>]")
@click.option("--fit-timeout", type=float, metavar="SECONDS", help="End a fit that takes longer.")
@engine_option
@common_options
def command(
    model: str,
    search: str,
    trials: int,
    inner_folds: int,
    config_file: str | None,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Search MODEL's parameters inside the training speakers only, and score the search on the others.

    Leaves tuned.toml for --config, trials.csv, a table and a picture. Interrupted, the same command goes on.

    \b
    Example:
      ser-bench tune svm --corpus ravdess --data-dir ~/RAVDESS --trials 30
      ser-bench run --config results/ravdess-tune-svm/tuned.toml
    """
    from ser_bench.runs.tuning import Ask

    given["splits"] = given["splits"] or ("actor" if config_file is None else None)
    options = gather(config_file, given)
    return _tune(Ask(model, search, trials, inner_folds), options, Console(quiet=quiet, verbose=verbose))  # type: ignore[arg-type]


def _tune(ask: Any, options: Options, console: Console) -> int:
    from ser_bench import report
    from ser_bench.runs import tuning

    found = tuning.tune(ask, options, console)
    written = report.write_tuning(found)
    console.close()
    console.info("\n" + report.tuning_table(found) + "\n")
    console.info(f"tuned.toml, trials.csv, nested.csv and {', '.join(path.name for path in written)}: {found.folder}/")
    return 1 if (found.trials["status"] != "ok").any() else 0
