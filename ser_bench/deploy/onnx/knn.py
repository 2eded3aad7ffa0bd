"""Nearest neighbours: distances to all training clips, clip by clip."""

from __future__ import annotations

from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import Graph, ints


def neighbours(graph: Graph, model: Any, x: str) -> str:
    """Add a nearest-neighbour classifier; neighbours at distance zero outweigh all others.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : estimator
        The fitted estimator.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    distances = graph.add("Scan", x, body=_distances(graph, model), num_scan_inputs=1)
    distance, index = graph.add_multiple("TopK", 2, distances, ints(model.n_neighbors), axis=1, largest=0)
    classes = graph.add("Gather", np.eye(len(model.classes_))[model._y], index, axis=0)
    if model.weights == "uniform":
        return graph.normalised(graph.add("ReduceSum", classes, ints(1), keepdims=0))
    same = graph.cast(graph.add("Equal", distance, np.zeros(1)), np.float64)
    any_same = graph.add("Greater", graph.add("ReduceMax", same, axes=[1], keepdims=1), np.zeros(1))
    weights = graph.add("Where", any_same, same, graph.add("Reciprocal", distance))
    weighted = graph.add("Mul", classes, graph.add("Unsqueeze", weights, ints(2)))
    return graph.normalised(graph.add("ReduceSum", weighted, ints(1), keepdims=0))


def _distances(graph: Graph, model: Any) -> Any:
    """Return the body that maps a clip ``(d,)`` to its distances ``(clips,)``.

    It works clip by clip, since all differences at once need too much memory. It uses differences, since the
    faster expansion into products gives equal clips a distance above zero.
    """
    from onnx import TensorProto, helper

    clips = graph.double_constant(model._fit_X)
    body = graph.body()
    difference = body.add("Sub", body.cast("clip", np.float64), clips)
    distances = _norm(body, difference, float(model.p))
    clip = helper.make_tensor_value_info("clip", TensorProto.FLOAT, [model.n_features_in_])
    output = helper.make_tensor_value_info(distances, TensorProto.DOUBLE, [len(model._fit_X)])
    return helper.make_graph(body.nodes, "distances", [clip], [output], body.constants)


def _norm(graph: Graph, difference: str, p: float) -> str:
    """Return the Minkowski norm of each row."""
    if p in (1.0, 2.0):
        return graph.add("ReduceL1" if p == 1.0 else "ReduceL2", difference, axes=[1], keepdims=0)
    powers = graph.add("Pow", graph.add("Abs", difference), np.full(1, p))
    return graph.add("Pow", graph.add("ReduceSum", powers, ints(1), keepdims=0), np.full(1, 1 / p))
