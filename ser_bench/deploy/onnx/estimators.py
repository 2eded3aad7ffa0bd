"""Conversion of fitted estimators to nodes of an ONNX graph.

Each :class:`~ser_bench.models.base.EstimatorClass` names its function here or in a module beside this one.

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
    """Return the classes that cannot be exported.

    Returns
    -------
    dict of str to str
        Reasons by the name of the class.
    """
    return {name: listed.not_exported for name, listed in classes().items() if listed.not_exported}


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
        exported = "every model of ser-bench can be exported except chance and an svm with an approximated kernel"
        raise ModelFileError(f"this model cannot be exported to ONNX: {reason}\n{exported}")
    output: str = pkgutil.resolve_name(classes()[name].onnx)(graph, model, x)
    return output


def pipeline(graph: Graph, model: Any, x: str) -> str:
    """Add a pipeline: its transformers, then its classifier.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : sklearn.pipeline.Pipeline
        The fitted pipeline.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    *before, last = [step for _, step in model.steps]
    outer = graph.chosen
    for step in before:
        x = pkgutil.resolve_name(classes()[type(step).__name__].onnx_step)(graph, step, x)
    p = probabilities(graph, last, x)
    graph.chosen = outer
    return p


def chosen_columns(graph: Graph, model: Any, x: str) -> str:
    """Add the choice of columns of joined feature sets.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : ColumnSelector
        The fitted transformer.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the chosen columns, float32.
    """
    graph.chosen = (model.columns(), model.n_features_in_)
    return graph.add("Gather", x, model.columns(), axis=1)


def wrapped(graph: Graph, model: Any, x: str) -> str:
    """Add the classifier that a wrapper of :mod:`ser_bench.models.estimators` contains.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : estimator
        The fitted wrapper, with ``estimator_``.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    return probabilities(graph, model.estimator_, x)


def calibrated(graph: Graph, model: Any, x: str) -> str:
    """Add a classifier with calibrated probabilities: logarithm, division by the temperature, softmax.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : Calibrated
        The fitted classifier.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    p = probabilities(graph, model.estimator_, x)
    if not model.is_calibrated:
        return p
    floored = graph.add("Add", graph.add("Max", p, np.zeros(1)), np.full(1, model.floor_))
    return graph.add("Softmax", graph.add("Div", graph.add("Log", floored), np.full(1, model.temperature_)), axis=1)


def mean_of_members(graph: Graph, model: Any, x: str) -> str:
    """Add an ensemble: the mean of the probabilities of its members.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : ProbabilityMean
        The fitted ensemble.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    members = [probabilities(graph, member, x) for member in model.estimators_]
    return graph.add("Div", graph.add("Sum", *members), double([len(members)]))


def discriminant(graph: Graph, model: Any, x: str) -> str:
    """Add a classifier whose scores are linear: a discriminant or logistic regression.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : LinearDiscriminantAnalysis, LogisticRegression or LayeredLogisticRegression
        The fitted classifier.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    scores = graph.affine(graph.cast(x, np.float64), double(model.coef_).T, double(model.intercept_))
    if len(model.classes_) == 2:
        return graph.both_classes(graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)


def discriminant_axes(graph: Graph, model: Any, x: str) -> str:
    """Add the projection onto the axes of a linear discriminant analysis.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : LinearDiscriminantAnalysis
        The fitted transformer.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the projection, of shape ``(n, axes)``.
    """
    axes = model.scalings_[:, : model._max_components]
    return graph.add("MatMul", graph.cast(x, axes.dtype), axes)


def perceptron(graph: Graph, model: Any, x: str) -> str:
    """Add a multi-layer perceptron of scikit-learn.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : sklearn.neural_network.MLPClassifier
        The fitted classifier.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    for kernel, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        x = graph.add("Relu", graph.affine(x, kernel, bias))
    scores = graph.cast(graph.affine(x, model.coefs_[-1], model.intercepts_[-1]), np.float64)
    if model.out_activation_ == "logistic":
        return graph.both_classes(graph.add("Sigmoid", scores))
    return graph.add("Softmax", scores, axis=1)


def majority(graph: Graph, model: Any, x: str) -> str:
    """Add a classifier that gives every clip the class frequencies of training.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : sklearn.dummy.DummyClassifier
        The fitted classifier.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    count = graph.add("Shape", x, end=1)
    shape = graph.add("Concat", count, ints(1), axis=0)
    return graph.add("Expand", double(model.class_prior_)[None], shape)


def standardized(graph: Graph, model: Any, x: str) -> str:
    """Add the standardisation of columns; constant columns become zero.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : Standardizer
        The fitted transformer.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the columns, float32 of shape ``(n, d)``.
    """
    graph.describe_columns(model.mean_, model.scale_)
    scale = np.where(model.constant_, np.inf, model.scale_)
    z = graph.add("Div", graph.add("Sub", graph.cast(x, np.float64), model.mean_), scale)
    limit = double(model.limit)
    return graph.cast(graph.add("Clip", z, np.array(-limit), np.array(limit)), np.float32)


def network(graph: Graph, model: Any, x: str) -> str:
    """Add a Keras network with its scaler.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : KerasClassifier
        The fitted classifier.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    if isinstance(model.scaler_, Standardizer):
        steps = standardized(graph, model.scaler_, x)
        steps = networks.chunked(graph, model, steps) if "frames" in model.inputs else steps
    else:
        graph.centre, graph.spread, graph.frames = model.scaler_.mean, model.scaler_.scale, model.length_ * model.pool
        steps = networks.pooled(graph, model, x)
    p = networks.network(graph, model.blueprint_, model.weights_, model.members, steps)
    return graph.normalised(graph.cast(p, np.float64))
