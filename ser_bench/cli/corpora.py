"""``ser-bench corpora``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ser_bench import corpora
from ser_bench.cli.listing import describe, show
from ser_bench.cli.options import load_plugin, option, options_from
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern


@click.command(name="corpora")
@click.argument("name", required=False)
@click.option("--check", is_flag=True, help="Measure every clip of NAME and compare with the published corpus.")
@option("data_dir", help="With --check: the folder of the corpus.", default="as for ser-bench run")
@option("part", help="With --check: the part of a corpus that has speech and song.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="With --check: workers. [default: all cores]")
@click.option("-q", "--quiet", is_flag=True, help="With --check: print nothing; read the exit status.")
@options_from("plugin")
def command(name: str | None, check: bool, quiet: bool, plugin: Path | None, **values: Any) -> int:
    """List the known corpora: size, licence, and whether their clips are found here; with NAME describe one.

    With --check, report the health of a corpus or of a CSV manifest: exit status 0 if the clips are as published, 1 if
    they differ, 2 if the corpus cannot be read.

    \b
    Examples:
      ser-bench corpora
      ser-bench corpora emodb
      ser-bench corpora --check ravdess --data-dir RAVDESS
    """
    load_plugin(plugin)
    if check:
        if name is None:
            raise ConfigError("--check needs the name of a corpus or the path of a CSV manifest")
        return _check(name, Console(quiet=quiet), **values)
    if any(values.values()) or quiet:
        raise ConfigError("--data-dir, --part, --jobs and --quiet need --check")
    if name is not None:
        return _describe(corpora.get(name))
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
        "Download and citation of a corpus: ser-bench corpora NAME\n"
        "Your own clips: ser-bench import FOLDER -o corpus.csv, then ser-bench run --corpus corpus.csv",
    )


def _check(name: str, console: Console, data_dir: Path | None, part: str | None, jobs: int | None) -> int:
    """Print the health of a corpus; 1 if it differs from the published one."""
    from ser_bench.explore.health import check_corpus
    from ser_bench.explore.health.compare import differences
    from ser_bench.explore.health.text import as_text
    from ser_bench.runs.workers import available_cores

    part = part or "speech"
    corpus = corpora.open_corpus(name, data_dir, part=part)
    if corpus.feature_table:
        raise ConfigError(f"{name} is a table of features; it has no audio to check; leave out --check")
    measured = check_corpus(corpus, part, jobs=jobs or available_cores(), progress=console)
    console.close()
    console.info(as_text(measured))
    return 1 if differences(measured) else 0


def _describe(corpus: Corpus) -> int:
    """Print what a user should know of a corpus."""
    counts = ", ".join(f"{corpus.counts[label]} {label}" for label in corpus.emotions)
    facts = {
        "clips": f"{corpus.clips}: {counts}",
        "speakers": str(corpus.speakers),
        "licence": corpus.licence,
        "source": corpus.source,
        "citation": corpus.citation,
        "file names": corpus.reader.example if isinstance(corpus.reader, FileNamePattern) else "",
        "download": corpus.hint,
        "found here": _found(corpus) if corpus.name in corpora.CORPORA else "",
        "note": corpus.notes,
        "example": f"ser-bench run --corpus {corpus.name}" if corpus.name in corpora.CORPORA else "",
    }
    title = corpus.title + (" (synthetic speech)" if corpus.synthetic else "")
    return describe(title, facts, corpus.bibtex)


def _found(corpus: Corpus) -> str:
    """Return the folder of a corpus on this machine, if any."""
    folder = corpora.find_folder(corpus)
    return str(folder) if folder else ("generated on first use" if corpus.make else "no")
