"""``ser-bench corpora``."""

from __future__ import annotations

import textwrap

import click

from ser_bench import corpora
from ser_bench.cli.listing import show
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.naming import Names


@click.command(name="corpora")
@click.argument("name", required=False)
def command(name: str | None) -> int:
    """List the corpora it knows: size, licence, and whether their clips are found here.

    With the NAME of one: its classes, source, citation, how to get it, and what one should know.

    \b
    Example:
      ser-bench corpora
      ser-bench corpora emodb
    """
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


def _show_one(corpus: Corpus) -> int:
    """Print what is known of a corpus, a line or a few for each fact."""
    counts = ", ".join(f"{corpus.counts[label]} {label}" for label in corpus.emotions)
    facts = {
        "clips": f"{corpus.clips}: {counts}",
        "speakers": str(corpus.speakers),
        "licence": corpus.licence,
        "source": corpus.source,
        "citation": corpus.citation,
        "file names": corpus.reader.example if isinstance(corpus.reader, Names) else "",
        "get it": corpus.hint,
        "found here": _found(corpus) if corpus.name in corpora.CORPORA else "",
        "mind": corpus.notes,
    }
    click.echo(corpus.title + (" (synthetic speech)" if corpus.synthetic else ""))
    for fact, said in facts.items():
        if said:
            first, *more = textwrap.wrap(said, 86, break_on_hyphens=False)
            click.echo("\n".join([f"{fact:<12}{first}", *(f"{'':<12}{line}" for line in more)]))
    return 0


def _found(corpus: Corpus) -> str:
    folder = corpora.find(corpus)
    return str(folder) if folder else ("made when first used" if corpus.make else "no")
