"""Voice quality of voiced frames: formants and the strength of the low harmonics.

References: J. D. Markel and A. H. Gray, "Linear Prediction of Speech", 1976 (formants as peaks of the
linear-prediction spectrum); H. M. Hanson, "Glottal characteristics of female speakers", 1997 (level differences of
harmonics, which separate breathy from pressed voices); P. Boersma, 1993 (harmonicity).
"""

from __future__ import annotations

import numpy as np

from ser_bench.features.speech import framing

ORDER = 10
FORMANTS = 3
_GRID = 512


def linear_predictors(frames: np.ndarray) -> np.ndarray:
    """Return the linear predictors of frames by the autocorrelation method.

    Parameters
    ----------
    frames : ndarray of float32, shape (t, length)
        Frames of samples.

    Returns
    -------
    ndarray of float64, shape (t, 11)
        Coefficients ``[1, a1, …, a10]``.
    """
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
    """Return frequencies and bandwidths of the first three formants.

    Parameters
    ----------
    frames : ndarray of float32, shape (t, length)
        Voiced frames of samples.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    hz, bandwidth : ndarray of float64, shape (n, 3)
        In Hz, with ``n <= t``: frames whose spectrum has fewer than three peaks are left out.
    """
    from scipy.fft import rfft

    log = -2 * np.log(np.abs(rfft(linear_predictors(frames), n=_GRID, axis=1)) + 1e-9)
    middle, left, right = log[:, 1:-1], log[:, :-2], log[:, 2:]
    peak = (middle > left) & (middle >= right)
    frame, index = np.nonzero(peak & (np.cumsum(peak, axis=1) <= FORMANTS))
    complete = np.flatnonzero(np.bincount(frame, minlength=len(frames)) == FORMANTS)
    chosen = np.isin(frame, complete)
    frame, index = frame[chosen], index[chosen]
    bend = np.maximum(2 * middle[frame, index] - left[frame, index] - right[frame, index], 1e-6)
    offset = 0.5 * (right[frame, index] - left[frame, index]) / bend
    hz = (index + 1 + offset) * sr / _GRID
    # near a resonance of bandwidth b the log power falls as (2 f / b)²
    bandwidth = np.sqrt(8 / bend) * sr / _GRID
    return hz.reshape(-1, FORMANTS), bandwidth.reshape(-1, FORMANTS)


def quality(power: np.ndarray, hz: np.ndarray, f0: np.ndarray, strength: np.ndarray) -> dict[str, np.ndarray]:
    """Return measures of voice quality of voiced frames.

    Parameters
    ----------
    power : ndarray of float32, shape (n, bins)
        Mean square in each FFT bin, from 0 Hz on.
    hz : ndarray of float64, shape (bins,)
        Frequencies of the bins in Hz.
    f0 : ndarray of float64, shape (n,)
        F0 in Hz.
    strength : ndarray of float64, shape (n,)
        Height of the autocorrelation peak, from 0 to 1.

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
        In dB. ``h1_h2``, ``h1_h3`` and ``h2_h4`` are level differences between harmonics, ``h1_a1`` and ``h1_a3``
        between the first harmonic and the strongest bin near the first and third formant; ``harmonicity`` is the
        harmonics-to-noise ratio.
    """
    db = 10 * np.log10(power + 1e-12)
    rows = np.arange(len(f0))

    def harmonic(number: int) -> np.ndarray:
        nearest = np.rint(f0 * number / hz[1]).astype(int)
        neighbours = [db[rows, np.clip(nearest + step, 0, db.shape[1] - 1)] for step in (-1, 0, 1)]
        level: np.ndarray = np.max(neighbours, axis=0)
        return level

    def strongest(low: float, high: float) -> np.ndarray:
        within = (hz > low) & (hz < high)
        return db[:, within].max(axis=1) if within.any() else np.full(len(db), -120.0)

    first, second, third, fourth = (harmonic(number) for number in (1, 2, 3, 4))
    strength = np.clip(strength, 0.01, 0.999)
    return {
        "h1_h2": first - second,
        "h1_h3": first - third,
        "h1_a1": first - strongest(300, 1000),
        "h1_a3": first - strongest(2000, 3500),
        "h2_h4": second - fourth,
        "harmonicity": 10 * np.log10(strength / (1 - strength)),
    }
