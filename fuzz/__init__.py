"""Coverage-guided fuzzing of whatever ser-bench reads from strangers: ``python -m fuzz TARGET [--seconds 120]``.

Each target is a module here with ``PACKAGES``, whose code is watched for coverage, and ``target()``, which imports what
it needs and returns a function from an input's bytes to nothing. That function may raise a
:class:`ser_bench.core.errors.SerBenchError`, the proper refusal; anything else that it raises is a finding. Kept
inputs lie
in ``fuzz/corpus/<target>/``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent

TARGETS = {
    "manifest": "manifests and tables of features, CSV and Parquet",
    "names": "file names, as every known corpus reads them",
    "config": "configurations in TOML",
    "bundle": "a trained model's file, whole or its parts",
    "archive": "downloaded ZIP archives",
    "http": "requests to the service",
    "run": "a run's folder and its log",
    "store": "damaged shards, fits and cached hashes of a store",
}
"""What each target reads."""


class AbsentError(Exception):
    """A target whose part of ser-bench is not here; the message says which."""


def load(name: str) -> Callable[[bytes], None]:
    """Return a target's function; it raises nothing for an input that is read, or refused as it should be.

    Raises :class:`AbsentError` where what it would read with is missing.
    """
    function = importlib.import_module(f"fuzz.{name}").target()
    from ser_bench.core.errors import SerBenchError

    def once(data: bytes) -> None:
        try:
            function(data)
        except SerBenchError as refusal:
            assert str(refusal).strip(), "an error without a word"

    return once


def kept(name: str) -> list[Path]:
    """Return the files of a target's kept inputs."""
    return sorted((HERE / "corpus" / name).iterdir())
