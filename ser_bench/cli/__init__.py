"""The command line. Each command is a module, imported only when it is called."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from keyword import iskeyword
from typing import Any

import click

from ser_bench.cli import failures
from ser_bench.cli.streams import prepare_streams
from ser_bench.cli.usage import usage_hint
from ser_bench.core.errors import SerBenchError, UnknownNameError
from ser_bench.core.text import escape_control
from ser_bench.core.versions import __version__

COMMANDS = {
    "corpora": "List the known corpora; with NAME describe or check one.",
    "features": "List the feature sets; with NAME describe one.",
    "models": "List the classifiers and baselines; with NAME describe one.",
    "splits": "List the splits into training and test clips; with NAME describe one.",
    "conditions": "List the recording conditions, such as noise and rooms; with NAME describe one.",
    "download": "Download a published corpus, verify and unpack it.",
    "import": "Make a CSV manifest of a folder of audio files.",
    "explore": "Draw pictures of clips or of a corpus.",
    "extract": "Compute features into the feature store.",
    "export": "Write the features of a corpus as one CSV or Parquet table.",
    "run": "Run the benchmark: fit models under several splits, write tables and charts.",
    "status": "Show the progress of a run.",
    "report": "Draw the tables and charts of a run again, without fitting.",
    "tune": "Search the parameters of a model on the training speakers only.",
    "store": "List the content of the feature store; with --prune remove unused files.",
    "compare": "Compare several runs, with paired tests if they share clips.",
    "train": "Train one model on a whole corpus and save it as one file.",
    "model": "Show the content of a model file, or export it to ONNX.",
    "predict": "Predict the emotion of clips with a model file.",
    "serve": "Serve predictions of a model file over HTTP, with a page to try it.",
}
"""Every command with its short help; ``ser_bench.cli.<name>`` defines ``command``, ``import_`` that of ``import``."""

GREETING = """\
ser-bench compares speech emotion classifiers on the speakers of their training data and on new speakers.

Try:
  ser-bench run --config quick           a small benchmark; synthetic speech if RAVDESS is not found
  ser-bench explore --corpus demo        pictures of a corpus
  ser-bench models                       the classifiers; ser-bench models svm describes one

All commands: ser-bench --help"""


class _LazyGroup(click.Group):
    """Click group that imports a command only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = importlib.import_module(f"ser_bench.cli.{module}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise UnknownNameError("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="ser-bench")
@click.pass_context
def cli(context: click.Context) -> None:
    """Compare speech emotion classifiers on the speakers of their training data and on new speakers.

    \b
    A first run, on synthetic speech if RAVDESS is not found:
      ser-bench run --models all
    """
    if context.invoked_subcommand is None:
        click.echo(GREETING)


_CONTINUED = ("download", "extract", "export", "run", "tune", "train")
"""Commands that continue where they were stopped."""
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FREE_SPACE = "finished work is kept; free disk space and run the same command again"


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    The exit status is 0, 1 for a run with a failed fit, 2 for wrong usage or input, 70 for an internal error and 130
    for Ctrl-C.
    """
    gc.set_threshold(50_000, 20, 50)  # imports create many objects and no garbage; collecting took a tenth of a start
    prepare_streams()
    os.environ["MPLBACKEND"] = "agg"  # pictures are files, and a notebook's backend may be missing here
    sys.exit(call(arguments))


def call(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status; errors are printed in one or two lines."""
    try:
        return cli.main(args=arguments, prog_name="ser-bench", standalone_mode=False) or 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        return _print_error(error.format_message(), hint=usage_hint(error))
    except SerBenchError as error:
        return _print_error(str(error))
    except (KeyboardInterrupt, click.Abort):
        return _print_stopped(arguments)
    except OSError as error:
        return _print_os_error(error)
    except (Exception, SystemExit) as error:
        return _print_stopped(arguments) if failures.is_interrupt(error) else _print_unexpected(error)


def _print_stopped(arguments: list[str] | None) -> int:
    """Print that Ctrl-C ended the command, and return the exit status."""
    name = next(iter(sys.argv[1:] if arguments is None else arguments), "")
    advice = "; finished work is kept, run the same command again to continue" if name in _CONTINUED else ""
    click.echo(f"\nstopped{advice}", err=True)
    return 130


def _print_os_error(error: OSError) -> int:
    """Print an error of the operating system with its file, and return the exit status."""
    file = f": {error.filename}" if error.filename else ""
    return _print_error(f"{error.strerror or error}{file}", hint=_FREE_SPACE if error.errno in _DISK_FULL else "")


def _print_unexpected(error: Exception | SystemExit) -> int:
    """Print an exception that no command expects, and return the exit status."""
    if isinstance(error, SystemExit) and isinstance(error.__context__, OSError):
        return _print_os_error(error.__context__)  # click turns a broken pipe into sys.exit(1)
    if isinstance(error, MemoryError):
        return _print_error("out of memory", hint="finished work is kept; run the same command with fewer --jobs")
    message, status = failures.explain(error)
    _print_error(message)
    return status


def _print_error(message: str, hint: str = "") -> int:
    """Print an error and return the exit status."""
    click.echo(escape_control(f"ser-bench: {message}") + (f"\n{hint}" if hint else ""), err=True)
    return 2
