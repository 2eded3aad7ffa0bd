"""``ser-bench models``."""

from __future__ import annotations

import click

from ser_bench import models
from ser_bench.cli.listing import installed, show


@click.command(name="models")
def command() -> int:
    """List the classifiers and baselines: default features, what they need, and whether that is installed.

    \b
    Example:
      ser-bench models
    """
    rows = [
        (
            model.name,
            model.kind,
            model.summary,
            model.features,
            ", ".join(model.needs),
            installed(model.needs),
        )
        for model in models.MODELS.values()
    ]
    return show(
        ("model", "kind", "what", "features", "needs", "installed"),
        rows,
        "Parameters are set in a configuration: [models.svm] C = 3.0; see CONTRIBUTING.md for your own model.",
    )
