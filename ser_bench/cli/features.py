"""``ser-bench features``."""

from __future__ import annotations

import click

from ser_bench import features
from ser_bench.cli.listing import installed, show


@click.command(name="features")
def command() -> int:
    """List the feature sets: kind, dimension, what they hold. Sets of one kind join with +.

    \b
    Example:
      ser-bench features
    """
    rows = [
        (
            found.name,
            f"{found.dimension} values" if found.kind == "vector" else f"frames of {found.dimension}",
            found.summary,
            installed(found.needs),
            found.source,
        )
        for found in features.FEATURE_SETS.values()
    ]
    return show(("feature set", "size", "what", "installed", "source"), rows)
