"""Framing, trimming and decimation of speech."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
TRIM_DB = 40.0
"""Frames at the ends of a clip count as silence this far below the loud frames (their 95th percentile)."""
TRIM_SHARE = 0.3
"""In a noisy clip, they also count as silence below this share of the way from the quiet frames (5th percentile) to
the loud frames."""


@lru_cache(maxsize=32)
def hann(length: int) -> np.ndarray:
    """Return the periodic Hann window.

    Parameters
    ----------
    length : int
        Window length in samples.

    Returns
    -------
    ndarray of float32, shape (length,)
        The window, read-only.
    """
    window = np.hanning(length + 1)[:-1].astype(np.float32)
    window.flags.writeable = False
    return window


def window_length(sr: float) -> int:
    """Return the length of a 25 ms window.

    Parameters
    ----------
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    int
        Samples, at least 2.
    """
    return max(2, round(WINDOW_SECONDS * sr))


def frame_count(samples: int, sr: float) -> int:
    """Return the number of 25 ms frames every 10 ms that fit into a clip; it does not depend on the rate.

    Parameters
    ----------
    samples : int
        Length of the clip in samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    int
        Number of frames, at least 1.
    """
    return 1 + max(0, int((samples / sr - WINDOW_SECONDS) / HOP_SECONDS + 1e-6))


def cut_frames(y: np.ndarray, sr: float, count: int, length: int) -> np.ndarray:
    """Cut frames that are centred on the 25 ms frames, with zeros beyond the ends of the clip.

    Each centre is rounded to a sample on its own, so that every sampling rate gives the same number of frames.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.
    sr : float
        Sampling rate in Hz.
    count : int
        Number of frames.
    length : int
        Frame length in samples.

    Returns
    -------
    ndarray of float32, shape (count, length)
        The frames, a copy.
    """
    centres = np.arange(count) * (HOP_SECONDS * sr) + WINDOW_SECONDS * sr / 2
    starts = np.rint(centres - length / 2).astype(np.int64)
    before = max(0, -int(starts[0]))
    after = max(0, int(starts[-1]) + length - len(y))
    padded = np.pad(y, (before, after)) if before or after else y
    frames: np.ndarray = np.lib.stride_tricks.sliding_window_view(padded, length)[starts + before]
    return frames


def level_db(frames: np.ndarray) -> np.ndarray:
    """Return the RMS level of each frame.

    Parameters
    ----------
    frames : ndarray of float32, shape (t, length)
        Frames of samples.

    Returns
    -------
    ndarray of float64, shape (t,)
        Levels in dBFS, at least -120.
    """
    power = np.einsum("tn,tn->t", frames, frames, dtype=np.float64) / frames.shape[1]
    levels: np.ndarray = 10 * np.log10(np.maximum(power, 1e-12))
    return levels


def speech_bounds(y: np.ndarray, sr: float) -> tuple[int, int]:
    """Return the range of samples between the silence at both ends.

    The threshold is relative to the loud frames, not to the single loudest one, so that a click does not turn quiet
    speech into silence. A clip without sound is returned whole.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    first, end : int
        First sample of the speech and the sample after its last; at least 25 ms apart.
    """
    count = frame_count(len(y), sr)
    levels = level_db(cut_frames(y, sr, count, window_length(sr)))
    low, high = np.percentile(levels, (5, 95))
    loud = np.flatnonzero(levels >= max(high - TRIM_DB, low + TRIM_SHARE * (high - low), -119.0))
    if not len(loud):
        return 0, len(y)
    first = int(loud[0] * HOP_SECONDS * sr)
    end = int((loud[-1] * HOP_SECONDS + WINDOW_SECONDS) * sr)
    return first, min(len(y), max(end, first + window_length(sr)))


@lru_cache(maxsize=16)
def _lowpass(factor: int, taps_per_phase: int) -> np.ndarray:
    """Return a Blackman-windowed sinc that passes 0.8 of the new Nyquist frequency, shape ``(taps, factor)``."""
    length = factor * taps_per_phase
    taps = np.sinc(0.8 * (np.arange(length) - length / 2) / factor) * np.blackman(length + 1)[:-1]
    return np.asarray(taps / taps.sum(), dtype=np.float32).reshape(taps_per_phase, factor)


def decimate(y: np.ndarray, factor: int) -> np.ndarray:
    """Reduce the sampling rate by a whole factor, after a zero-phase low-pass filter.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.
    factor : int
        Ratio of the sampling rates.

    Returns
    -------
    ndarray of float32, shape (ceil(n / factor),)
        Samples at the lower rate.
    """
    if factor == 1:
        return y
    taps = _lowpass(factor, 16)
    phases = len(taps)
    length = -(-len(y) // factor)
    before = phases // 2
    padded = np.zeros((length + phases, factor), dtype=np.float32)
    padded.reshape(-1)[before * factor : before * factor + len(y)] = y
    # one matrix product gives each block's share of each output; the sums along its diagonals are the outputs
    shares = padded @ taps.T
    decimated: np.ndarray = np.stack([shares[k : k + length, k] for k in range(phases)]).sum(axis=0)
    return decimated
