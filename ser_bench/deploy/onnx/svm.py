"""Support vector machines as matrix products, in double as in libsvm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import Graph, double, ints


def svm(graph: Graph, model: Any, x: str) -> str:
    """Add a support vector machine: the softmax of its one-versus-rest scores.

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
    kernel = _kernel(graph, model, graph.cast(x, np.float64))
    weights, first, second = _pairs(model)
    decisions = graph.affine(kernel, weights, double(model._intercept_))
    if len(model.classes_) == 2:
        scores = graph.add("MatMul", decisions, np.array([[1.0, -1.0]]))
        return graph.add("Softmax", scores, axis=1)
    lost = graph.cast(graph.add("Less", decisions, np.zeros(1)), np.float64)
    won = graph.add("Sub", np.ones(1), lost)
    votes = graph.add("Add", graph.add("MatMul", won, first), graph.add("MatMul", lost, second))
    sums = graph.add("MatMul", decisions, first - second)
    bound = graph.add("Mul", graph.add("Add", graph.add("Abs", sums), np.ones(1)), np.full(1, 3.0))
    return graph.add("Softmax", graph.add("Add", votes, graph.add("Div", sums, bound)), axis=1)


def _kernel(graph: Graph, model: Any, x: str) -> str:
    """Return the kernel with every support vector, ``(n, vectors)``."""
    vectors, gamma = double(model.support_vectors_), np.full(1, float(model._gamma))
    dots = graph.add("MatMul", x, graph.double_constant(vectors.T))
    if model.kernel == "linear":
        return dots
    if model.kernel == "rbf":
        squares = graph.add("ReduceSum", graph.add("Mul", x, x), ints(1), keepdims=1)
        sums = graph.add("Add", squares, (vectors**2).sum(axis=1)[None])
        return graph.add("Exp", graph.add("Mul", graph.add("Sub", graph.add("Add", dots, dots), sums), gamma))
    shifted = graph.add("Add", graph.add("Mul", dots, gamma), np.full(1, float(model.coef0)))
    if model.kernel == "poly":
        return graph.add("Pow", shifted, np.full(1, float(model.degree)))
    return graph.add("Tanh", shifted)


def _pairs(model: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights ``(vectors, pairs)``, and the first and second class of each pair, one-hot."""
    classes, ends = len(model.classes_), np.cumsum([0, *model._n_support])
    pairs = [(i, j) for i in range(classes) for j in range(i + 1, classes)]
    weights = np.zeros((ends[-1], len(pairs)))
    for k, (i, j) in enumerate(pairs):  # libsvm orders the weights of a vector by the other classes
        weights[ends[i] : ends[i + 1], k] = model._dual_coef_[j - 1, ends[i] : ends[i + 1]]
        weights[ends[j] : ends[j + 1], k] = model._dual_coef_[i, ends[j] : ends[j + 1]]
    first, second = (np.eye(classes)[[pair[k] for pair in pairs]] for k in (0, 1))
    return weights, first, second
