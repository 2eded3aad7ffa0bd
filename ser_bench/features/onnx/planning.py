"""From a description and its graphs to a chain: which input and output, their axes, and the number of values.

Each network runs on noise once, in a child process, so that a network that does not fit is refused before extraction.
One that takes clips of any length runs on two lengths: the axes that change are time.
"""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from functools import lru_cache

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features.onnx import axes
from ser_bench.features.onnx.chain import Step
from ser_bench.features.onnx.description import Description, Network
from ser_bench.features.onnx.graph import Graph, Tensor
from ser_bench.features.onnx.probe import probe
from ser_bench.features.onnx.windows import CHUNK

_PROBED_FRAMES = 100
"""Frames on which a network without a window runs first; for a waveform one second."""

_MAX_VALUES = 100_000
"""The most values of a frame: a longer one is probably an axis of time."""


@lru_cache(maxsize=64)
def plan(description: Description, graphs: tuple[Graph, ...]) -> tuple[Step, ...]:
    """Return the networks of a description, ready to run.

    Parameters
    ----------
    description : Description
        The description.
    graphs : tuple of Graph
        The graph of each network.

    Returns
    -------
    tuple of Step
        In the order of computation.

    Raises
    ------
    ConfigError
        If a network does not fit what it receives, or cannot be run.
    """
    dimension = description.mel.n_mels if description.mel else None
    steps: list[Step] = []
    for network, graph in zip(description.network, graphs, strict=True):
        step = _step(network, graph, dimension)
        length = step.window or (description.sampling_rate if dimension is None else _PROBED_FRAMES)
        steps.append(_probed(step, graph, length, dimension))
        dimension = steps[-1].dimension
    return tuple(steps)


def input_of(network: Network, graph: Graph) -> tuple[Tensor, axes.Shape]:
    """Return the input of a network that takes samples or frames, and its shape.

    Parameters
    ----------
    network : Network
        Its description, which may name the input.
    graph : Graph
        The network.

    Returns
    -------
    tuple of (Tensor, tuple)

    Raises
    ------
    ConfigError
        If there are several inputs, or the input takes no numbers of a known rank.
    """
    names = [tensor.name for tensor in graph.inputs]
    if network.input and network.input not in names:
        raise UnknownNameError(f"input of {graph.path.name}", network.input, names)
    if len(names) != 1:
        raise ConfigError(
            f"{graph.path.name} has {len(names)} inputs ({', '.join(names)}); export it with one, which takes "
            "samples or frames"
        )
    [tensor] = graph.inputs
    if tensor.dtype not in ("float32", "float16") or not tensor.shape:
        shape = "of unknown shape" if tensor.shape is None else f"of shape {axes.shown(tensor.shape)}"
        raise ConfigError(
            f"input {tensor.name!r} of {graph.path.name} takes {tensor.dtype} {shape}; export it with an input of "
            "float32 that states its axes"
        )
    return tensor, tensor.shape


def _step(network: Network, graph: Graph, dimension: int | None) -> Step:
    """Return a network that takes frames of ``dimension`` values, or samples if that is None; its output is unknown."""
    tensor, shape = input_of(network, graph)
    subject = f"input {tensor.name!r} of {graph.path.name}"
    input_axes = network.input_axes or axes.of_input(shape, dimension, subject)
    sizes = axes.sizes(input_axes, shape, subject)
    _check_sizes(sizes, dimension, network.window, subject)
    window = network.window or sizes["time"]
    declared = [tensor.name for tensor in graph.outputs]
    output = network.output or declared[0]
    if output not in (*declared, *graph.tensors):
        raise UnknownNameError(f"output of {graph.path.name}", output, declared)
    return Step(
        graph=dataclasses.replace(graph, tensors=()),
        input=tensor.name,
        output=output,
        input_axes=input_axes,
        output_axes=network.output_axes,
        windows_at_once=CHUNK if window and "batch" in sizes and sizes["batch"] is None else 1,
        window=window,
        hop=network.hop or window,
        scale=network.scale,
        offset=network.offset,
    )


