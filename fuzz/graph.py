"""ONNX files that users bring: any bytes, read and checked without onnxruntime."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from pathlib import Path

from fuzz import AbsentError

PACKAGES = ["ser_bench"]


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as an ONNX file."""
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise AbsentError("graph needs onnx: pip install onnx") from None
    from ser_bench.features.onnx.graph import read_graph

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "network.onnx")

    def once(data: bytes) -> None:
        path.unlink(missing_ok=True)  # a new file, so that no earlier result is repeated
        path.write_bytes(data)
        graph = read_graph(path)
        assert graph.size == len(data)
        assert all(tensor.dtype.isprintable() for tensor in (*graph.inputs, *graph.outputs))

    return once
