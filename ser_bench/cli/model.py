"""``ser-bench model``."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(name="model")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything the file says of itself, as JSON.")
def command(file: Path, as_json: bool) -> int:
    """Show what is in a trained model's file: what it predicts, what it learnt from, its score and its limits.

    \b
    Example:
      ser-bench model svm.ser
    """
    from ser_bench.bundle import archive, manifest, words

    said, _ = archive.read(file)
    info = manifest.checked(said, file)
    click.echo(json.dumps(said, indent=1, ensure_ascii=False) if as_json else "\n".join(words.about(info)))
    return 0
