"""``ser-bench splits``."""

from __future__ import annotations

import click

from ser_bench import splits
from ser_bench.cli.listing import show


@click.command(name="splits")
def command() -> int:
    """List the splits: which clips train and which test, and what a corpus needs for each.

    \b
    Example:
      ser-bench splits
    """
    rows = [
        (
            split.name,
            split.summary,
            "new" if split.speakers_apart else "heard before",
            split.needs or "nothing",
        )
        for split in splits.SPLITS.values()
    ]
    rows.append(("cross:CORPUS", "trained on the other corpora, tested on that one", "new", "several corpora"))
    return show(("split", "what", "test speakers", "needs"), rows)
