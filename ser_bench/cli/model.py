"""``ser-bench model``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ser_bench.core.text import escape_control, escape_control_json


@click.command(name="model")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything the file says of itself, as JSON.")
@click.option(
    "--onnx",
    "exported",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Write the model as ONNX for other programs; needs the extra [onnx].",
)
def command(file: Path, as_json: bool, exported: Path | None) -> int:
    """Show what is in a trained model's file: what it predicts, what it learnt from, its score and its limits.

    With --onnx it writes the model as an ONNX file instead, if that answers alike; every model but chance can be.

    \b
    Examples:
      ser-bench model svm.ser
      ser-bench model svm.ser --onnx svm.onnx
    """
    if exported is not None:
        return _export(file, exported)
    from ser_bench.deploy import describe, manifest
    from ser_bench.deploy.file import container as archive

    said, _ = archive.read(file)
    info = manifest.validate(said, file)
    if as_json:
        click.echo(escape_control_json(json.dumps(said, indent=1, ensure_ascii=False)))
    else:
        click.echo(escape_control("\n".join(describe.about(info))))
    return 0


def _export(file: Path, out: Path) -> int:
    from ser_bench.deploy import describe, load_model, onnx, train

    onnx.check_extra("--onnx")
    train.check_file(out, "--onnx")
    model = load_model(file)
    click.echo(describe.agreement(onnx.write(model, out)))
    click.echo(f"model: {out} ({describe.file_size(out.stat().st_size)})")
    return 0
