"""Windows of a sequence: how many fit, and the windows in chunks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ser_bench.core.errors import FeatureError

if TYPE_CHECKING:
    import numpy as np

CHUNK = 16
"""Windows that a network takes at once; counted from the start of the clip, so that values depend on nothing else."""


def chunks(sequence: np.ndarray, window: int | None, hop: int | None, size: int = CHUNK) -> Iterator[np.ndarray]:
    """Return the windows of a sequence, some at a time.

    Parameters
    ----------
    sequence : ndarray, shape (t,) or (t, d)
        Samples or frames, at least one window.
    window, hop : int or None
        Length of a window and distance between windows; None for one window of the whole sequence, and for adjacent
        windows. A remainder that is shorter than a window is left out.
    size : int
        The largest number of windows at a time.

    Yields
    ------
    ndarray, shape (n, window) or (n, window, d)
    """
    import numpy as np

    if window is None:
        yield sequence[None]
        return
    views = np.lib.stride_tricks.sliding_window_view(sequence, window, axis=0)[:: hop or window]
    windows = np.moveaxis(views, -1, 1)
    for first in range(0, len(windows), size):
        yield windows[first : first + size]


def lengthened(sequence: np.ndarray, window: int | None, short: str, unit: str) -> np.ndarray:
    """Return a sequence of at least one window.

    Parameters
    ----------
    sequence : ndarray, shape (t,) or (t, d)
        Samples or frames.
    window : int or None
        Length of a window.
    short : {'error', 'pad'}
        Whether a shorter sequence is an error, or is padded: samples with zeros, frames with the last one.
    unit : str
        ``samples`` or ``frames``, for the message.

    Returns
    -------
    ndarray

    Raises
    ------
    FeatureError
        If the sequence is shorter than a window, or empty.
    """
    import numpy as np

    missing = (window or 1) - len(sequence)
    if missing <= 0:
        return sequence
    if short != "pad" or not len(sequence):
        raise FeatureError(
            f'the clip has {len(sequence)} {unit}, fewer than one window of {window or 1}; short = "pad" pads it'
        )
    if sequence.ndim == 1:
        return np.pad(sequence, (0, missing))
    return np.pad(sequence, ((0, missing), (0, 0)), mode="edge")
