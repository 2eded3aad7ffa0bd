"""``ser-bench download``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from ser_bench import corpora
from ser_bench.cli.options import PATH, load_plugin, option
from ser_bench.core.console import Console
from ser_bench.core.errors import ConfigError, UnknownNameError


@click.command(name="download")
@click.argument("corpus", metavar="|".join(corpora.downloadable()))
@option("part", help="The part of ravdess.")
@click.option(
    "--to",
    type=PATH,
    metavar="DIR",
    help="The folder for the clips. [default: the user's cache folder, where --corpus finds them]",
)
@click.option("--base-url", metavar="URL", help="A mirror with the archives: URL/FILENAME.")
@option("plugin", help="Register your own corpora.")
@click.option("-q", "--quiet", is_flag=True, help="Print warnings and errors only.")
def command(
    corpus: str, part: str | None, to: Path | None, base_url: str | None, plugin: Path | None, quiet: bool
) -> int:
    """Download a corpus from its publisher, verify it and unpack it; the same command resumes after an interruption.

    \b
    Examples:
      ser-bench download ravdess
      ser-bench download ravdess --part all --to data/ravdess
    """
    from ser_bench.corpora.download import download

    load_plugin(plugin)
    if corpus not in (known := corpora.downloadable()):
        if corpus in corpora.CORPORA:
            raise ConfigError(f"ser-bench cannot download {corpus}\n{corpora.CORPORA[corpus].hint}")
        raise UnknownNameError("corpus to download", corpus, known)
    chosen = known[corpus]
    folder = to or corpora.corpus_cache(corpus, "--to")
    console = Console(quiet=quiet)
    licence = ": ".join(filter(None, (chosen.licence, chosen.licence_terms)))
    console.info(f"{chosen.title}, licence: {licence}\ncite: {chosen.citation}")
    try:
        download(chosen, folder, part=part, base_url=base_url, progress=console)
    finally:
        console.close()
    console.info(f"next: {_next_command(corpus, folder, part)}")
    return 0


def _next_command(corpus: str, folder: Path, part: str | None) -> str:
    """Return the command that uses the clips; it names their folder unless the search finds it."""
    words = ["ser-bench", "run", "--corpus", corpus]
    found_folder = corpora.find_folder(corpora.get(corpus))
    if found_folder is None or not found_folder.samefile(folder):
        words += ["--data-dir", str(folder)]
    if part in ("song", "all"):
        words += ["--part", part]
    return shlex.join(words)
