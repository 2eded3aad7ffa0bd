"""Axes of a network: which are windows, time and features, and arrays in that order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

Shape = tuple[int | str | None, ...]


def of_waveform(shape: Shape, where: str) -> tuple[str, ...]:
    """Return the axes of an input that takes samples.

    Parameters
    ----------
    shape : tuple
        Static sizes, and names or None for dynamic axes.
    where : str
        The input, for messages.

    Returns
    -------
    tuple of str
        The last axis is time, the first of several is the batch, others have length 1.

    Raises
    ------
    ConfigError
        If an axis between has another length.
    """
    if not 1 <= len(shape) <= 3 or any(size != 1 and isinstance(size, int) for size in shape[1:-1]):
        raise ConfigError(f"{where} has shape {shown(shape)}, which is not that of a waveform; state input_axes")
    return (("time",), ("batch", "time"), ("batch", "one", "time"))[len(shape) - 1]


def of_frames(shape: Shape, dimension: int, where: str) -> tuple[str, ...]:
    """Return the axes of an input that takes frames.

    Parameters
    ----------
    shape : tuple
        Static sizes, and names or None for dynamic axes.
    dimension : int
        Number of values of a frame.
    where : str
        The input, for messages.

    Returns
    -------
    tuple of str
        The axis with ``dimension`` values is the features; of the others those of length 1 after the first are
        ignored, the first of two is the batch, and the last is time.

    Raises
    ------
    ConfigError
        If the axes are ambiguous.
    """
    axes = ["one" if size == 1 and k else "" for k, size in enumerate(shape)]
    features = [k for k, size in enumerate(shape) if size == dimension and not axes[k]]
    if len(features) != 1:
        problem = f"no axis of {dimension}" if not features else f"several axes of {dimension}"
        raise ConfigError(f"{where} has shape {shown(shape)}, with {problem}; state input_axes")
    axes[features[0]] = "features"
    rest = [k for k, axis in enumerate(axes) if not axis]
    if not 1 <= len(rest) <= 2:
        raise ConfigError(f"{where} has shape {shown(shape)}, which is not that of frames; state input_axes")
    axes[rest[-1]] = "time"
    if len(rest) == 2:
        axes[rest[0]] = "batch"
    return tuple(axes)


def sizes(axes: Sequence[str], shape: Shape, where: str) -> dict[str, int | None]:
    """Return the size of each axis of an input.

    Parameters
    ----------
    axes : sequence of str
        What each axis is.
    shape : tuple
        Static sizes, and names or None for dynamic axes.
    where : str
        The input, for messages.

    Returns
    -------
    dict of str to int or None
        By axis, without those of length 1; None for a dynamic axis.

    Raises
    ------
    ConfigError
        If the axes are not those of one input.
    """
    if len(axes) != len(shape):
        raise ConfigError(f"{where} has {len(shape)} axes, {shown(shape)}; input_axes names {len(axes)}")
    named = [axis for axis in axes if axis != "one"]
    if len(set(named)) < len(named):
        raise ConfigError(f"invalid input_axes for {where}: name batch, time and features once each")
    pairs = zip(axes, shape, strict=True)
    return {axis: size if isinstance(size, int) else None for axis, size in pairs if axis != "one"}


def of_output(rank: int, *, batched: bool) -> tuple[str, ...]:
    """Return the axes of an output: windows first, features last, time between.

    Parameters
    ----------
    rank : int
        Number of axes.
    batched : bool
        Whether the network takes several windows at once.

    Returns
    -------
    tuple of str
    """
    first = ("batch",) if batched else ()
    inner = rank - len(first)
    return (*first, *("time",) * (inner - 1), *("features",) * min(inner, 1))


def arranged(windows: np.ndarray, axes: Sequence[str]) -> np.ndarray:
    """Return windows in the order of a network's input.

    Parameters
    ----------
    windows : ndarray, shape (n, t) or (n, t, d)
        Windows of samples or frames.
    axes : sequence of str
        Axes of the input; without ``batch``, there is one window.

    Returns
    -------
    ndarray
    """
    import numpy as np

    source = ["batch", "time", "features"][: windows.ndim]
    if "batch" not in axes:
        windows, source = windows[0], source[1:]
    order = [source.index(axis) for axis in axes if axis != "one"]
    values = windows.transpose(order)
    for k, axis in enumerate(axes):
        if axis == "one":
            values = np.expand_dims(values, k)
    return np.ascontiguousarray(values, dtype=np.float32)


def frames(values: np.ndarray, axes: Sequence[str]) -> np.ndarray:
    """Return the output of a network as windows of frames.

    Parameters
    ----------
    values : ndarray
        The output.
    axes : sequence of str
        Its axes; several of one kind are joined in order.

    Returns
    -------
    ndarray of shape (n, t, d)
    """
    kinds = ("batch", "time", "features")
    order = [k for kind in kinds for k, axis in enumerate(axes) if axis == kind]
    ones = tuple(k for k, axis in enumerate(axes) if axis == "one")
    sizes = [1, 1, 1]
    for size, axis in zip(values.shape, axes, strict=True):
        if axis != "one":
            sizes[kinds.index(axis)] *= size
    return values.transpose([*order, *ones]).reshape(sizes)


def shown(shape: Shape) -> str:
    """Return a shape for a message; dynamic axes by name or as ``?``."""
    return f"({', '.join(str(size) if size is not None else '?' for size in shape)})"
