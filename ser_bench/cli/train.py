"""``ser-bench train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ser_bench.cli.options import common_options, corpus_options, gather, option, options_from
from ser_bench.core.console import Console


@click.command(name="train")
@click.option("--model", metavar="NAME", required=True, help="A classifier, or a variant that --config names.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="The file to write. What was there is replaced.",
)
@click.option(
    "--hold-out",
    metavar="actor:NAME,…",
    default="",
    help="Leave these speakers out of training; the score on them goes into the file.",
)
@click.option(
    "--format",
    "written_as",
    type=click.Choice(["bundle", "onnx"]),
    help="bundle for ser-bench predict, onnx for other programs, checked to answer alike. [default: by FILE's ending]",
)
@corpus_options
@options_from("features", "target")
@option("normalize", help="Only none: at prediction time the speaker's other clips are not available.")
@option("seed", help="Random seed; the same seed gives the same model.")
@options_from("engine")
@common_options
def command(
    config_file: str | None,
    quiet: bool,
    verbose: bool,
    model: str,
    output: Path,
    hold_out: str,
    written_as: str | None,
    **given: Any,
) -> int:
    """Train one model on a whole corpus and keep it as one file, for ser-bench predict.

    The fit is the benchmark's own: the same features, copies of training clips, groups and seed.

    With --format onnx, or an output that ends in .onnx, the file is for other programs: every model but chance can be
    written so (extra [onnx]), and is only if it answers on the training clips as the model itself.

    \b
    Examples:
      ser-bench train --model svm -o svm.ser --corpus ravdess --data-dir RAVDESS
      ser-bench train --model ensemble -o best.ser --config strong --hold-out actor:23,24
      ser-bench train --model svm -o svm.onnx --corpus ravdess --data-dir RAVDESS
    """
    options = gather(config_file, given)
    console = Console(quiet=quiet, verbose=verbose)
    from ser_bench.deploy import describe
    from ser_bench.deploy import train as making

    as_onnx = written_as == "onnx" if written_as else output.suffix.lower() == ".onnx"
    made = making.train(options, model, output, console, hold_out, as_onnx=as_onnx)
    console.close()
    for warning in made.warnings:
        console.detail(warning)
    console.info("\n".join(describe.after_training(made)))
    return 0
