"""Frames, windows and decimation: how samples are cut up before they are measured."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
TRIM_DB = 40.0
"""Sound this far below the loud frames (their 95th percentile) counts as silence at the ends."""
TRIM_SHARE = 0.3
"""So does, in a noisy clip, what rises less than this share of the way from the quiet frames (their 5th
percentile) to the loud ones."""


@lru_cache(maxsize=32)
def hann(length: int) -> np.ndarray:
    """Return the periodic Hann window, float32 of shape ``(length,)``."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    window.flags.writeable = False
    return window


def window_length(sr: float) -> int:
    """Return the samples in 25 ms, at least 2."""
    return max(2, round(WINDOW_SECONDS * sr))


def frame_count(samples: int, sr: float) -> int:
    """Return how many 25 ms frames, 10 ms apart, fit; at least 1, and the same whatever the rate."""
    return 1 + max(0, int((samples / sr - WINDOW_SECONDS) / HOP_SECONDS + 1e-6))


def cut_frames(y: np.ndarray, sr: float, count: int, length: int) -> np.ndarray:
    """Return ``count`` frames of ``length`` samples centred where the 25 ms frames are, zeros outside.

    The centres are rounded one by one, so that a rate of which 10 ms is no whole number of samples
    gives as many frames as any other. Returns a copy of shape ``(count, length)``.
    """
    centres = np.arange(count) * (HOP_SECONDS * sr) + WINDOW_SECONDS * sr / 2
    starts = np.rint(centres - length / 2).astype(np.int64)
    before = max(0, -int(starts[0]))
    after = max(0, int(starts[-1]) + length - len(y))
    padded = np.pad(y, (before, after)) if before or after else y
    view = np.lib.stride_tricks.sliding_window_view(padded, length)
    return view[starts + before]


def level_db(frames: np.ndarray) -> np.ndarray:
    """Return each frame's level in dB of full scale (RMS), not below -120, shape ``(t,)``."""
    power = np.einsum("tn,tn->t", frames, frames, dtype=np.float64) / frames.shape[1]
    return 10 * np.log10(np.maximum(power, 1e-12))


def speech_bounds(y: np.ndarray, sr: float) -> tuple[int, int]:
    """Return the first and last-plus-one sample of the part that is not silence; never less than 25 ms.

    Silence is measured against the loud frames and not against the single loudest one, so that a
    click does not turn quiet speech into silence. A clip with no sound at all is kept whole.
    """
    count = frame_count(len(y), sr)
    levels = level_db(cut_frames(y, sr, count, window_length(sr)))
    low, high = np.percentile(levels, (5, 95))
    loud = np.flatnonzero(levels >= max(high - TRIM_DB, low + TRIM_SHARE * (high - low), -119.0))
    if not len(loud):
        return 0, len(y)
    first = int(loud[0] * HOP_SECONDS * sr)
    last = int((loud[-1] * HOP_SECONDS + WINDOW_SECONDS) * sr)
    return first, min(len(y), max(last, first + window_length(sr)))


@lru_cache(maxsize=16)
def _lowpass(factor: int, taps_per_phase: int) -> np.ndarray:
    """Return a Blackman-windowed sinc that passes 0.8 of the new Nyquist, shape ``(taps, factor)``."""
    length = factor * taps_per_phase
    n = np.arange(length) - length / 2
    sinc = np.sinc(0.8 * n / factor)
    window = 0.42 + 0.5 * np.cos(2 * np.pi * n / length) + 0.08 * np.cos(4 * np.pi * n / length)
    taps = sinc * window
    return (taps / taps.sum()).reshape(taps_per_phase, factor).astype(np.float32)


def decimate(y: np.ndarray, factor: int) -> np.ndarray:
    """Return every ``factor``-th sample after a zero-phase low-pass; ``ceil(n / factor)`` samples."""
    if factor == 1:
        return y
    taps = _lowpass(factor, 16)
    phases = len(taps)
    length = -(-len(y) // factor)
    before = phases // 2
    padded = np.zeros((length + phases, factor), dtype=np.float32)
    padded.reshape(-1)[before * factor : before * factor + len(y)] = y
    # one matrix product gives every block's share in every output; summing along diagonals is the rest
    shares = padded @ taps.T
    return np.stack([shares[k : k + length, k] for k in range(phases)]).sum(axis=0)
