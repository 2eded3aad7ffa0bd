"""``ser-bench serve``."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import click

from ser_bench.core.errors import MissingExtraError


@click.command(name="serve")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 is everywhere.")
@click.option("--port", default=8000, show_default=True, help="0 picks a free one.")
@click.option("--threads", default=16, show_default=True, metavar="N", help="Clips in hand at once; more are refused.")
@click.option("--jobs", type=int, metavar="N", help="Worker processes.  [default: a core each, at most 4]")
@click.option("--max-bytes", default=10_000_000, show_default=True, metavar="N", help="The largest file.")
@click.option("--max-seconds", default=60.0, show_default=True, metavar="SECONDS", help="The longest clip.")
@click.option("--decode-timeout", default=10.0, show_default=True, metavar="SECONDS", help="Time for one clip.")
def command(file: Path, jobs: int | None, **given: Any) -> int:
    """Answer over HTTP by the model that ser-bench train kept in FILE; needs the extra [serve].

    POST /predict takes a clip (WAV, FLAC, OGG, MP3) as the multipart field "file", and answers an object as
    ser-bench predict --json lists them. / is a page to try it, /openapi.json describes the rest. SIGTERM and Ctrl-C
    stop it after what is in hand.

    \b
    Examples:
      ser-bench serve svm.ser
      curl -F file=@clip.wav http://127.0.0.1:8000/predict
    """
    if not all(importlib.util.find_spec(name) for name in ("flask", "waitress")):
        raise MissingExtraError("ser-bench serve", "serve")
    from ser_bench.deploy.serve.settings import Settings
    from ser_bench.runs.workers import available_cores

    settings = Settings(file, jobs=min(available_cores(), 4) if jobs is None else jobs, **given)
    from ser_bench.deploy.serve.server import serve

    serve(settings, lambda address: click.echo(f"serving {file} at {address}"))
    return 0
