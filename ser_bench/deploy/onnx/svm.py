"""Support vector machines as matrix products, in double as in libsvm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import Graph, double, ints
from ser_bench.models.estimators import PAIR_SLOPE


def svm(graph: Graph, model: Any, x: str) -> str:
    """Add a support vector machine: the softmax of the log odds of its one-versus-one decisions.

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
    scores = graph.add("MatMul", _log_sigmoid(graph, decisions, PAIR_SLOPE), first)
    others = graph.add("MatMul", _log_sigmoid(graph, decisions, -PAIR_SLOPE), second)
    return graph.add("Softmax", graph.add("Add", scores, others), axis=1)


def _log_sigmoid(graph: Graph, x: str, factor: float) -> str:
    """Return the logarithm of the sigmoid of ``factor * x``, without overflow."""
    negative = graph.add("Mul", x, np.full(1, -factor))
    decay = graph.add("Exp", graph.add("Neg", graph.add("Abs", negative)))
    rest = graph.add("Log", graph.add("Add", decay, np.ones(1)))
    return graph.add("Neg", graph.add("Add", graph.add("Max", negative, np.zeros(1)), rest))


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
