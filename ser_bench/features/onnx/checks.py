"""What a network that a user brings may contain: refusals before the file reaches onnxruntime."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ser_bench.features.onnx.tensors import MAX_ELEMENTS, amount, declared_tensor, shape_problem, stored_problem

if TYPE_CHECKING:
    from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
"""Domains of the operators that a network may use; the empty name is ``ai.onnx``."""

MAX_DEPTH = 16
"""The deepest nesting of graphs inside nodes such as If, Loop and Scan."""

_RANDOM = ("Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike")
_OUTSIDE = ("ATen", "EPContext", "PythonOp", "PythonOpGrad")
"""Operators of ``com.microsoft`` that call or load what is outside the file."""

_SIZED = {"ConstantOfShape": 0, "Expand": 1, "OneHot": 1, "Resize": 3, "Tile": 1}
"""The position of the input whose values multiply to the size of the output, at least."""

_NOT_NUMBERS = ("map", "opaque", "optional", "sequence", "sparse_tensor", "string", "unknown")
"""Types of inputs that are refused."""

_EXPORT = "export the network again for inference"


def problem(model: ModelProto) -> str:
    """Return why a network is refused.

    Parameters
    ----------
    model : onnx.ModelProto
        The parsed file.

    Returns
    -------
    str
        What is wrong, a semicolon, and what to do; empty for a network that may be opened.
    """
    if not model.graph.node:
        return "holds no network; export the network to ONNX again"
    if not model.opset_import:
        return "states no version of its operators; download or export it again"
    return _version_problem(model) or _model_problem(model) or _graphs_problem(model) or _declared_problem(model.graph)


def _version_problem(model: ModelProto) -> str:
    """Refuse a format, or versions of operators, that the installed library does not know."""
    import onnx

    newest = dict.fromkeys(DOMAINS[:2], onnx.defs.onnx_opset_version())
    if not 3 <= model.ir_version <= onnx.IR_VERSION:
        known = f"this installation reads versions 3 to {onnx.IR_VERSION}"
        return f"has the format version {model.ir_version}; {known}: upgrade onnx and onnxruntime, or {_EXPORT}"
    for entry in model.opset_import:
        if entry.version < 1 or entry.version > newest.get(entry.domain, entry.version):
            known = f"this installation knows 1 to {newest.get(entry.domain, 1)}"
            name = entry.domain or "ai.onnx"
            return f"uses version {entry.version} of the operators {name!r}; {known}: upgrade onnx and onnxruntime"
    return ""


def _model_problem(model: ModelProto) -> str:
    """Refuse parts of a model that are not its graph."""
    if model.functions:
        name = model.functions[0].name
        return f"defines the function {name!r}; inline it with onnx.inliner.inline_local_functions"
    if model.training_info:
        return f"holds a training graph; {_EXPORT}"
    return ""


def _graphs_problem(model: ModelProto) -> str:
    """Refuse nodes and stored tensors, also of nested graphs."""
    for graph, depth in _graphs(model.graph):
        if depth > MAX_DEPTH:
            return f"nests graphs more than {MAX_DEPTH} deep; {_EXPORT}"
        if graph.sparse_initializer:
            return "holds sparse tensors; store them as dense initializers"
        reason = next(filter(None, map(_tensor_problem, graph.initializer)), "") or _nodes_problem(graph)
        if reason:
            return reason
    return ""


def _graphs(graph: GraphProto) -> Iterator[tuple[GraphProto, int]]:
    """Yield a graph and the graphs inside its nodes, each with its depth; none below one that is too deep."""
    waiting = [(graph, 0)]
    while waiting:
        current, depth = waiting.pop()
        yield current, depth
        attributes = (attribute for node in current.node for attribute in node.attribute)
        waiting += [(inner, depth + 1) for attribute in attributes for inner in _inner_graphs(attribute)]


def _inner_graphs(attribute: AttributeProto) -> list[GraphProto]:
    """Return the graphs of an attribute, also where it claims another type."""
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _nodes_problem(graph: GraphProto) -> str:
    """Refuse the nodes of one graph."""
    constants = _constants(graph)
    for node in graph.node:
        reason = _operator_problem(node) or _attributes_problem(node) or _size_problem(node, constants)
        if reason:
            return reason
    return ""


def _operator_problem(node: NodeProto) -> str:
    """Refuse operators that need other code or draw random numbers."""
    if node.domain not in DOMAINS or node.op_type in _OUTSIDE:
        name = f"{node.domain}.{node.op_type}".lstrip(".")
        return f"uses the operator {name!r}; only operators of {', '.join(DOMAINS[1:])} that need no other code are run"
    if node.op_type in _RANDOM:
        return f"draws random numbers ({node.op_type}), so that values would not repeat; {_EXPORT}"
    return ""


def _attributes_problem(node: NodeProto) -> str:
    """Refuse the tensors in the attributes of a node."""
    for attribute in node.attribute:
        if attribute.HasField("sparse_tensor") or attribute.sparse_tensors:
            return "holds sparse tensors; store them as dense initializers"
        tensors = [*([attribute.t] if attribute.HasField("t") else []), *attribute.tensors]
        reason = next(filter(None, map(_tensor_problem, tensors)), "")
        if reason:
            return reason
    return ""


def _tensor_problem(tensor: TensorProto) -> str:
    """Refuse a stored tensor whose values are elsewhere or do not fit its shape."""
    reason = stored_problem(tensor)
    advice = "save it as one file" if "another file" in reason else "the file is damaged: export the network again"
    return f"tensor {tensor.name[:80]!r} {reason}; {advice}" if reason else ""


def _constants(graph: GraphProto) -> dict[str, list[int]]:
    """Return short vectors of whole numbers that a graph stores, by name."""
    stored = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            tensors = [attribute.t for attribute in node.attribute if attribute.HasField("t")]
            stored |= dict(zip(node.output[:1], tensors, strict=False))
    return {name: _integers(tensor) for name, tensor in stored.items() if _is_short(tensor)}


def _is_short(tensor: TensorProto) -> bool:
    """Return whether a tensor is a valid vector of a few int64, or a scalar."""
    return tensor.data_type == tensor.INT64 and not stored_problem(tensor) and math.prod(tensor.dims) <= 8


def _integers(tensor: TensorProto) -> list[int]:
    """Return the values of a tensor of int64."""
    raw = tensor.raw_data
    numbers = [int.from_bytes(raw[i : i + 8], "little", signed=True) for i in range(0, len(raw), 8)]
    return numbers or list(tensor.int64_data)


def _size_problem(node: NodeProto, constants: dict[str, list[int]]) -> str:
    """Refuse a node whose output is larger than any network of speech needs, where its size is a stored number."""
    values = [constants.get(name, []) for name in node.input]
    size = 0
    if _SIZED.get(node.op_type, len(values)) < len(values):
        size = _product(values[_SIZED[node.op_type]])
    elif node.op_type == "Range" and len(values) == 3 and all(len(value) == 1 for value in values):
        (start,), (stop,), (step,) = values
        size = abs(stop - start) // max(abs(step), 1)
    if size <= MAX_ELEMENTS:
        return ""
    return f"makes a tensor of {amount(size)} values ({node.op_type}), the limit is {MAX_ELEMENTS:,}; {_EXPORT}"


def _product(lengths: Sequence[int]) -> int:
    """Return the product of lengths, without those that keep the length of the input."""
    return math.prod(length for length in lengths if length > 0)


def _declared_problem(graph: GraphProto) -> str:
    """Refuse inputs and outputs that are not tensors of a possible shape."""
    for kind, declared in (("input", graph.input), ("output", graph.output)):
        for tensor in map(declared_tensor, declared):
            reason = shape_problem(tensor.shape)
            if reason:
                return f"{kind} {tensor.name[:80]!r} {reason}; {_EXPORT}"
            if kind == "input" and tensor.dtype in _NOT_NUMBERS:
                return f"input {tensor.name[:80]!r} is of type {tensor.dtype}; audio needs a tensor of numbers"
    return ""
