"""``ser-bench import``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from ser_bench.cli.options import PATH, output_options
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError
from ser_bench.core.text import escape_control
from ser_bench.corpora import importing
from ser_bench.corpora.importing import Choices, Imported


@click.command(name="import")
@click.argument("folder", type=PATH, metavar="DIR")
@click.option("-o", "--output", type=PATH, metavar="FILE.csv", help="The manifest to write; needed unless --dry-run.")
@click.option(
    "--label",
    type=click.Choice(["folder", "name", "table"]),
    help="Where the emotion stands. [default: the position that names emotions]",
)
@click.option(
    "--pattern",
    metavar="TEXT",
    help="The end of each path without extension: {speaker}, {emotion}, {gender}, {text}, {intensity}, {person}; "
    "{} is ignored, * is any text, / separates folders, {speaker:2} is two characters wide.",
)
@click.option(
    "--table",
    "tables",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="A CSV or TSV table with a row per clip; may be repeated. [default: a table in DIR that names the clips]",
)
@click.option(
    "--map",
    "mapping",
    metavar="COLUMN=NAME,…",
    help="The table's name for path, speaker, emotion, gender, text, intensity or person; a text such as "
    "path=dia{Dialogue_ID}_utt{Utterance_ID} joins several.",
)
@click.option("--map-emotions", "meanings", metavar="CODE=EMOTION,…", help="What codes mean: 1=angry,2=happy.")
@click.option("-y", "--yes", is_flag=True, help="Accept guesses without a question.")
@click.option("--replace", is_flag=True, help="Replace an existing file.")
@click.option("--dry-run", is_flag=True, help="Show the preview, write nothing.")
@output_options
def command(
    folder: Path,
    output: Path | None,
    yes: bool,
    replace: bool,
    dry_run: bool,
    quiet: bool,
    verbose: bool,
    **stated: Any,
) -> int:
    """Make a CSV manifest of the audio files below DIR, for --corpus.

    Without options, emotions come from a table, from the names of published corpora, or from words in folder and file
    names; speakers come from names such as Actor_01 or anna. The preview shows ten rows, the counts, and what is
    guessed. A speaker who may stand in several positions stays unknown; a warning lists them. A guess is written only
    after a question, or with --yes.

    \b
    Examples:
      ser-bench import recordings -o corpus.csv
      ser-bench import recordings -o corpus.csv --pattern "{speaker}_{emotion}_*"
      ser-bench import recordings -o corpus.csv --pattern "{speaker}/{}/{emotion}-*"
      ser-bench import recordings -o corpus.csv --table data.tsv --map speaker=spk,emotion=label
      ser-bench import recordings -o corpus.csv --map-emotions 1=angry,2=happy,3=sad
    """
    folder = folder.expanduser()
    if output is None and not dry_run:
        raise ConfigError(f"name the manifest to write: ser-bench import {shlex.quote(str(folder))} -o corpus.csv")
    if output is not None:
        importing.check_output(output)
    imported = importing.import_clips(folder, _choices(ignored=output, **stated))
    console = Console(quiet=quiet, verbose=verbose)
    _show(imported, console)
    if output is None or dry_run:
        console.info("nothing written (--dry-run)")
        return 0
    _confirm(imported, output, yes=yes)
    return _write(imported, output, console, replace=replace)


def _choices(
    label: importing.LabelSource | None,
    pattern: str | None,
    tables: tuple[Path, ...],
    mapping: str | None,
    meanings: str | None,
    **more: Any,
) -> Choices:
    """Return what the user states."""
    return Choices(
        label=label,
        pattern=pattern,
        tables=tables,
        mapping=importing.parse_mapping(mapping) if mapping is not None else {},
        meanings=importing.parse_meanings(meanings) if meanings is not None else {},
        **more,
    )


def _show(imported: Imported, console: Console) -> None:
    """Print the preview and the warnings; guesses are shown on standard error, too, if quiet."""
    text = importing.preview(imported)
    console.info(text)
    if imported.guesses and (console.quiet or (sys.stderr.isatty() and not sys.stdout.isatty())):
        click.echo(escape_control(text), err=True)
    for problem in imported.left_out:
        console.detail(f"left out: {problem.path}: {problem.reason}")
    for warning in importing.warnings(imported):
        console.warning(warning)


def _confirm(imported: Imported, output: Path, *, yes: bool) -> None:
    """Ask whether guesses are right; without a terminal they need --yes."""
    if yes or not imported.guesses:
        return
    guesses = " and ".join(imported.guesses)
    example = next((o for name in imported.guesses if (o := imported.columns[name].option)), "--pattern TEXT")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            f"the {guesses} is only guessed, so {output} is not written\n"
            f"if the preview is right, add --yes or {example}; else state what is right"
        )
    if not click.confirm(f"The {guesses} is only guessed. Write {output}?", err=True):
        raise ConfigError(f"nothing written; say where the {guesses} stands, for example with {example}")


def _write(imported: Imported, output: Path, console: Console, *, replace: bool) -> int:
    """Write the manifest and print the next command."""
    written = importing.write_manifest(imported, output, replace=replace)
    console.info(
        f"\n{'manifest' if written else 'unchanged'}: {output}\nnext: ser-bench run --corpus {shlex.quote(str(output))}"
    )
    if imported.published:
        folder = shlex.quote(str(imported.folder))
        console.info(
            f"or, with its licence and checks: ser-bench run --corpus {imported.published} --data-dir {folder}"
        )
    return 0
