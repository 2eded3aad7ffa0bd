"""Estimators as nodes of an ONNX graph.

Values are double where scikit-learn uses double, so that predictions agree to the last digits of float32.
"""

from __future__ import annotations

import pkgutil
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file.allowed import classes
from ser_bench.deploy.onnx import networks
from ser_bench.deploy.onnx.graph import Graph, double, ints
from ser_bench.models.estimators import Standardizer


def not_exported() -> dict[str, str]:
    """Return why an estimator cannot be exported, by the name of its class."""
    return {name: found.not_exported for name, found in classes().items() if found.not_exported}


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
    if name not in classes() or not classes()[name].onnx:
        reason = not_exported().get(name, f"no function writes the graph of {name}")
        others = "every model of ser-bench can be but chance and an svm with an approximated kernel"
        raise ModelFileError(f"this model cannot be exported to ONNX: {reason}\n{others}")
    probabilities_of: str = pkgutil.resolve_name(classes()[name].onnx)(graph, model, x)
    return probabilities_of


def pipeline(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of a pipeline's last step."""
    *before, last = [step for _, step in model.steps]
    for step in before:
        x = pkgutil.resolve_name(classes()[type(step).__name__].onnx_step)(graph, step, x)
    return probabilities(graph, last, x)


def wrapped(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of the estimator inside another."""
    return probabilities(graph, model.estimator_, x)


def vote(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of the mean of several estimators."""
    members = [probabilities(graph, member, x) for member in model.estimators_]
    return graph.add("Div", graph.add("Sum", *members), double([len(members)]))


def discriminant(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of linear discriminant analysis."""
    scores = graph.affine(graph.cast(x, np.float64), double(model.coef_).T, double(model.intercept_))
    if len(model.classes_) == 2:
        return graph.both_classes(graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)


def discriminant_axes(graph: Graph, model: Any, x: str) -> str:
    """Return the projection on the axes of linear discriminant analysis."""
    axes = model.scalings_[:, : model._max_components]
    return graph.add("MatMul", graph.cast(x, axes.dtype), axes)


def perceptron(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of a multi-layer perceptron."""
    for kernel, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        x = graph.add("Relu", graph.affine(x, kernel, bias))
    scores = graph.cast(graph.affine(x, model.coefs_[-1], model.intercepts_[-1]), np.float64)
    if model.out_activation_ == "logistic":
        return graph.both_classes(graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)


def majority(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of the classifier that always gives the training classes' frequencies."""
    count = graph.add("Shape", x, end=1)
    shape = graph.add("Concat", count, ints(1), axis=0)
    return graph.add("Expand", double(model.class_prior_)[None], shape)


def standardized(graph: Graph, model: Any, x: str) -> str:
    """Return standardised columns, float32; constant columns become zero."""
    graph.centre, graph.spread = model.mean_, model.scale_
    scale = np.where(model.constant_, np.inf, model.scale_)
    z = graph.add("Div", graph.add("Sub", graph.cast(x, np.float64), model.mean_), scale)
    limit = double(model.limit)
    return graph.cast(graph.add("Clip", z, np.array(-limit), np.array(limit)), np.float32)


def network(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of a Keras network."""
    if isinstance(model.scaler_, Standardizer):
        steps = standardized(graph, model.scaler_, x)
        steps = networks.chunked(graph, model, steps) if "frames" in model.inputs else steps
    else:
        graph.centre, graph.spread, graph.frames = model.scaler_.mean, model.scaler_.scale, model.length_ * model.pool
        steps = networks.pooled(graph, model, x)
    p = networks.network(graph, model.blueprint_, model.weights_, steps)
    return graph.normalised(graph.cast(p, np.float64))
