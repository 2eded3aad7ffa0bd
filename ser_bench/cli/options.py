"""The options that mean the same in every command, as decorators, and their way into a configuration."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from ser_bench.core import options as config

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_PATH = click.Path(path_type=Path)


def _stack(*decorators: Decorator) -> Decorator:
    return lambda function: reduce(lambda f, decorate: decorate(f), reversed(decorators), function)


corpus_options = _stack(
    click.option(
        "--corpus",
        metavar="NAME",
        help="A known corpus, or the path of a CSV manifest with the columns path,speaker,emotion; several, joined "
        "by commas, are pooled on the emotions they share. [default: ravdess where its clips are found, else demo]",
    ),
    click.option(
        "--data-dir",
        type=_PATH,
        metavar="DIR",
        help="Where the corpus lies; of several, one folder each, joined by commas, or one that holds them all by "
        "name. [default: $SER_BENCH_DATA/NAME, ./data/NAME, the user's cache folder]",
    ),
    click.option("--part", type=click.Choice(["speech", "song", "all"]), help="Of a corpus that has both."),
    click.option("--emotions", metavar="A,B,…", help="Keep only these emotions."),
    click.option(
        "--sample-rate",
        type=int,
        metavar="HZ",
        help="Bring every clip to this rate before any feature sees it. [default: the clips' own; of several corpora "
        "the lowest among them]",
    ),
)

engine_option = click.option(
    "--engine",
    metavar="WHERE",
    help="local, or the workers of a Dask scheduler: dask://HOST:PORT, tls://HOST:PORT. [default: local]",
)

common_options = _stack(
    click.option("--jobs", type=int, metavar="N", help="Worker processes on this machine. [default: all cores]"),
    click.option(
        "--store",
        type=_PATH,
        metavar="DIR",
        help="The feature store and the fits already done. [default: in the user's cache folder]",
    ),
    click.option(
        "--config",
        "config_file",
        metavar="FILE.toml",
        help="Every option by name; the command line wins over the file. "
        "Brought along: default, quick, strong, strong-random, tutorial-4-emotions.",
    ),
    click.option(
        "--plugin", type=_PATH, metavar="FILE.py", help="Register your own models, feature sets, splits or corpora."
    ),
    click.option("-q", "--quiet", is_flag=True, help="No progress, no tables."),
    click.option("-v", "--verbose", is_flag=True, help="Tell more."),
)


def gather(config_file: str | None, given: dict[str, Any]) -> config.Options:
    """Return the options of the configuration file, if any, overridden by those given; load the plugin they name."""
    options = config.load(config.find_config(config_file) if config_file else None, given)
    if options.plugin:
        from ser_bench import plugins

        plugins.load(options.plugin)
    return options
