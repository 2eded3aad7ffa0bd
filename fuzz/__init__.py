"""Coverage-guided fuzzing of everything that ser-bench reads from outside: ``python -m fuzz TARGET [--seconds 120]``.

Each target is a module of this folder. ``PACKAGES`` are instrumented for coverage; ``target()`` imports what it needs
and returns a function that reads an input's bytes. The function may raise
:class:`ser_bench.core.errors.SerBenchError` for an invalid input; any other exception is a finding. The seed inputs are
in ``fuzz/corpus/<target>/``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent

TARGETS = {
    "audio": "headers and samples of audio files",
    "manifest": "manifests and tables of features, CSV and Parquet",
    "names": "file names, read as every known corpus does",
    "config": "configurations in TOML",
    "bundle": "a trained model's file, whole or its parts",
    "archive": "downloaded ZIP archives",
    "http": "requests to the service",
    "run": "a run's folder and its log",
    "graph": "ONNX files of networks that compute features",
    "network": "descriptions of such networks in TOML",
    "store": "damaged shards, fits and cached hashes of a store",
}
"""What each target reads."""


class AbsentError(Exception):
    """A target whose optional dependency is not installed; the message names it."""


def load(name: str) -> Callable[[bytes], None]:
    """Return a target's function; it raises nothing for an input that is read or refused with an error of ser-bench.

    Raises :class:`AbsentError` if a dependency is missing.
    """
    function = importlib.import_module(f"fuzz.{name}").target()
    from ser_bench.core.errors import SerBenchError

    def once(data: bytes) -> None:
        try:
            function(data)
        except SerBenchError as refusal:
            assert str(refusal).strip(), "an error without a message"

    return once


def seeds(name: str) -> list[Path]:
    """Return the files of a target's seed inputs."""
    return sorted((HERE / "corpus" / name).iterdir())
