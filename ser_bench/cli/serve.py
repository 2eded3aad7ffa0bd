"""``ser-bench serve``."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path
from typing import Any

import click

from ser_bench.cli.options import PATH, load_plugin, option
from ser_bench.core.errors import MissingExtraError


@click.command(name="serve")
@click.argument("file", type=PATH)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is every address.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on; 0 picks a free one.")
@click.option("--threads", default=16, show_default=True, metavar="N", help="Requests at a time; more are refused.")
@click.option("--jobs", type=int, metavar="N", help="Worker processes.  [default: one per core, at most 4]")
@click.option("--max-bytes", default=10_000_000, show_default=True, metavar="N", help="Largest file.")
@click.option("--max-seconds", default=60.0, show_default=True, metavar="SECONDS", help="Longest clip.")
@click.option("--decode-timeout", default=10.0, show_default=True, metavar="SECONDS", help="Time limit per clip.")
@click.option(
    "--coverage",
    default=0.9,
    show_default=True,
    metavar="SHARE",
    help="Share of clips of new speakers whose prediction set holds the true label, 0.5 to below 1.",
)
@option("plugin", help="Register the feature sets and the model that the file needs.")
def command(file: Path, jobs: int | None, plugin: Path | None, **values: Any) -> int:
    """Serve predictions of FILE, a model file of ser-bench train, over HTTP; needs the extra [serve].

    POST /predict takes a clip (WAV, FLAC, OGG, MP3) in the multipart field "file" and returns an object as in
    ser-bench predict --json. / is a page to try it, /openapi.json describes the interface. SIGTERM and Ctrl-C stop the
    service after the running requests.

    \b
    Examples:
      ser-bench serve svm.ser
      curl -F file=@clip.wav http://127.0.0.1:8000/predict
    """
    if not all(importlib.util.find_spec(name) for name in ("flask", "waitress")):
        raise MissingExtraError("ser-bench serve", "serve")
    from ser_bench.deploy.serve.settings import Settings
    from ser_bench.runs.workers import available_cores

    load_plugin(plugin)
    prepare = partial(_load, plugin) if plugin else None
    jobs = min(available_cores(), 4) if jobs is None else jobs
    settings = Settings(file, jobs=jobs, prepare=prepare, **values)
    from ser_bench.deploy.serve.server import serve

    serve(settings, lambda address: click.echo(f"serving {file} at {address}"))
    return 0


def _load(plugin: Path) -> None:
    """Register a plugin in a worker."""
    from ser_bench import plugins

    plugins.load(plugin)
