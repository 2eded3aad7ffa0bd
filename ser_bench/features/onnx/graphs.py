"""The graph of a file, read once per process until the file changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ser_bench.core.errors import ConfigError
from ser_bench.features.onnx.graph import Graph, read_graph


def graph_of(path: Path) -> Graph:
    """Return the graph of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Graph

    Raises
    ------
    ConfigError
        If the file is not a usable ONNX file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, modified: int, size: int) -> Graph:
    """Read a file; the time of its last change and its size are part of the cache's key."""
    return read_graph(path)
