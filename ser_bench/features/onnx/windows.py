"""Windows of a sequence: how many fit, and the windows in chunks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ser_bench.core.errors import FeatureError

if TYPE_CHECKING:
    import numpy as np

CHUNK = 16
"""Windows that a network takes at once; counted from the start of the clip, so that values depend on nothing else."""


def chunks(sequence: np.ndarray, window: int | None, hop: int | None, size: int) -> Iterator[np.ndarray]:
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


def lengthened(sequence: np.ndarray, window: int | None, file: str, short: str) -> np.ndarray:
    """Return a sequence of at least one window.

    Parameters
    ----------
    sequence : ndarray, shape (t,) or (t, d)
        Samples or frames.
    window : int or None
        Length of a window.
    file : str
        The network, for the message.
    short : {'error', 'pad'}
        Whether a shorter sequence is an error, or is padded: samples with zeros, frames with the last one.

    Returns
    -------
    ndarray

    Raises
    ------
    FeatureError
        If the sequence is shorter than a window, or empty.
    """
    import numpy as np

    window = window or 1
    missing = window - len(sequence)
    if missing <= 0:
        return sequence
    if short == "pad" and len(sequence):
        return np.pad(sequence, (0, missing)) if sequence.ndim == 1 else _with_last_frame(sequence, missing)
    unit = "samples" if sequence.ndim == 1 else "frames"
    raise FeatureError(
        f"the clip is shorter than a window of {file}: {len(sequence):,} of {window:,} {unit}; pad such clips with "
        "#short=pad"
    )


def _with_last_frame(frames: np.ndarray, count: int) -> np.ndarray:
    """Return frames with the last one repeated."""
    import numpy as np

    return np.pad(frames, ((0, count), (0, 0)), mode="edge")
