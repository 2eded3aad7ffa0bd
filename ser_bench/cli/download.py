"""``ser-bench download``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from ser_bench import corpora
from ser_bench.core.console import Console
from ser_bench.corpora.download import archive as archives


@click.command(name="download")
@click.argument("corpus", metavar="|".join(archives.SOURCES))
@click.option("--part", type=click.Choice(["speech", "song", "all"]), help="Of ravdess. [default: speech]")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the clips go. [default: the user's cache folder, where --corpus finds them]",
)
@click.option("--base-url", metavar="URL", help="A mirror: the archives are fetched from URL/FILENAME.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing, show no progress.")
def command(corpus: str, part: str | None, to: Path | None, base_url: str | None, quiet: bool) -> int:
    """Fetch a corpus from where it is published, check it and unpack it; interrupted, the same command goes on.

    \b
    Examples:
      ser-bench download ravdess
      ser-bench download ravdess --part all --to data/ravdess
    """
    from ser_bench.corpora.download import download

    source = archives.get(corpus)
    folder = to.expanduser() if to else corpora.places(corpus)[-1]
    console = Console(quiet=quiet)
    console.info(f"{source.title}, licence: {source.licence}\ncite: {source.citation}")
    try:
        download(source, folder, part=part, base_url=base_url, progress=console)
    finally:
        console.close()
    console.info(f"next: {_next(corpus, folder, part)}")
    return 0


def _next(corpus: str, folder: Path, part: str | None) -> str:
    """Return the command that uses the clips, naming their folder where they would not be found by themselves."""
    words = ["ser-bench", "run", "--corpus", corpus]
    filled = (place for place in corpora.places(corpus) if place.is_dir() and any(place.iterdir()))
    found = next(filled, None)
    if found is None or not found.samefile(folder):
        words += ["--data-dir", str(folder)]
    if part in ("song", "all"):
        words += ["--part", part]
    return shlex.join(words)
