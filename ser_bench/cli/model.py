"""``ser-bench model``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ser_bench.cli.options import PATH, load_plugin, option
from ser_bench.core.text import escape_control, escape_control_json


@click.command(name="model")
@click.argument("file", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print the whole manifest of the file as JSON.")
@click.option(
    "--onnx",
    "onnx_file",
    type=PATH,
    metavar="OUT",
    help="Export the model to ONNX for other programs; needs the extra [onnx].",
)
@option("plugin", help="Register the feature sets and the model that FILE needs.")
def command(file: Path, as_json: bool, onnx_file: Path | None, plugin: Path | None) -> int:
    """Show what a model file predicts, its training data, its score and its limits.

    With --onnx, export the model to an ONNX file instead; the file is kept only if it gives the same predictions. Every
    model but chance can be exported.

    \b
    Examples:
      ser-bench model svm.ser
      ser-bench model svm.ser --onnx svm.onnx
    """
    load_plugin(plugin)
    if onnx_file is not None:
        return _export(file, onnx_file)
    from ser_bench.deploy import describe, manifest
    from ser_bench.deploy.file import container

    content, _ = container.read(file)
    info = manifest.validate(content, file)
    if as_json:
        click.echo(escape_control_json(json.dumps(content, indent=1, ensure_ascii=False)))
    else:
        click.echo(escape_control("\n".join(describe.about(info))))
    return 0


def _export(file: Path, onnx_file: Path) -> int:
    """Write a model file as ONNX."""
    from ser_bench.deploy import describe, load_model, onnx, train

    onnx.check_extra("--onnx")
    train.check_file(onnx_file, "--onnx")
    model = load_model(file)
    click.echo(describe.agreement(onnx.write(model, onnx_file)))
    click.echo(f"model: {onnx_file} ({describe.file_size(onnx_file.stat().st_size)})")
    return 0
