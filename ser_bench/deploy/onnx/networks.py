"""The networks of :mod:`ser_bench.models.networks.architectures` layer by layer, and the preparation of their input.

Sequences are ``(n, t, channels)`` as in Keras; convolutions and pooling transpose them to ``(n, channels, t)`` of ONNX
and back. Dropout has no effect after training and is omitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import Graph, ints

_EPSILON = 1e-3
"""The constant that Keras adds to the variance of a batch, and our networks to the variance over time."""

Weights = Iterator[np.ndarray]


def network(graph: Graph, plan: Any, weights: list[np.ndarray], members: int, x: str) -> str:
    """Add the mean of networks of one architecture.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    plan : Blueprint
        The architecture.
    weights : list of numpy.ndarray
        The weights in the order of the layers, of one network after another.
    members : int
        The number of networks.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, float32 of shape ``(n, classes)``.
    """
    remaining = iter(weights)
    outputs = []
    for _ in range(members):
        last = _NETWORKS[plan.network](graph, plan.architecture, remaining, x)
        outputs.append(graph.add("Softmax", _dense(graph, remaining, last), axis=1))
    return graph.add("Mean", *outputs)


def pooled(graph: Graph, model: Any, x: str) -> str:
    """Add the preparation of frames: means of frames, cropped and standardised.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : KerasClassifier
        The fitted classifier.
    x : str
        The name of the frames, ``(n, t, d)`` padded with NaN.

    Returns
    -------
    str
        The name of the steps, with a last channel that masks the padding.
    """
    present = graph.cast(graph.add("Not", graph.add("IsNaN", _bands(graph, x, 0, 1))), np.int64)
    frames = graph.add("ReduceSum", present, ints(1), keepdims=1)  # (n, 1, 1)
    size = graph.add("Max", graph.add("Min", frames, ints(model.pool)), ints(1))  # frames per step
    steps = graph.add("Div", frames, size)
    excess = graph.add("Div", graph.add("Sub", steps, ints(model.length_)), ints(2))
    step = graph.add("Add", graph.add("Max", excess, ints(0)), np.arange(model.length_)[None, :, None])
    inside = graph.add("Less", step, steps)
    mask = graph.cast(inside, np.float32)
    means = _without_level(graph, model, _means(graph, x, step, inside, size, model.pool), mask)
    z = graph.add("Sub", means, model.scaler_.mean.astype(np.float32))
    z = graph.add("Mul", graph.add("Div", z, model.scaler_.scale.astype(np.float32)), mask)
    return graph.add("Concat", z, mask, axis=2)


def _means(graph: Graph, x: str, step: str, inside: str, size: str, pool: int) -> str:
    """Return the mean of the ``size`` frames of each step inside the clip, zero outside, ``(n, length, d)``."""
    frame = graph.constant(np.arange(pool)[None, None, :])
    used = graph.add("And", inside, graph.add("Less", frame, size))
    index = graph.add("Where", used, graph.add("Add", graph.add("Mul", step, size), frame), ints(0))
    values = graph.add("GatherND", x, graph.add("Unsqueeze", index, ints(3)), batch_dims=1)  # (n, length, pool, d)
    values = graph.add("Where", graph.add("Unsqueeze", used, ints(3)), values, np.zeros(1, np.float32))
    return graph.add("Div", graph.add("ReduceSum", values, ints(2), keepdims=0), graph.cast(size, np.float32))


def _without_level(graph: Graph, model: Any, means: str, mask: str) -> str:
    """Subtract the mean over the clip and its first bands from these bands."""
    columns = len(model.scaler_.mean)
    bands = min(model.level_bands, columns)
    if not bands:
        return means
    level = graph.add("ReduceMean", _bands(graph, means, 0, bands), axes=[2], keepdims=1)
    steps = graph.add("Max", graph.add("ReduceSum", mask, ints(1), keepdims=1), np.ones(1, np.float32))
    level = graph.add("Div", graph.add("ReduceSum", level, ints(1), keepdims=1), steps)
    chosen = (np.arange(columns) < bands).astype(np.float32)
    return graph.add("Sub", means, graph.add("Mul", level, chosen))


def chunked(graph: Graph, model: Any, x: str) -> str:
    """Add the preparation of a vector: steps of columns, padded with zeros.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : KerasClassifier
        The fitted classifier.
    x : str
        The name of the vector, ``(n, d)``.

    Returns
    -------
    str
        The name of the steps, with a last channel of ones.
    """
    steps, channels = model.blueprint_.shape
    width = channels - 1
    padded = graph.add("Pad", x, ints(0, 0, 0, steps * width - model.scaler_.n_features_in_))
    bands = graph.add("Reshape", padded, ints(-1, steps, width))
    return graph.add("Pad", bands, ints(0, 0, 0, 0, 0, 1), np.array(1, np.float32))


def _mlp(graph: Graph, architecture: Any, weights: Weights, x: str) -> str:
    for _ in architecture["hidden"]:
        x = graph.add("Relu", _dense(graph, weights, x))
    return x


def _cnn1d(graph: Graph, architecture: Any, weights: Weights, x: str) -> str:
    if not architecture.get("flat", False):
        x, mask, pooled = _convolved(graph, architecture, weights, x)
        return _pooled_clip(graph, architecture, weights, x, mask, pooled)
    x, _ = _bands_and_mask(graph, x)
    for layer in range(len(architecture["filters"])):
        x = _convolution(graph, weights, _pooling(graph, x, 4) if layer else x, 1 if layer else 2)
    return graph.add("Flatten", x, axis=1)


def _cnn2d(graph: Graph, architecture: Any, weights: Weights, x: str) -> str:
    x, mask = _bands_and_mask(graph, x)
    pooled = [_mean_and_spread(graph, x, mask)]
    x = graph.add("Unsqueeze", x, ints(3))
    for layer in range(len(architecture["filters"])):
        factor = 2 if layer < architecture["halvings"] else 1
        x = _convolution(graph, weights, x, 1, 2 if layer == 0 else 1, pool=(factor, 2))
        mask = _pooling(graph, mask, factor)
    n, steps, bands, channels = (graph.add("Shape", x, start=k, end=k + 1) for k in range(4))
    x = graph.add("Reshape", x, graph.add("Concat", n, steps, graph.add("Mul", bands, channels), axis=0))
    pooled.append(_mean_and_spread(graph, x, mask))
    return _pooled_clip(graph, architecture, weights, _convolution(graph, weights, x, 1), mask, pooled)


def _lstm(graph: Graph, architecture: Any, weights: Weights, x: str) -> str:
    flat = architecture.get("flat", False)
    plan = {**architecture, "filters": []} if flat else architecture
    x, mask, pooled = _convolved(graph, plan, weights, x)
    if plan["filters"]:
        pooled = [*pooled, _mean_and_spread(graph, x, mask)]
    layer = {"lstm": _lstm_layer, "gru": _gru_layer}[architecture["memory"]]
    x = layer(graph, weights, x, architecture["units"], 2 if architecture["bidirectional"] else 1)
    if flat:
        return graph.add("Flatten", x, axis=1)
    return _pooled_clip(graph, architecture, weights, x, mask, pooled)


def _convolved(graph: Graph, architecture: Any, weights: Weights, x: str) -> tuple[str, str, list[str]]:
    """Return the last convolution, its mask, and the statistics of the input and of each convolution but the last."""
    x, mask = _bands_and_mask(graph, x)
    pooled = [_mean_and_spread(graph, x, mask)]
    filters = architecture["filters"]
    for layer in range(len(filters)):
        x = _convolution(graph, weights, x, 1)
        if layer < architecture["halvings"]:
            x, mask = (_pooling(graph, part, 2) for part in (x, mask))
        if layer < len(filters) - 1:
            pooled.append(_mean_and_spread(graph, x, mask))
    return x, mask, pooled


def _pooled_clip(graph: Graph, architecture: Any, weights: Weights, x: str, mask: str, pooled: list[str]) -> str:
    """Return the statistics of the last layer, with those of other layers where the network sees them."""
    attention = architecture["pooling"] == "attention"
    x = _attended(graph, weights, x, mask) if attention else _mean_and_spread(graph, x, mask)
    return graph.add("Concat", x, *pooled, axis=1) if architecture["pooled_layers"] == "all" else x


def _dense(graph: Graph, weights: Weights, x: str) -> str:
    return graph.affine(x, next(weights), next(weights))


def _bands_and_mask(graph: Graph, x: str) -> tuple[str, str]:
    """Return the bands and the mask of a sequence."""
    return _bands(graph, x, 0, -1), _bands(graph, x, -1, np.iinfo(np.int64).max)


def _bands(graph: Graph, x: str, start: int, end: int) -> str:
    return graph.add("Slice", x, ints(start), ints(end), ints(2))


def _channels_first(graph: Graph, x: str, axes: int, change: Callable[[str], str]) -> str:
    """Apply ``change`` to ``(n, channels, …)``, with ``axes`` axes after the channels, and transpose back."""
    between = range(1, 1 + axes)
    transposed = graph.add("Transpose", x, perm=[0, 1 + axes, *between])
    return graph.add("Transpose", change(transposed), perm=[0, *(k + 1 for k in between), 1])


def _convolution(graph: Graph, weights: Weights, x: str, *strides: int, pool: tuple[int, ...] = ()) -> str:
    """Return a convolution without bias, pooling, batch normalisation and a rectifier."""
    kernel, (gamma, beta, mean, variance) = next(weights), (next(weights) for _ in range(4))
    axes = kernel.ndim - 2
    transposed = np.transpose(kernel, (axes + 1, axes, *range(axes)))
    attributes: dict[str, Any] = {
        "strides": list(strides),
        "auto_pad": "SAME_UPPER",
        "kernel_shape": list(kernel.shape[:axes]),
    }
    x = _channels_first(graph, x, axes, lambda value: graph.add("Conv", value, transposed, **attributes))
    x = _pooling(graph, x, *pool) if pool else x
    scale = gamma / np.sqrt(variance + np.float32(_EPSILON))
    return graph.add("Relu", graph.add("Add", graph.add("Mul", x, scale), beta - mean * scale))


def _pooling(graph: Graph, x: str, *factors: int) -> str:
    size = list(factors)
    attributes: dict[str, Any] = {"kernel_shape": size, "strides": size, "auto_pad": "SAME_UPPER"}
    return _channels_first(graph, x, len(size), lambda value: graph.add("MaxPool", value, **attributes))


def _lstm_layer(graph: Graph, weights: Weights, x: str, units: int, directions: int) -> str:
    """Return the outputs of an LSTM at every step, both directions concatenated."""
    cells = [[next(weights) for _ in range(3)] for _ in range(directions)]
    kernels = np.stack([_gates(kernel.T, units) for kernel, _, _ in cells])
    recurrent = np.stack([_gates(kernel.T, units) for _, kernel, _ in cells])
    biases = np.stack([np.concatenate([_gates(bias, units), np.zeros_like(bias)]) for _, _, bias in cells])
    direction = "bidirectional" if directions == 2 else "forward"
    steps = graph.add("Transpose", x, perm=[1, 0, 2])
    y = graph.add("LSTM", steps, kernels, recurrent, biases, hidden_size=units, direction=direction)
    return graph.add("Reshape", graph.add("Transpose", y, perm=[2, 0, 1, 3]), ints(0, 0, directions * units))


def _gates(values: np.ndarray, units: int) -> np.ndarray:
    """Reorder gates from Keras (input, forget, cell, output) to ONNX (input, output, forget, cell)."""
    gates = values.reshape(4, units, *values.shape[1:])
    return gates[[0, 3, 1, 2]].reshape(values.shape)


def _gru_layer(graph: Graph, weights: Weights, x: str, units: int, directions: int) -> str:
    """Return the outputs of gated recurrent units at every step, both directions concatenated."""
    cells = [[next(weights) for _ in range(3)] for _ in range(directions)]
    kernels, recurrent = (np.stack([cell[k].T for cell in cells]) for k in (0, 1))
    biases = np.stack([bias.reshape(-1) for _, _, bias in cells])
    direction = "bidirectional" if directions == 2 else "forward"
    steps = graph.add("Transpose", x, perm=[1, 0, 2])
    y = graph.add(
        "GRU", steps, kernels, recurrent, biases, hidden_size=units, direction=direction, linear_before_reset=1
    )
    return graph.add("Reshape", graph.add("Transpose", y, perm=[2, 0, 1, 3]), ints(0, 0, directions * units))


def _attended(graph: Graph, weights: Weights, x: str, mask: str) -> str:
    """Return mean and standard deviation over the steps for each head of an attention."""
    behind = graph.add("Mul", graph.add("Sub", mask, np.ones(1, np.float32)), np.full(1, 1e4, np.float32))
    scores = graph.add("Add", _dense(graph, weights, x), behind)
    share = graph.add("Transpose", graph.add("Softmax", scores, axis=1), perm=[0, 2, 1])
    mean = graph.add("MatMul", share, x)
    squares = graph.add("MatMul", share, graph.add("Mul", x, x))
    variance = graph.add("Max", graph.add("Sub", squares, graph.add("Mul", mean, mean)), np.zeros(1, np.float32))
    spread = graph.add("Sqrt", graph.add("Add", variance, np.full(1, _EPSILON, np.float32)))
    return graph.add("Flatten", graph.add("Concat", mean, spread, axis=2), axis=1)


def _mean_and_spread(graph: Graph, x: str, mask: str) -> str:
    def over_time(value: str, keep: int) -> str:
        return graph.add("ReduceSum", value, ints(1), keepdims=keep)

    epsilon = np.full(1, _EPSILON, np.float32)
    steps = graph.add("Add", over_time(mask, 1), epsilon)
    mean = graph.add("Div", over_time(graph.add("Mul", x, mask), 1), steps)
    difference = graph.add("Sub", x, mean)
    squares = graph.add("Mul", graph.add("Mul", difference, difference), mask)
    variance = graph.add("Div", over_time(squares, 1), steps)
    spread = graph.add("Sqrt", graph.add("Add", variance, epsilon))
    return graph.add("Flatten", graph.add("Concat", mean, spread, axis=2), axis=1)


_NETWORKS: dict[str, Callable[[Graph, Any, Weights, str], str]] = {
    "mlp": _mlp,
    "cnn1d": _cnn1d,
    "cnn2d": _cnn2d,
    "lstm": _lstm,
}
