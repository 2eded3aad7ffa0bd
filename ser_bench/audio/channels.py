"""Channels as one: their mean, or one of them where they cancel because one has inverted polarity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

_Result = TypeVar("_Result")

_CANCELLED = 0.02
"""Channels cancel if the power of their mean is this share of what independent channels would give."""


class Mixer:
    """Makes blocks of frames mono, and measures whether the channels cancel.

    Parameters
    ----------
    channel : int or None
        Index of the only channel to use; None for the mean of all.

    Attributes
    ----------
    n_channels : int
        Number of channels of the last block.
    """

    def __init__(self, channel: int | None = None) -> None:
        self.channel = channel
        self.n_channels = 0
        self._n = 0
        self._sums = np.zeros(1)
        self._squares = np.zeros(1)
        self._mean_squares = 0.0

    def mono(self, frames: np.ndarray) -> np.ndarray:
        """Make a block mono.

        Parameters
        ----------
        frames : ndarray of shape (n_frames, n_channels), dtype float32
            The block.

        Returns
        -------
        ndarray of shape (n_frames,), dtype float32
            The mean of the channels or the chosen channel, in memory of its own.
        """
        self.n_channels = frames.shape[1]
        if self.channel is not None:
            return np.ascontiguousarray(frames[:, self.channel]).copy()
        if frames.shape[1] == 1:
            return frames[:, 0].copy()
        with np.errstate(invalid="ignore", over="ignore"):  # the caller checks for NaN and Inf
            y: np.ndarray = frames.mean(axis=1, dtype=np.float32)
            self._n += len(frames)
            self._sums = self._sums + frames.sum(axis=0, dtype=np.float64)
            self._squares = self._squares + np.einsum("ij,ij->j", frames, frames, dtype=np.float64)
            self._mean_squares += float(np.einsum("i,i->", y, y, dtype=np.float64))
        return y

    def audible_channel(self) -> int | None:
        """Return the channel to use instead of the mean.

        Returns
        -------
        int or None
            The first channel with at least half the power of the strongest one; None if the channels do not cancel.
        """
        n_channels = len(self._squares)
        if not self._n or n_channels < 2:
            return None
        with np.errstate(invalid="ignore", over="ignore"):
            power = self._squares / self._n - (self._sums / self._n) ** 2
            mean_power = self._mean_squares / self._n - (self._sums.sum() / n_channels / self._n) ** 2
        if not power.max() > 0 or not mean_power < _CANCELLED * power.sum() / n_channels**2:
            return None
        return int(np.argmax(power >= power.max() / 2))


def read_mono(read: Callable[[Mixer], _Result]) -> tuple[_Result, int | None]:
    """Read a file as mono; read it again with one channel where its channels cancel.

    Parameters
    ----------
    read : callable
        Reads the file through a mixer.

    Returns
    -------
    result : object
        The result of ``read``.
    channel : int or None
        Index of the only channel that was used; None for the mean of all channels.
    """
    mixer = Mixer()
    result = read(mixer)
    channel = mixer.audible_channel()
    return (result, None) if channel is None else (read(Mixer(channel)), channel)
