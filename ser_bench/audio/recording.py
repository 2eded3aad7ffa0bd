"""A clip as it was read from its file: samples, the facts about the file, and whether the samples are usable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ser_bench.audio.excerpt import Decoded, is_excerpt
from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.audio.excerpt import Decoder

MIN_SECONDS = 0.05
"""Shortest clip: it holds a few periods of F0, even of a low voice."""

MIN_RATE = 4000
"""Lowest sampling rate in Hz; below it the formants are missing."""

MAX_RATE = 768_000
"""Highest sampling rate in Hz; a header with a higher one is damaged."""

_LARGEST = 1e10
"""Largest sample: floats that hold 32-bit integers are smaller, and powers of larger ones overflow."""
_SILENCE = 2.0**-15


@dataclass(frozen=True, eq=False)
class Recording(Decoded):
    """A clip as it was read from its file, with samples that were checked.

    The attributes are those of :class:`ser_bench.audio.excerpt.Decoded`.
    """

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what was not used, without the path."""
        return reading_warnings(len(self.y), self.sr, self.total, self.channel, self.unread)


@dataclass(frozen=True, eq=False)
class Stream:
    """A recording of any length, to be read in blocks.

    Attributes
    ----------
    sr : int
        The sampling rate of the file in Hz.
    total : int
        Number of samples.
    channel : int or None
        Index of the only channel that is used, because the channels cancel; None for the mean of all channels.
    start : callable
        Starts to decode the file through a mixer; yields the rate with each block of mono samples.
    unread : int
        Bytes after the samples that are not read.
    """

    sr: int
    total: int
    channel: int | None
    start: Decoder
    unread: int = 0

    def part(self, y: np.ndarray) -> Recording:
        """Return a part of the recording as a recording of its own.

        Parameters
        ----------
        y : ndarray of shape (n_samples,), dtype float32
            Samples of the part.

        Returns
        -------
        Recording
            The part, with the warnings about the file.
        """
        return Recording(y, self.sr, len(y), self.channel, unread=self.unread)

    def blocks(self) -> Iterator[np.ndarray]:
        """Read the recording from its start.

        Yields
        ------
        ndarray of shape (n_samples,), dtype float32
            The next mono samples.
        """
        from ser_bench.audio.channels import Mixer

        for _, y in self.start(Mixer(self.channel)):
            yield y


def reading_warnings(
    n_used: int, sr: int, total: int = 0, channel: int | None = None, unread: int = 0
) -> tuple[str, ...]:
    """Return sentences about what of a recording was not used.

    Parameters
    ----------
    n_used : int
        Number of samples that are used.
    sr : int
        Sampling rate in Hz.
    total : int
        Number of samples of the recording; 0 if unknown.
    channel : int or None
        Index of the only channel that is used, because the channels cancel.
    unread : int
        Bytes after the samples that were not read.

    Returns
    -------
    tuple of str
        Sentences without the path.
    """
    warnings = []
    if is_excerpt(n_used, sr):
        length = f" of {total / sr:,.0f} s" if total else ""
        warnings.append(f"long recording; only its middle {n_used / sr:.0f} s{length} are used")
    if channel is not None:
        warnings.append(f"the channels cancel (inverted polarity); only channel {channel + 1} is used")
    if unread:
        warnings.append(f"{unread:,} bytes after the samples are not used; the size in the header may be wrong")
    return tuple(warnings)


def checked(decoded: Decoded) -> Recording:
    """Check that a file was decoded to usable samples.

    Parameters
    ----------
    decoded : Decoded
        The samples.

    Returns
    -------
    Recording
        The same samples.

    Raises
    ------
    AudioError
        As :func:`check_samples`.
    """
    check_samples(decoded.y, decoded.sr)
    return Recording(**vars(decoded))


def scanned(start: Decoder, unread: int = 0) -> Stream:
    """Decode a whole file block by block, and check it.

    Parameters
    ----------
    start : callable
        Starts to decode the file through a mixer; yields the rate with each block of mono samples.
    unread : int
        Bytes after the samples that are not read.

    Returns
    -------
    Stream
        The recording, ready to be decoded again.

    Raises
    ------
    AudioError
        If the file is truncated, too short or silent, or its rate is out of range.
    """
    from ser_bench.audio.channels import read_mono

    (sr, total, extent), channel = read_mono(lambda mixer: _extent(start(mixer)))
    _check_length(total, sr)
    if extent < _SILENCE:
        raise _silence_error(extent)
    return Stream(sr, total, channel, start, unread)


def _extent(blocks: Iterator[tuple[int, np.ndarray]]) -> tuple[int, int, float]:
    """Return the rate, the number of samples, and the distance between the largest and the smallest sample."""
    rate, total, low, high = 0, 0, float("inf"), -float("inf")
    for sr, y in blocks:
        rate = sr
        total += len(y)
        low, high = min(low, float(y.min())), max(high, float(y.max()))
    if not total:
        raise AudioError("holds no samples")
    return rate, total, high - low


def check_samples(y: np.ndarray, sr: int) -> None:
    """Check that samples are usable.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Samples.
    sr : int
        Sampling rate in Hz.

    Raises
    ------
    AudioError
        If the rate is out of range, or the samples are too few, not finite, too large or constant.
    """
    import numpy as np

    _check_length(y.size, sr)
    if not np.isfinite(y).all():
        raise AudioError("holds NaN or infinite samples")
    if (peak := float(np.abs(y).max())) > _LARGEST:
        raise AudioError(f"samples reach {peak:.0e}, where full scale is 1; scale the file")
    if (extent := float(np.ptp(y))) < _SILENCE:
        raise _silence_error(extent)


def _silence_error(extent: float) -> AudioError:
    """Return the error for samples that span less than one step of 16 bits."""
    if not extent:
        return AudioError("silent: every sample is the same")
    return AudioError(f"silent in effect: the samples differ by {extent:.0e} of full scale at most")


def _check_length(n_samples: int, sr: int) -> None:
    """Raise an error if the rate is out of range or the samples are too few."""
    if sr < MIN_RATE:
        raise AudioError(f"sampling rate of {sr} Hz is below {MIN_RATE} Hz")
    if sr > MAX_RATE:
        raise AudioError(f"sampling rate of {sr} Hz is above {MAX_RATE} Hz")
    if not n_samples:
        raise AudioError("holds no samples")
    if n_samples < MIN_SECONDS * sr:
        raise AudioError(f"too short: {1e3 * n_samples / sr:.1f} ms, at least {1e3 * MIN_SECONDS:.0f} ms needed")