def _check_sizes(sizes: dict[str, int | None], dimension: int | None, window: int | None, subject: str) -> None:
    """Raise :class:`ConfigError` if static sizes of an input do not fit what it receives."""
    if "time" not in sizes or ("features" in sizes) != (dimension is not None):
        expected = "time" if dimension is None else "time and features"
        raise ConfigError(f"invalid input_axes for {subject}: expected {expected}, got {' and '.join(sizes)}")
    if sizes.get("batch") not in (None, 1):
        raise ConfigError(f"{subject} takes {sizes['batch']} windows at once; export it for 1, or with a dynamic axis")
    if window and sizes["time"] not in (None, window):
        raise ConfigError(f"{subject} takes {sizes['time']} at once; the description has window = {window}")
    if dimension and sizes["features"] not in (None, dimension):
        raise ConfigError(f"{subject} takes frames of {sizes['features']} values, but receives {dimension}")


def _probed(step: Step, graph: Graph, length: int, dimension: int | None) -> Step:
    """Return a network with the axes and the number of values of its output."""
    step, shape = _output_shape(step, graph, length, dimension)
    longer = None if step.window else _shape(step, graph, 1, length + length // 2, dimension)
    subject = f"output {step.output!r} of {graph.path.name}"
    if longer and len(longer) != len(shape):
        raise ConfigError(
            f"{subject} has {len(shape)} axes for a clip and {len(longer)} for a longer one; state a window"
        )
    is_batched = "batch" in step.input_axes and (len(shape) > 1 or step.windows_at_once > 1)
    output_axes = step.output_axes or axes.of_output(shape, longer, batched=is_batched)
    if len(output_axes) != len(shape):
        raise ConfigError(f"{subject} has shape {axes.shown(shape)}; output_axes names {len(output_axes)} axes")
    sizes = {axis: axes.product(shape, output_axes, axis) for axis in ("features", "time")}
    if longer and axes.product(longer, output_axes, "features") != sizes["features"]:
        raise ConfigError(f"{subject} has more features for longer clips; state output_axes, or a window")
    if any(axes.product(shape, output_axes, axis) != 1 for axis in ("batch", "one")):
        named = ", ".join(output_axes)
        raise ConfigError(f"{subject} has shape {axes.shown(shape)} for one window, which is not {named}; correct it")
    if not 1 <= sizes["features"] <= _MAX_VALUES or not sizes["time"]:
        raise ConfigError(f"{subject} has shape {axes.shown(shape)}: {sizes['features']:,} values; name another output")
    is_single = longer is not None and sizes["time"] == axes.product(longer, output_axes, "time") == 1
    return dataclasses.replace(step, output_axes=output_axes, dimension=sizes["features"], is_single=is_single)


def _output_shape(step: Step, graph: Graph, length: int, dimension: int | None) -> tuple[Step, tuple[int, ...]]:
    """Return the shape of the output for one window; a network that cannot take two takes one at a time."""
    if step.windows_at_once > 1:
        with suppress(ConfigError):
            pair = _shape(step, graph, 2, length, dimension)
            axis = step.output_axes.index("batch") if "batch" in step.output_axes else 0
            if pair and pair[axis] == 2:
                return step, (*pair[:axis], 1, *pair[axis + 1 :])
    return dataclasses.replace(step, windows_at_once=1), _shape(step, graph, 1, length, dimension)


def _shape(step: Step, graph: Graph, windows: int, length: int, dimension: int | None) -> tuple[int, ...]:
    """Return the shape of the output for some windows of a length."""
    lengths = {"batch": windows, "time": length, "features": dimension or 1, "one": 1}
    return probe(graph, {step.input: tuple(lengths[axis] for axis in step.input_axes)}, [step.output])[step.output]
