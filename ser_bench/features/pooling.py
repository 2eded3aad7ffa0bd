"""Statistics over the frames of a clip, which turn a network's sequence into one vector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ser_bench.core.errors import UnknownNameError

if TYPE_CHECKING:
    import numpy as np

POOLINGS: Mapping[str, tuple[str, ...]] = {
    "mean": ("mean",),
    "mean-std": ("mean", "std"),
    "percentiles": ("p10", "p50", "p90"),
    "none": (),
}
"""Statistics of each pooling by its name; ``none`` keeps the frames."""

DEFAULT_POOLING = "mean-std"


def check_pooling(name: str) -> str:
    """Return the name of a pooling if it is known.

    Parameters
    ----------
    name : str
        Name of a pooling.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    UnknownNameError
        If the name is not one of ``POOLINGS``.
    """
    if name not in POOLINGS:
        raise UnknownNameError("pooling", name, POOLINGS)
    return name


def pool(frames: np.ndarray, name: str) -> np.ndarray:
    """Return the statistics of a sequence of frames.

    Parameters
    ----------
    frames : ndarray, shape (t, d)
        At least one frame.
    name : str
        One of ``POOLINGS``.

    Returns
    -------
    ndarray of float32
        The statistics of all columns, one after another, of shape ``(statistics * d,)``; computed in float64. For
        ``none`` the frames, of shape ``(t, d)``.
    """
    import numpy as np

    if check_pooling(name) == "none":
        return np.asarray(frames, dtype=np.float32)
    exact = np.asarray(frames, dtype=np.float64)
    if name == "percentiles":
        return np.percentile(exact, (10, 50, 90), axis=0).ravel().astype(np.float32)
    statistics = {"mean": exact.mean(axis=0), "std": exact.std(axis=0)}
    return np.concatenate([statistics[statistic] for statistic in POOLINGS[name]]).astype(np.float32)


def pooled_columns(columns: Iterable[str], name: str) -> tuple[str, ...]:
    """Return the column names of :func:`pool`.

    Parameters
    ----------
    columns : iterable of str
        Names of the values of a frame.
    name : str
        One of ``POOLINGS``.

    Returns
    -------
    tuple of str
        ``<column>_<statistic>``, all columns of a statistic before those of the next; for ``none`` the names as given.
    """
    columns = tuple(columns)
    if check_pooling(name) == "none":
        return columns
    return tuple(f"{column}_{statistic}" for statistic in POOLINGS[name] for column in columns)
