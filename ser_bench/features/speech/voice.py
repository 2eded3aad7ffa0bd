"""Voice quality of voiced frames: formants, and how strong the low harmonics are.

Formants are the peaks of a linear-prediction spectrum (Markel and Gray, "Linear Prediction of Speech",
1976); differences of harmonics tell breathy from pressed voices (Hanson, "Glottal characteristics of
female speakers", 1997), harmonicity is Boersma's (1993).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ser_bench.features.speech import framing

if TYPE_CHECKING:
    from ser_bench.features.analysis import Analysis

ORDER = 10
FORMANTS = 3
_GRID = 512


def predictors(frames: np.ndarray) -> np.ndarray:
    """Return the linear predictors of frames, ``[1, a1 … a10]``, autocorrelation method, shape ``(t, 11)``."""
    from scipy.fft import irfft, rfft

    emphasised = np.diff(frames, axis=1, prepend=frames[:, :1]) + np.float32(0.03) * frames
    windowed = emphasised * framing.hann(frames.shape[1])
    n_fft = 1 << (2 * frames.shape[1] - 1).bit_length()
    correlation = irfft(np.abs(rfft(windowed, n=n_fft, axis=1)) ** 2, n=n_fft, axis=1)[:, : ORDER + 1]
    correlation = correlation.astype(np.float64)
    correlation[:, 0] = correlation[:, 0] * (1 + 1e-6) + 1e-12
    lag = np.abs(np.subtract.outer(np.arange(ORDER), np.arange(ORDER)))
    solved = np.linalg.solve(correlation[:, lag], -correlation[:, 1:, None])[:, :, 0]
    return np.concatenate([np.ones((len(frames), 1)), solved], axis=1)


def formants(frames: np.ndarray, sr: float) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency and bandwidth in Hz of the first three formants, each ``(n, 3)``.

    Frames ``(t, length)`` whose spectrum has fewer peaks are left out, so ``n`` is at most ``t``.
    """
    from scipy.fft import rfft

    log = -2 * np.log(np.abs(rfft(predictors(frames), n=_GRID, axis=1)) + 1e-9)
    middle, left, right = log[:, 1:-1], log[:, :-2], log[:, 2:]
    peak = (middle > left) & (middle >= right)
    frame, place = np.nonzero(peak & (np.cumsum(peak, axis=1) <= FORMANTS))
    whole = np.flatnonzero(np.bincount(frame, minlength=len(frames)) == FORMANTS)
    chosen = np.isin(frame, whole)
    frame, place = frame[chosen], place[chosen]
    bend = np.maximum(2 * middle[frame, place] - left[frame, place] - right[frame, place], 1e-6)
    offset = 0.5 * (right[frame, place] - left[frame, place]) / bend
    hz = (place + 1 + offset) * sr / _GRID
    # near a resonance of bandwidth b the log power falls as (2 f / b)²
    bandwidth = np.sqrt(8 / bend) * sr / _GRID
    return hz.reshape(-1, FORMANTS), bandwidth.reshape(-1, FORMANTS)


def formant_statistics(analysis: Analysis) -> np.ndarray:
    """Return median, spread and mean of three formants (semitones above 500 Hz) and log bandwidths, ``(6, 3)``.

    Zeros where fewer than three voiced frames have formants.
    """
    y, sr = analysis.narrowband
    voiced = analysis.pitch.voiced
    hz = bandwidth = np.zeros((0, FORMANTS))
    if voiced.any():
        hz, bandwidth = formants(framing.cut_frames(y, sr, len(voiced), framing.window_length(sr))[voiced], sr)
    if len(hz) < 3:
        return np.zeros((2 * FORMANTS, 3))
    measures = np.concatenate([12 * np.log2(hz / 500), np.log(bandwidth)], axis=1)
    return np.stack([np.median(measures, axis=0), measures.std(axis=0), measures.mean(axis=0)], axis=1)


def quality(analysis: Analysis) -> np.ndarray:
    """Return ``columns.QUALITY`` of each voiced frame in dB, shape ``(voiced, 6)``."""
    power, hz = analysis.frame_power
    voiced = np.flatnonzero(analysis.pitch.voiced)
    db = 10 * np.log10(power[voiced] + 1e-12)
    f0 = analysis.pitch.hz[voiced].astype(np.float64)
    rows = np.arange(len(voiced))

    def harmonic(number: int) -> np.ndarray:
        nearest = np.rint(f0 * number / hz[1]).astype(int)
        around = [db[rows, np.clip(nearest + step, 0, db.shape[1] - 1)] for step in (-1, 0, 1)]
        return np.max(around, axis=0)

    def loudest(low: float, high: float) -> np.ndarray:
        within = (hz > low) & (hz < high)
        return db[:, within].max(axis=1) if within.any() else np.full(len(db), -120.0)

    first, second, third, fourth = (harmonic(number) for number in (1, 2, 3, 4))
    strength = np.clip(analysis.pitch.strength[voiced], 0.01, 0.999)
    return np.stack(
        [
            first - second,
            first - third,
            first - loudest(300, 1000),
            first - loudest(2000, 3500),
            second - fourth,
            10 * np.log10(strength / (1 - strength)),
        ],
        axis=1,
    )
