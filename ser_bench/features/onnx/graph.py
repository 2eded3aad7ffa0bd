"""ONNX files: their inputs and outputs, and sessions that run them on one thread."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import ConfigError
from ser_bench.core.files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

_DTYPES = {1: "float32", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}


@dataclass(frozen=True)
class Tensor:
    """An input or output of a network.

    Parameters
    ----------
    name : str
        Its name.
    dtype : str
        Element type as in numpy.
    shape : tuple of int, str or None; or None
        Static sizes, names of dynamic axes, None for an unknown size; None if the rank is unknown.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None


@dataclass(frozen=True)
class Graph:
    """What an ONNX file states about its network.

    Parameters
    ----------
    path : Path
        The file.
    digest : str
        SHA-256 of its bytes.
    inputs, outputs : tuple of Tensor
        Inputs without initialisers, and outputs.
    tensors : tuple of str
        Names of the outputs of all nodes.
    opset : int
        Version of the standard operators.
    """

    path: Path
    digest: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    tensors: tuple[str, ...]
    opset: int


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None


def read_graph(path: Path) -> Graph:
    """Read an ONNX file.

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
        If the file cannot be read or is not a valid ONNX file.
    """
    import onnx

    content = _content(path)
    try:
        model = onnx.load_model_from_string(content)
    except Exception:
        raise ConfigError(f"{path} is not a valid ONNX file; export it again") from None
    initialisers = {tensor.name for tensor in model.graph.initializer}
    return Graph(
        path,
        hashlib.sha256(content).hexdigest(),
        tuple(_tensor(value) for value in model.graph.input if value.name not in initialisers),
        tuple(_tensor(value) for value in model.graph.output),
        tuple(name for node in model.graph.node for name in node.output if name),
        max((opset.version for opset in model.opset_import if not opset.domain), default=0),
    )


def _tensor(value: Any) -> Tensor:
    tensor = value.type.tensor_type
    shape = tuple(d.dim_value if d.HasField("dim_value") else (d.dim_param or None) for d in tensor.shape.dim)
    return Tensor(value.name, _DTYPES.get(tensor.elem_type, "other"), shape if tensor.HasField("shape") else None)


def open_session(graph: Graph, outputs: tuple[str, ...] = ()) -> Any:
    """Open a session on the CPU with one thread.

    Parameters
    ----------
    graph : Graph
        The network.
    outputs : tuple of str
        Intermediate tensors to add to its outputs.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    ConfigError
        If the file changed or cannot be run.
    """
    import onnx
    import onnxruntime

    content = _content(graph.path)
    if hashlib.sha256(content).hexdigest() != graph.digest:
        raise ConfigError(f"{graph.path} changed while it was in use; run the command again")
    if outputs:
        model = onnx.load_model_from_string(content)
        model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)
        content = model.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ConfigError(f"{graph.path} cannot be run: {str(error).splitlines()[0]}") from None


def probe(graph: Graph, shapes: Mapping[str, tuple[int, ...]], outputs: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Run a network on zeros and return the shapes of its outputs.

    Parameters
    ----------
    graph : Graph
        The network.
    shapes : mapping of str to tuple of int
        Shapes of its inputs.
    outputs : tuple of str
        Names of outputs or intermediate tensors.

    Returns
    -------
    dict of str to tuple of int

    Raises
    ------
    ConfigError
        If the network cannot be run.
    """
    import numpy as np

    session = open_session(graph, tuple(name for name in outputs if name not in {o.name for o in graph.outputs}))
    try:
        values = session.run(list(outputs), {name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
    except Exception as error:
        raise ConfigError(f"{graph.path} cannot be run: {str(error).splitlines()[0]}") from None
    return {name: tuple(value.shape) for name, value in zip(outputs, values, strict=True)}
