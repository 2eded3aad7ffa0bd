"""ser-bench: a benchmark for speech emotion recognition, on known and on new speakers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ser_bench.core.versions import __version__

if TYPE_CHECKING:
    from ser_bench.api import extract, import_folder, load_corpus, load_model, run

__all__ = ["__version__", "extract", "import_folder", "load_corpus", "load_model", "run"]

_MODULES = {
    "extract": "ser_bench.api",
    "import_folder": "ser_bench.api",
    "load_corpus": "ser_bench.api",
    "load_model": "ser_bench.api",
    "run": "ser_bench.api",
}


def __getattr__(name: str) -> Any:
    """Import a public function on first use, so that the command line starts without it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_MODULES[name]), name)
