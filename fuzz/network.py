"""Descriptions of networks in TOML: any bytes beside a valid ONNX file, as far as the set is planned."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fuzz import AbsentError

PACKAGES = ["ser_bench", "tomllib"]


def small_network() -> bytes:
    """Return an ONNX file that maps samples to frames of four values."""
    from onnx import TensorProto, helper

    nodes = [helper.make_node("Reshape", ["x", "s"], ["y"])]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", "time"])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", "frames", 4])]
    graph = helper.make_graph(
        nodes, "g", inputs, outputs, [helper.make_tensor("s", TensorProto.INT64, [3], [1, -1, 4])]
    )
    opsets = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())


def target() -> Callable[[bytes], None]:
    """Return a function that reads bytes as the description of a network; nothing is run."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError:
        raise AbsentError("network needs onnx and onnxruntime: pip install onnx onnxruntime") from None
    from ser_bench import features
    from ser_bench.features.onnx import planning

    def unprobed(
        graph: Any, shapes: dict[str, tuple[int, ...]], outputs: tuple[str, ...]
    ) -> dict[str, tuple[int, ...]]:
        assert all(size >= 0 for shape in shapes.values() for size in shape)
        return dict.fromkeys(outputs, (1, 4, 4))

    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "network.toml")
    path.with_suffix(".onnx").write_bytes(small_network())

    def once(data: bytes) -> None:
        path.write_bytes(data)
        with patch.object(planning, "probe", unprobed):  # a process for each input would be slow
            feature_set = features.get(f"onnx:{path}")
        assert folder.name not in feature_set.name
        assert len(set(feature_set.columns)) == feature_set.dimension
        features.set_key(feature_set)
        features.stored_name(feature_set)

    return once
