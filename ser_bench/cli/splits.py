"""``ser-bench splits``."""

from __future__ import annotations

from pathlib import Path

import click

from ser_bench import splits
from ser_bench.cli.listing import describe, show
from ser_bench.cli.options import load_plugin, options_from
from ser_bench.splits import Split


@click.command(name="splits")
@click.argument("name", required=False)
@options_from("plugin")
def command(name: str | None, plugin: Path | None) -> int:
    """List the splits: which clips train and which test; with NAME describe one.

    \b
    Examples:
      ser-bench splits
      ser-bench splits actor
    """
    load_plugin(plugin)
    if name is not None:
        return _describe(splits.get(name))
    rows = [
        (
            split.name,
            split.summary,
            "new" if split.speaker_independent else "heard before",
            split.needs or "nothing",
        )
        for split in splits.SPLITS.values()
    ]
    rows.append(("cross:CORPUS", "trained on the other corpora, tested on that one", "new", "several corpora"))
    footer = (
        f"Default: actor, {splits.RANDOM_TAKES.name} and random; without {splits.RANDOM_TAKES.name} where no clip has "
        "another take.\nFolds and an example of a split: ser-bench splits NAME"
    )
    return show(("split", "what", "test speakers", "needs"), rows, footer)


def _describe(split: Split) -> int:
    """Print what a user should know of a split."""
    corpora = " --corpus ravdess,emodb" if "several corpora" in split.needs else ""
    facts = {
        "held out": split.summary,
        "test speakers": "new: no speaker is in training and test of a fold"
        if split.speaker_independent
        else "heard before: speakers are in training and test, which can raise the scores",
        "folds": split.folds,
        "repeats": "drawn anew" if split.redrawn else "the same folds; repeats differ in the seeds of the models only",
        "needs": split.needs or "nothing",
        "example": f"ser-bench run{corpora} --splits {split.name}",
    }
    return describe(split.name, facts)
