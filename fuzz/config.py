"""Configuration files: any bytes as TOML, and the models and feature sets that a run plans from it."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from pathlib import Path

PACKAGES = ["ser_bench", "tomllib"]


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as a configuration file; its plugin is not loaded."""
    from ser_bench import features, models  # noqa: F401
    from ser_bench.core import options as config
    from ser_bench.runs.plan import plan_models

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "c.toml")

    def once(data: bytes) -> None:
        path.write_bytes(data)
        options = config.load(path, {})
        plan_models(options)

    return once
