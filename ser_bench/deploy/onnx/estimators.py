"""Estimators as nodes of an ONNX graph.

Values are double where scikit-learn uses double, so that predictions agree to the last digits of float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.onnx import networks, trees
from ser_bench.deploy.onnx.graph import Graph, double, ints
from ser_bench.deploy.onnx.knn import neighbours
from ser_bench.deploy.onnx.svm import svm
from ser_bench.models.estimators import Standardizer

NOT_EXPORTED = {
    "Chance": "its guesses are drawn from a checksum of the features, for which ONNX has no operator",
    "NystroemSVC": "its approximated kernel is not written yet",
}
"""The estimators that cannot be exported, and why."""


def probabilities(graph: Graph, model: Any, x: str) -> str:
    """Add a fitted estimator to a graph.

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
        The name of the probabilities, double of shape ``(n, classes)``, in the order of its classes.

    Raises
    ------
    ModelFileError
        For an estimator without ONNX export.
    """
    name = type(model).__name__
    if name not in _CLASSIFIERS:
        reason = NOT_EXPORTED.get(name, f"nothing is known of {name} here")
        others = "every model of ser-bench can be but chance and an svm with an approximated kernel"
        raise ModelFileError(f"this model cannot be exported to ONNX: {reason}\n{others}")
    return _CLASSIFIERS[name](graph, model, x)


def _pipeline(graph: Graph, model: Any, x: str) -> str:
    *before, last = [step for _, step in model.steps]
    for step in before:
        x = _TRANSFORMERS[type(step).__name__](graph, step, x)
    return probabilities(graph, last, x)


def _wrapped(graph: Graph, model: Any, x: str) -> str:
    return probabilities(graph, model.estimator_, x)


def _vote(graph: Graph, model: Any, x: str) -> str:
    members = [probabilities(graph, member, x) for member in model.estimators_]
    return graph.add("Div", graph.add("Sum", *members), double([len(members)]))


def _discriminant(graph: Graph, model: Any, x: str) -> str:
    scores = graph.affine(graph.cast(x, np.float64), double(model.coef_).T, double(model.intercept_))
    if len(model.classes_) == 2:
        return graph.both_classes(graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)


def _discriminant_axes(graph: Graph, model: Any, x: str) -> str:
    axes = model.scalings_[:, : model._max_components]
    return graph.add("MatMul", graph.cast(x, axes.dtype), axes)


def _perceptron(graph: Graph, model: Any, x: str) -> str:
    for kernel, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        x = graph.add("Relu", graph.affine(x, kernel, bias))
    scores = graph.cast(graph.affine(x, model.coefs_[-1], model.intercepts_[-1]), np.float64)
    if model.out_activation_ == "logistic":
        return graph.both_classes(graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)


def _majority(graph: Graph, model: Any, x: str) -> str:
    count = graph.add("Shape", x, end=1)
    shape = graph.add("Concat", count, ints(1), axis=0)
    return graph.add("Expand", double(model.class_prior_)[None], shape)


def _standardized(graph: Graph, model: Any, x: str) -> str:
    """Return standardised columns, float32; constant columns become zero."""
    graph.centre, graph.spread = model.mean_, model.scale_
    scale = np.where(model.constant_, np.inf, model.scale_)
    z = graph.add("Div", graph.add("Sub", graph.cast(x, np.float64), model.mean_), scale)
    limit = double(model.limit)
    return graph.cast(graph.add("Clip", z, np.array(-limit), np.array(limit)), np.float32)


def _network(graph: Graph, model: Any, x: str) -> str:
    if isinstance(model.scaler_, Standardizer):
        steps = _standardized(graph, model.scaler_, x)
        steps = networks.chunked(graph, model, steps) if "frames" in model.inputs else steps
    else:
        graph.centre, graph.spread, graph.frames = model.scaler_.mean, model.scaler_.scale, model.length_ * model.pool
        steps = networks.pooled(graph, model, x)
    p = networks.network(graph, model.blueprint_, model.weights_, steps)
    return graph.normalised(graph.cast(p, np.float64))


_TRANSFORMERS: dict[str, Callable[[Graph, Any, str], str]] = {
    "BalancedLDA": _discriminant_axes,
    "Standardizer": _standardized,
}
_CLASSIFIERS: dict[str, Callable[[Graph, Any, str], str]] = {
    "BalancedLDA": _discriminant,
    "DecisionTreeClassifier": trees.decision_tree,
    "DummyClassifier": _majority,
    "FixedEpochsMLP": _perceptron,
    "KerasClassifier": _network,
    "LabelEncoded": _wrapped,
    "Neighbours": neighbours,
    "Oversampled": _wrapped,
    "Pipeline": _pipeline,
    "RandomForestClassifier": trees.forest,
    "SoftmaxSVC": svm,
    "VotingClassifier": _vote,
    "XGBClassifier": trees.boosted,
}
