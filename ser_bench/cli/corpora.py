"""``ser-bench corpora``."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import click

from ser_bench import corpora
from ser_bench.cli.listing import show
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern


@click.command(name="corpora")
@click.argument("name", required=False)
@click.option("--check", is_flag=True, help="Measure every clip of NAME, and compare with what was published.")
@click.option("--data-dir", type=click.Path(path_type=Path), metavar="DIR", help="Where the corpus to check lies.")
@click.option("--part", type=click.Choice(["speech", "song", "all"]), help="Of a corpus that has both, with --check.")
@click.option(
    "--jobs", type=click.IntRange(min=1), metavar="N", help="Worker processes of --check. [default: all cores]"
)
@click.option("-q", "--quiet", is_flag=True, help="Of --check, only the exit status.")
def command(name: str | None, check: bool, quiet: bool, **given: Any) -> int:
    """List the corpora it knows: size, licence, and whether their clips are found here.

    With the NAME of one: its classes, source, citation, how to get it, and what one should know. With --check, the
    health of its clips, or of a CSV manifest's: exit status 0 if they are as published, 1 if not, 2 if unusable.

    \b
    Example:
      ser-bench corpora
      ser-bench corpora emodb
      ser-bench corpora --check ravdess --data-dir RAVDESS
    """
    if check:
        if name is None:
            raise ConfigError("--check needs the name of a corpus, or the path of a CSV manifest")
        return _check(name, Console(quiet=quiet), **given)
    if any(given.values()) or quiet:
        raise ConfigError("--data-dir, --part, --jobs and --quiet are options of --check")
    if name is not None:
        return _show_one(corpora.get(name))
    rows = [
        (
            corpus.name,
            corpus.clips,
            corpus.speakers,
            len(corpus.emotions),
            corpus.licence + (" (synthetic speech)" if corpus.synthetic else ""),
            _found(corpus),
        )
        for corpus in corpora.CORPORA.values()
    ]
    return show(
        ("corpus", "clips", "speakers", "emotions", "licence", "found here"),
        rows,
        "Where to get one, and how to cite it: ser-bench corpora NAME\n"
        "Your own: a CSV file with the columns path,speaker,emotion: ser-bench run --corpus FILE.csv",
        width=28,
    )


def _check(name: str, console: Console, data_dir: Path | None, part: str | None, jobs: int | None) -> int:
    from ser_bench.explore import health
    from ser_bench.explore.health.compare import differences
    from ser_bench.explore.health.text import as_text
    from ser_bench.runs.workers import available_cores

    part = part or "speech"
    opened = corpora.open_corpus(name, data_dir, part=part)
    if opened.feature_table:
        raise ConfigError(f"{name} is a table of features; there is no audio to check")
    found = health.check(opened, part, jobs=jobs or available_cores(), progress=console)
    console.close()
    console.info(as_text(found))
    return 1 if differences(found) else 0


def _show_one(corpus: Corpus) -> int:
    """Print what is known of a corpus, a line or a few for each fact."""
    counts = ", ".join(f"{corpus.counts[label]} {label}" for label in corpus.emotions)
    facts = {
        "clips": f"{corpus.clips}: {counts}",
        "speakers": str(corpus.speakers),
        "licence": corpus.licence,
        "source": corpus.source,
        "citation": corpus.citation,
        "file names": corpus.reader.example if isinstance(corpus.reader, FileNamePattern) else "",
        "get it": corpus.hint,
        "found here": _found(corpus) if corpus.name in corpora.CORPORA else "",
        "mind": corpus.notes,
    }
    click.echo(corpus.title + (" (synthetic speech)" if corpus.synthetic else ""))
    for fact, said in facts.items():
        if said:
            first, *more = textwrap.wrap(said, 86, break_on_hyphens=False)
            click.echo("\n".join([f"{fact:<12}{first}", *(f"{'':<12}{line}" for line in more)]))
    if corpus.bibtex:
        click.echo(f"\n{corpus.bibtex}")
    return 0


def _found(corpus: Corpus) -> str:
    folder = corpora.find_folder(corpus)
    return str(folder) if folder else ("made when first used" if corpus.make else "no")
