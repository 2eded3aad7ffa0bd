"""Nearest neighbours: distances to every training clip, one asked clip after another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import Graph, ints


def neighbours(graph: Graph, model: Any, x: str) -> str:
    """Return the neighbours' shares of the classes; a neighbour at distance zero outweighs all that are further."""
    distances = graph.add("Scan", x, body=_distances(graph, model), num_scan_inputs=1)
    near, places = graph.parts("TopK", 2, distances, ints(model.n_neighbors), axis=1, largest=0)
    classes = graph.add("Gather", np.eye(len(model.classes_))[model._y], places, axis=0)
    if model.weights == "uniform":
        return graph.normalised(graph.add("ReduceSum", classes, ints(1), keepdims=0))
    same = graph.cast(graph.add("Equal", near, np.zeros(1)), np.float64)
    any_same = graph.add("Greater", graph.add("ReduceMax", same, axes=[1], keepdims=1), np.zeros(1))
    weights = graph.add("Where", any_same, same, graph.add("Reciprocal", near))
    weighted = graph.add("Mul", classes, graph.add("Unsqueeze", weights, ints(2)))
    return graph.normalised(graph.add("ReduceSum", weighted, ints(1), keepdims=0))


def _distances(graph: Graph, model: Any) -> Any:
    """Return the body that takes a clip ``(d,)`` to its distances ``(clips,)``.

    By rows, since all clips against all columns of all clips would not fit into memory, and by differences, since
    the shorter way over products tells equal clips apart.
    """
    from onnx import TensorProto, helper

    clips = graph.widened(model._fit_X)
    body = graph.within()
    apart = body.add("Sub", body.cast("clip", np.float64), clips)
    distances = _norm(body, apart, float(model.p))
    given = helper.make_tensor_value_info("clip", TensorProto.FLOAT, [model.n_features_in_])
    found = helper.make_tensor_value_info(distances, TensorProto.DOUBLE, [len(model._fit_X)])
    return helper.make_graph(body.nodes, "distances", [given], [found], body.constants)


def _norm(graph: Graph, apart: str, p: float) -> str:
    """Return the Minkowski norm of each row."""
    if p in (1.0, 2.0):
        return graph.add("ReduceL1" if p == 1.0 else "ReduceL2", apart, axes=[1], keepdims=0)
    powers = graph.add("Pow", graph.add("Abs", apart), np.full(1, p))
    return graph.add("Pow", graph.add("ReduceSum", powers, ints(1), keepdims=0), np.full(1, 1 / p))
