"""From a description and its graphs to a chain: which input and output, their axes, and the number of values."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import lru_cache

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features.onnx import axes
from ser_bench.features.onnx.chain import Step
from ser_bench.features.onnx.description import Description, Network
from ser_bench.features.onnx.graph import Graph, Tensor
from ser_bench.features.onnx.probe import probe
from ser_bench.features.onnx.windows import CHUNK

_PROBED_FRAMES = 100
"""Frames on which a network without a window is run to learn the shape of its output."""

_FLOATS = ("float32", "float16")


@dataclass(frozen=True)
class PlannedStep:
    """A network ready to run, and what it returns.

    Parameters
    ----------
    step : Step
        The network.
    dimension : int
        Number of values of a frame of its output.
    is_single : bool
        Whether it returns one frame for a clip of any length.
    """

    step: Step
    dimension: int
    is_single: bool


@lru_cache(maxsize=64)
def plan(description: Description, graphs: tuple[Graph, ...]) -> tuple[PlannedStep, ...]:
    """Return the networks of a description, ready to run.

    Parameters
    ----------
    description : Description
        The description.
    graphs : tuple of Graph
        The graph of each network.

    Returns
    -------
    tuple of PlannedStep
        In the order of computation.

    Raises
    ------
    ConfigError
        If a network does not fit what it receives.
    """
    dimension = description.mel.n_mels if description.mel else None
    planned: list[PlannedStep] = []
    for network, graph in zip(description.network, graphs, strict=True):
        step = _step(network, graph, dimension)
        length = step.window or (description.sampling_rate if dimension is None else _PROBED_FRAMES)
        planned.append(_planned(step, graph, {"batch": 1, "time": length, "features": dimension or 1}))
        dimension = planned[-1].dimension
    return tuple(planned)


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
        If there are several inputs, or the input takes no numbers of one rank.
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
    if tensor.dtype not in _FLOATS or not tensor.shape:
        raise ConfigError(
            f"input {tensor.name!r} of {graph.path.name} takes {tensor.dtype} of shape "
            f"{axes.shown(tensor.shape or ())}; expected float32 with 1 to 4 axes"
        )
    return tensor, tensor.shape


def _step(network: Network, graph: Graph, dimension: int | None) -> Step:
    """Return a network ready to run on frames of ``dimension`` values, or on samples if that is None."""
    tensor, shape = input_of(network, graph)
    where = f"input {tensor.name!r} of {graph.path.name}"
    found = axes.of_waveform(shape, where) if dimension is None else axes.of_frames(shape, dimension, where)
    input_axes = network.input_axes or found
    sizes = axes.sizes(input_axes, shape, where)
    _check_sizes(sizes, dimension, network.window, where)
    output = network.output or graph.outputs[0].name
    declared = [tensor.name for tensor in graph.outputs]
    if output not in (*declared, *graph.tensors):
        raise UnknownNameError(f"output of {graph.path.name}", output, declared)
    return Step(
        path=str(graph.path),
        digest=graph.digest,
        input=tensor.name,
        output=output,
        dtype=tensor.dtype,
        is_intermediate=output not in declared,
        input_axes=input_axes,
        output_axes=network.output_axes,
        windows_at_once=CHUNK if "batch" in sizes and sizes["batch"] is None else 1,
        window=network.window or sizes["time"],
        hop=network.hop,
        scale=network.scale,
        offset=network.offset,
    )


def _check_sizes(sizes: dict[str, int | None], dimension: int | None, window: int | None, where: str) -> None:
    """Raise :class:`ConfigError` if static sizes of an input do not fit what it receives."""
    if "time" not in sizes or ("features" in sizes) != (dimension is not None):
        expected = '"time"' if dimension is None else '"time" and "features"'
        raise ConfigError(f"invalid input_axes for {where}: expected {expected}, got {', '.join(sizes)}")
    if sizes.get("batch") not in (None, 1):
        raise ConfigError(f"{where} takes {sizes['batch']} windows at once; export it for 1, or with a dynamic axis")
    if window and sizes["time"] not in (None, window):
        raise ConfigError(f"{where} takes windows of {sizes['time']}; the description has window = {window}")
    if dimension and sizes["features"] not in (None, dimension):
        raise ConfigError(f"{where} takes frames of {sizes['features']} values, but receives {dimension}")


def _planned(step: Step, graph: Graph, lengths: dict[str, int]) -> PlannedStep:
    """Return a network with the axes and sizes of its output, which its file states or a run on zeros shows."""
    declared = next((tensor.shape for tensor in graph.outputs if tensor.name == step.output), None)
    where = f"output {step.output!r} of {graph.path.name}"
    values = None if declared is None else _values(declared, _output_axes(step, len(declared), where))
    if declared is None or values is None:
        shape: axes.Shape = probe(
            graph, {step.input: tuple(lengths.get(axis, 1) for axis in step.input_axes)}, (step.output,)
        )[step.output]
        values = _values(shape, _output_axes(step, len(shape), where))
    else:
        shape = declared
    if not values:
        raise ConfigError(f"{where} has shape {axes.shown(shape)}, which holds no values")
    output_axes = _output_axes(step, len(shape), where)
    times = [size for size, axis in zip(declared or shape, output_axes, strict=True) if axis == "time"]
    is_static = declared is not None or not times
    is_single = step.window is None and is_static and all(size == 1 for size in times)
    return PlannedStep(dataclasses.replace(step, output_axes=output_axes), values, is_single)


def _output_axes(step: Step, rank: int, where: str) -> tuple[str, ...]:
    """Return the axes of an output, as stated or inferred."""
    if step.output_axes and len(step.output_axes) != rank:
        raise ConfigError(f"{where} has {rank} axes; output_axes names {len(step.output_axes)}")
    return step.output_axes or axes.of_output(rank, batched="batch" in step.input_axes)


def _values(shape: axes.Shape, output_axes: tuple[str, ...]) -> int | None:
    """Return the number of values of a frame; None if an axis is dynamic."""
    sizes = [size for size, axis in zip(shape, output_axes, strict=True) if axis == "features"]
    return math.prod(size for size in sizes if isinstance(size, int)) if all(map(_is_size, sizes)) else None


def _is_size(size: int | str | None) -> bool:
    return isinstance(size, int)
