"""``ser-bench corpora``."""

from __future__ import annotations

import click

from ser_bench import corpora
from ser_bench.cli.listing import show


@click.command(name="corpora")
def command() -> int:
    """List the corpora it knows: size, emotions, licence, and whether their clips are found here.

    \b
    Example:
      ser-bench corpora
    """
    rows = []
    for corpus in corpora.CORPORA.values():
        folder = corpora.find(corpus)
        found = str(folder) if folder else ("made when first used" if corpus.make else "no")
        synthetic = " (synthetic speech)" if corpus.synthetic else ""
        rows.append(
            (
                corpus.name,
                f"{corpus.clips} clips, {corpus.speakers} speakers, {len(corpus.emotions)} emotions{synthetic}",
                corpus.licence,
                corpus.source,
                found,
            )
        )
    return show(
        ("corpus", "size", "licence", "source", "found here"),
        rows,
        "Your own: a CSV file with the columns path,speaker,emotion: ser-bench run --corpus FILE.csv",
    )
