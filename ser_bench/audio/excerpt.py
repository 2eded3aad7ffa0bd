"""Excerpts of long recordings: the middle of a recording that would fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.audio.channels import Mixer

Decoder = Callable[["Mixer"], "Iterator[tuple[int, np.ndarray]]"]
"""Starts to decode a file through a mixer; yields the rate in Hz with each block of mono samples."""

MAX_SECONDS = 300
"""Only the middle of a longer recording is read."""

_MAX_SAMPLES = MAX_SECONDS * 48_000
"""At rates above 48 kHz the excerpt is shorter, because memory and time grow with the number of samples."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """The samples of a file.

    Attributes
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Samples with channels averaged, in [-1, 1] except for float files and overshoot of lossy decoders. For a
        recording longer than :func:`ser_bench.audio.max_samples`, the middle only.
    sr : int
        The sampling rate of the file in Hz.
    total : int
        Number of samples of the whole recording.
    channel : int or None
        Index of the only channel that was used, because the channels cancel; None for the mean of all channels.
    format : str
        The format of the file by its content, such as ``"WAV PCM_16"`` or ``"MP4"``.
    channels : int
        Number of channels of the file; 0 if unknown.
    unread : int
        Bytes after the samples that were not read.
    """

    y: np.ndarray
    sr: int
    total: int
    channel: int | None = None
    format: str = ""
    channels: int = 0
    unread: int = 0


def max_samples(sr: int) -> int:
    """Return the length of the longest recording that is read as a whole.

    Parameters
    ----------
    sr : int
        Sampling rate in Hz.

    Returns
    -------
    int
        Number of samples.
    """
    return min(MAX_SECONDS * sr, _MAX_SAMPLES)


def bounds(total: int, sr: int) -> tuple[int, int]:
    """Return the bounds of the excerpt of a recording.

    Parameters
    ----------
    total : int
        Number of samples of the recording.
    sr : int
        Sampling rate in Hz.

    Returns
    -------
    start, length : int
        In samples. The middle of a long recording has one sample more than the longest whole recording, so that
        :func:`is_excerpt` recognises it by its length.
    """
    most = max_samples(sr)
    return (0, total) if total <= most else ((total - most - 1) // 2, most + 1)


def is_excerpt(samples: int, sr: int) -> bool:
    """Return whether loaded samples are the middle of a longer recording.

    Parameters
    ----------
    samples : int
        Number of loaded samples.
    sr : int
        Sampling rate in Hz.

    Returns
    -------
    bool
        True for an excerpt, False for a whole recording.
    """
    return samples == max_samples(sr) + 1


def read_excerpt(decoder: Decoder) -> Decoded:
    """Read the excerpt of a file whose length is known only at its end; a long file is decoded twice.

    Parameters
    ----------
    decoder : Decoder
        Starts to decode the file.

    Returns
    -------
    Decoded
        The recording or its middle.

    Raises
    ------
    AudioError
        If the file holds no samples.
    """
    from ser_bench.audio.channels import read_mono

    (y, total, sr, n_channels), channel = read_mono(partial(_read_middle, decoder))
    return Decoded(y, sr, total, channel, channels=n_channels)


def _read_middle(decoder: Decoder, mixer: Mixer) -> tuple[np.ndarray, int, int, int]:
    """Return the samples of the excerpt, the number of samples and the rate of the file, and its channels."""
    y, total, sr = _read_from(decoder, mixer, 0)
    start, length = bounds(total, sr)
    if start:
        y, _, _ = _read_from(decoder, mixer, start)
    return y[:length], total, sr, mixer.n_channels


def _read_from(decoder: Decoder, mixer: Mixer, start: int) -> tuple[np.ndarray, int, int]:
    """Return the samples from ``start`` on, at most an excerpt; the number of samples of the file; the rate."""
    import numpy as np

    blocks, total, sr = [], 0, 0
    for sr, block in decoder(mixer):
        end = start + max_samples(sr) + 1
        if start < total + len(block) and total < end:
            blocks.append(block[max(0, start - total) : end - total])
        total += len(block)
    if not total:
        raise AudioError("holds no samples")
    return np.concatenate(blocks), total, sr
