"""Kernel ridge regression as matrix products, in double as in its predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import Graph, double, ints


def kernel_ridge(graph: Graph, model: Any, x: str) -> str:
    """Add kernel ridge regression: the softmax of its outputs.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : KernelRidgeClassifier
        The fitted classifier.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    x = graph.cast(x, np.float64)
    clips, gamma = double(model.clips_), np.full(1, -model.gamma / model.n_features_in_)
    dots = graph.add("MatMul", x, graph.double_constant(clips.T))
    squares = graph.add("ReduceSum", graph.add("Mul", x, x), ints(1), keepdims=1)
    sums = graph.add("Add", squares, (clips**2).sum(axis=1)[None])
    distances = graph.add("Relu", graph.add("Sub", sums, graph.add("Add", dots, dots)))
    kernel = graph.add("Exp", graph.add("Mul", distances, gamma))
    outputs = graph.affine(kernel, double(model.coefficients_), double(model.intercept_))
    return graph.add("Softmax", graph.add("Mul", outputs, np.full(1, model.sharpness)), axis=1)
