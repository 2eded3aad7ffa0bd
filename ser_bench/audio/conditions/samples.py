"""Samples of a changed clip: their rate, their steps and their level."""

from __future__ import annotations

import numpy as np

from ser_bench.core.errors import ConditionError


def at_rate(y: np.ndarray, sr: int, rate: int) -> np.ndarray:
    """Resample a clip for an encoder.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr, rate : int
        The old and the new sampling rate in Hz.

    Returns
    -------
    ndarray of float32, shape (round(n * rate / sr),)

    Raises
    ------
    ConditionError
        If no sample is left.
    """
    from ser_bench.audio.resample import resample

    resampled = resample(y, sr, rate)
    if not len(resampled):
        raise ConditionError(f"too short for {rate:,} Hz: {len(y)} samples at {sr:,} Hz; leave the clip out")
    return resampled


def quantised(y: np.ndarray, bits: int = 16) -> np.ndarray:
    """Quantise samples uniformly and clip them at full scale.

    Parameters
    ----------
    y : ndarray of float32
        Samples; 1 is full scale.
    bits : int
        Bits per sample, at most 16.

    Returns
    -------
    ndarray of int16
        The samples as a converter of 16 bits gives them.
    """
    scale = 1 << (bits - 1)
    steps = np.clip(np.rint(y * scale), -scale, scale - 1)
    samples: np.ndarray = (steps * (1 << (16 - bits))).astype(np.int16)
    return samples


def as_float(samples: np.ndarray) -> np.ndarray:
    """Return 16-bit samples as values from -1 to 1.

    Parameters
    ----------
    samples : ndarray of int16
        The samples.

    Returns
    -------
    ndarray of float32
    """
    scaled: np.ndarray = samples / np.float32(1 << 15)
    return scaled


def as_loud_as(y: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Return a changed clip with the mean square of the clip before.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        The clip before.
    changed : ndarray of float32, shape (m,)
        The clip after.

    Returns
    -------
    ndarray of float32, shape (m,)
        The changed clip times a constant; itself if it holds zeros only.
    """
    before, after = (np.mean(np.square(samples, dtype=np.float64)) for samples in (y, changed))
    return changed * np.float32(np.sqrt(before / after)) if after > 0 else changed
