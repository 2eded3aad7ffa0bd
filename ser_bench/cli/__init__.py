"""The command line: a skin over the library. Each command is a file, loaded only when it is called."""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import sys
from typing import Any

import click

from ser_bench.core.errors import SerBenchError, UnknownNameError
from ser_bench.core.text import escape_control
from ser_bench.core.versions import __version__

COMMANDS = {
    "corpora": "The corpora it knows, and whether they are found here.",
    "features": "The feature sets, with their dimensions.",
    "models": "The classifiers and baselines.",
    "splits": "The ways to part training from test clips.",
    "download": "Fetch a published corpus, check it and unpack it.",
    "explore": "Draw a clip, or what a corpus is made of: look before fitting.",
    "extract": "Fill the feature store from a corpus.",
    "export": "Write a corpus's features as one table, CSV or Parquet, a row per clip.",
    "run": "The benchmark: fit models under several splits, leave tables and charts.",
    "status": "How far a run is, also while it goes.",
    "report": "Draw a run's tables and charts again, without fitting.",
    "tune": "Search a model's parameters inside the training speakers only.",
    "store": "What lies in the feature store, with sizes; make room.",
    "compare": "Set several runs side by side, with paired tests where the clips are the same.",
    "train": "Train one model on a whole corpus and keep it as one file.",
    "model": "Show what is in a trained model's file.",
    "predict": "Emotion and probabilities of clips, by a trained model's file.",
    "serve": "Answer over HTTP by a trained model's file, with a page to try it.",
}
"""Every command with its short help; ``ser_bench.cli.<name>`` defines ``command``."""


class _LazyGroup(click.Group):
    """A group that knows its commands' names and short helps, and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"ser_bench.cli.{cmd_name}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UnknownNameError("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="ser-bench")
def cli() -> None:
    """Compare speech emotion classifiers honestly: on speakers they have heard, and on new ones.

    \b
    A first run, on synthetic speech if RAVDESS is not here:
      ser-bench run --models all
    """


_FULL = (errno.ENOSPC, errno.EDQUOT)
_MAKE_ROOM = "what is done is kept; make room and give the same command again"


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0, 1 for a run with a failed fit, 2 for wrong usage or input, 130 for Ctrl-C."""
    gc.set_threshold(50_000, 20, 50)  # imports make many objects and no garbage: a tenth of a start was spent looking
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names may hold bytes that no terminal's text has
    sys.exit(call(arguments))


def call(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status; every error ser-bench knows is told here, in a line or two."""
    try:
        return cli.main(args=arguments, prog_name="ser-bench", standalone_mode=False) or 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        return _tell(error.format_message(), hint=_usage_hint(error))
    except SerBenchError as error:
        return _tell(str(error))
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nstopped; what is done is kept, and the same command goes on from there", err=True)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whoever read our output has gone, as `| head` does
        return 0
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _tell(f"{error.strerror or error}{where}", hint=_MAKE_ROOM if error.errno in _FULL else "")


def _tell(message: str, hint: str = "") -> int:
    click.echo(escape_control(f"ser-bench: {message}") + (f"\n{hint}" if hint else ""), err=True)
    return 2


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see {context.command_path} --help" if context else ""
