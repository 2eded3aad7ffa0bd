"""Axes of a network: which are windows, time and features, and arrays in that order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

Shape = tuple[int | str | None, ...]
"""Static sizes; names or None for dynamic axes."""

_WAVEFORMS = (("time",), ("batch", "time"), ("batch", "one", "time"))
"""Axes of an input that takes samples, by the number of axes."""


def of_input(shape: Shape, dimension: int | None, subject: str) -> tuple[str, ...]:
    """Return what each axis of an input is.

    Parameters
    ----------
    shape : tuple
        Static sizes, and names or None for dynamic axes.
    dimension : int or None
        Number of values of a frame; None for samples.
    subject : str
        The input, for messages.

    Returns
    -------
    tuple of str
        ``batch``, ``time``, ``features`` and ``one``, an axis of length 1.

    Raises
    ------
    ConfigError
        If the axes are ambiguous.
    """
    if dimension is not None:
        return _of_frames(shape, dimension, subject)
    if len(shape) > len(_WAVEFORMS) or any(size != 1 and isinstance(size, int) for size in shape[1:-1]):
        raise ConfigError(f"{subject} has shape {shown(shape)}, which is not that of a waveform; state input_axes")
    return _WAVEFORMS[len(shape) - 1]


def _of_frames(shape: Shape, dimension: int, subject: str) -> tuple[str, ...]:
    """Return the axes of an input that takes frames: the one with ``dimension`` values are the features.

    Of the others, those of length 1 after the first are ignored, the first of two is the batch, and the last is time.
    """
    axes = ["one" if size == 1 and k else "" for k, size in enumerate(shape)]
    features = [k for k, size in enumerate(shape) if size == dimension and not axes[k]]
    if len(features) != 1:
        problem = f"no axis of {dimension}" if not features else f"several axes of {dimension}"
        raise ConfigError(f"{subject} has shape {shown(shape)}, with {problem}; state input_axes")
    axes[features[0]] = "features"
    rest = [k for k, axis in enumerate(axes) if not axis]
    if not 1 <= len(rest) <= 2:
        raise ConfigError(f"{subject} has shape {shown(shape)}, which is not that of frames; state input_axes")
    axes[rest[-1]] = "time"
    if len(rest) == 2:
        axes[rest[0]] = "batch"
    return tuple(axes)


def sizes(axes: Sequence[str], shape: Shape, subject: str) -> dict[str, int | None]:
    """Return the size of each axis of an input.

    Parameters
    ----------
    axes : sequence of str
        What each axis is.
    shape : tuple
        Static sizes, and names or None for dynamic axes.
    subject : str
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
        raise ConfigError(f"{subject} has shape {shown(shape)}; input_axes names {len(axes)} axes")
    named = [axis for axis in axes if axis != "one"]
    if len(set(named)) < len(named):
        raise ConfigError(f"invalid input_axes for {subject}: name batch, time and features at most once")
    pairs = zip(axes, shape, strict=True)
    return {axis: size if isinstance(size, int) else None for axis, size in pairs if axis != "one"}


def of_output(shape: tuple[int, ...], longer: tuple[int, ...] | None, *, batched: bool) -> tuple[str, ...]:
    """Return what each axis of an output is.

    Parameters
    ----------
    shape : tuple of int
        Shape of the output for one window.
    longer : tuple of int or None
        Shape for a longer one, whose axes of time differ; None if the network takes windows of one length.
    batched : bool
        Whether the first axis are windows.

    Returns
    -------
    tuple of str
        Without ``longer``, the last axis are the features, and those between are time.
    """
    first = 1 if batched else 0
    inner = range(first, len(shape))
    time = set(inner[:-1]) if longer is None else {k for k in inner if shape[k] != longer[k]}
    return ("batch",) * first + tuple("time" if k in time else "features" for k in inner)


def product(shape: Sequence[int], axes: Sequence[str], axis: str) -> int:
    """Return the number of values along the axes of one kind.

    Parameters
    ----------
    shape : sequence of int
        Shape of an output.
    axes : sequence of str
        What each axis is.
    axis : str
        The kind.

    Returns
    -------
    int
        1 without such an axis.
    """
    return math.prod(size for size, kind in zip(shape, axes, strict=True) if kind == axis)


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
    values = windows.transpose([source.index(axis) for axis in axes if axis != "one"])
    for k, axis in enumerate(axes):
        if axis == "one":
            values = np.expand_dims(values, k)
    return np.ascontiguousarray(values)


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
    kinds = ("batch", "time", "features", "one")
    order = [k for kind in kinds for k, axis in enumerate(axes) if axis == kind]
    return values.transpose(order).reshape([product(values.shape, axes, kind) for kind in kinds[:3]])


def shown(shape: Shape) -> str:
    """Return a shape for a message.

    Parameters
    ----------
    shape : tuple
        Static sizes, and names or None for dynamic axes.

    Returns
    -------
    str
        Dynamic axes by name or as ``?``.
    """
    return f"({', '.join('?' if size is None else str(size) for size in shape)})"
