"""``ser-bench train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ser_bench.cli.options import PATH, common_options, corpus_options, gather, option, options_from
from ser_bench.core.console import Console


@click.command(name="train")
@click.option(
    "--model",
    metavar="NAME",
    help="A classifier, or a variant of a configuration file. [default: the only model of models.use]",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE",
    required=True,
    help="The file to write; an existing file is replaced.",
)
@click.option(
    "--hold-out",
    metavar="actor:NAME,…",
    default="",
    help="Leave these speakers out of training; the file states the score on them.",
)
@click.option(
    "--score/--no-score",
    default=True,
    help="Score the model by cross-validation over speakers, with the fits of a run. [default: score]",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["bundle", "onnx"]),
    help="bundle for ser-bench predict; onnx for other programs, checked for equal predictions. "
    "[default: by the ending of FILE]",
)
@corpus_options
@options_from("features", "target", "effort", "conditions")
@option("normalize", help="Only none: at prediction time the speaker's other clips are not available.")
@option("seed", help="Random seed; the same seed gives the same model.")
@options_from("engine")
@common_options
def command(
    config_file: str | None,
    quiet: bool,
    verbose: bool,
    model: str | None,
    output: Path,
    hold_out: str,
    file_format: str | None,
    score: bool,
    **values: Any,
) -> int:
    """Train one model on a whole corpus and save it as one file for ser-bench predict.

    The model is fitted as in ser-bench run: same features, augmentation, speaker groups and seed. Its score is that of
    the split actor: each speaker is predicted by a model that is trained on the other folds. Fits that a run with the
    same store has done are not repeated.

    --conditions also tests it under recording conditions, such as a telephone line. ser-bench predict then says which
    of them a clip sounds like, and the score there.

    With --format onnx, or if FILE ends in .onnx, the file is for other programs (extra [onnx]). Every model but chance
    can be exported; the file is kept only if it predicts the training clips as the model does.

    \b
    Examples:
      ser-bench train --model svm -o svm.ser --corpus ravdess --data-dir RAVDESS
      ser-bench train --model ensemble -o best.ser --config strong --hold-out actor:23,24
      ser-bench train --model lda-robust --config robust -o robust.ser
      ser-bench train --model svm -o svm.onnx --corpus ravdess --data-dir RAVDESS
    """
    options = gather(config_file, values)
    console = Console(quiet=quiet, verbose=verbose)
    from ser_bench.deploy import describe
    from ser_bench.deploy.train import only_model, train

    as_onnx = file_format == "onnx" if file_format else output.suffix.lower() == ".onnx"
    trained = train(options, model or only_model(options), output, console, hold_out, as_onnx=as_onnx, score=score)
    console.close()
    for warning in trained.warnings:
        console.detail(warning)
    console.info("\n".join(describe.after_training(trained)))
    return 0
