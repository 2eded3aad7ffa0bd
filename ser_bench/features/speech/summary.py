"""Statistics over time of the contours of a clip, for the feature set ``functionals``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ser_bench.features.speech import framing
from ser_bench.features.speech.pitch import REFERENCE_HZ, PitchTrack, semitones

FRAMES_PER_SECOND = 1 / framing.HOP_SECONDS
PAUSE_DB, PAUSE_FRAMES = 25.0, 8
PEAK_DB = 3.0
_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(matrix: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """Return linearly interpolated quantiles of each column; four times faster than ``np.quantile``.

    Parameters
    ----------
    matrix : ndarray of float64, shape (t, d)
        One column per contour.
    levels : tuple of float
        Probabilities from 0 to 1.

    Returns
    -------
    ndarray of float64, shape (len(levels), d)
        The quantiles.
    """
    ordered = np.sort(matrix, axis=0)
    position = np.asarray(levels) * (len(matrix) - 1)
    below = position.astype(np.int64)
    above = np.minimum(below + 1, len(matrix) - 1)
    weight = (position - below)[:, None]
    interpolated: np.ndarray = ordered[below] * (1 - weight) + ordered[above] * weight
    return interpolated


def spread(matrix: np.ndarray) -> np.ndarray:
    """Return mean, standard deviation and quantiles of each column.

    Parameters
    ----------
    matrix : ndarray of float64, shape (t, d)
        One column per contour.

    Returns
    -------
    ndarray of float64, shape (d, 7)
        Mean, standard deviation, and the 5th, 25th, 50th, 75th and 95th percentiles.
    """
    return np.stack([matrix.mean(axis=0), matrix.std(axis=0), *quantiles(matrix, _LEVELS)], axis=1)


def mean_and_std(matrix: np.ndarray) -> np.ndarray:
    """Return mean and standard deviation of each column.

    Parameters
    ----------
    matrix : ndarray of float64, shape (t, d)
        One column per contour.

    Returns
    -------
    ndarray of float64, shape (d, 2)
        Mean and standard deviation.
    """
    return np.stack([matrix.mean(axis=0), matrix.std(axis=0)], axis=1)


def slope(matrix: np.ndarray) -> np.ndarray:
    """Return the least-squares slope of each column.

    Parameters
    ----------
    matrix : ndarray of float64, shape (t, d)
        One column per contour.

    Returns
    -------
    ndarray of float64, shape (d,)
        Slopes per second; 0 for a single frame.
    """
    time = (np.arange(len(matrix)) - (len(matrix) - 1) / 2) / FRAMES_PER_SECOND
    slopes: np.ndarray = time @ matrix / max(float(time @ time), 1e-12)
    return slopes


def statistics(matrix: np.ndarray) -> np.ndarray:
    """Return eleven statistics of each column.

    Parameters
    ----------
    matrix : ndarray of float64, shape (t, d)
        One column per contour.

    Returns
    -------
    ndarray of float64, shape (d, 11)
        The seven of :func:`spread`, skewness, slope per second, and of the differences between successive frames the
        standard deviation and the mean magnitude.
    """
    mean, std = matrix.mean(axis=0), matrix.std(axis=0)
    skew = ((matrix - mean) ** 3).mean(axis=0) / np.maximum(std, 1e-3) ** 3
    step = np.diff(matrix, axis=0) if len(matrix) > 1 else np.zeros_like(matrix)
    rows = [mean, std, *quantiles(matrix, _LEVELS), skew, slope(matrix)]
    return np.stack([*rows, step.std(axis=0), np.abs(step).mean(axis=0)], axis=1)


def pitch_statistics(track: PitchTrack, levels: np.ndarray) -> dict[str, float]:
    """Return statistics of F0 over voiced frames.

    Parameters
    ----------
    track : PitchTrack
        F0 of ``t`` frames.
    levels : ndarray of float64, shape (t,)
        Level of each frame in dBFS.

    Returns
    -------
    dict of str to float
        Values by column of ``functionals``, F0 in semitones above 150 Hz; empty where no frame is voiced.
    """
    frames = np.flatnonzero(track.voiced)
    if not len(frames):
        return {}
    f0 = semitones(track.hz[frames].astype(np.float64))
    time = (frames - frames.mean()) / FRAMES_PER_SECOND
    bend = time**2 - (time**2).mean()
    neighbours = np.diff(frames) == 1
    step = np.diff(f0)[neighbours] if neighbours.any() else np.zeros(1)
    level_step = np.diff(levels[frames])[neighbours] if neighbours.any() else np.zeros(1)
    third = max(1, len(frames) // 3)
    p05, p25, p50, p75, p95 = quantiles(f0[:, None], _LEVELS)[:, 0]
    mean, std = f0.mean(), f0.std()
    return {
        **{"f0_mean": mean, "f0_std": std},
        **{"f0_p05": p05, "f0_p25": p25, "f0_p50": p50, "f0_p75": p75, "f0_p95": p95},
        "f0_skew": ((f0 - mean) ** 3).mean() / max(std, 1e-3) ** 3,
        "f0_range": p95 - p05,
        "f0_slope": time @ f0 / max(float(time @ time), 1e-12),
        "f0_bend": bend @ f0 / max(float(bend @ bend), 1e-12),
        "f0_start": f0[:third].mean() - p50,
        "f0_end": f0[-third:].mean() - p50,
        "f0_delta_std": step.std(),
        "f0_delta_abs": np.abs(step).mean(),
        "f0_rising": (step > 0).mean(),
        "jitter": np.abs(np.diff(step)).mean() if len(step) > 1 else 0.0,
        "shimmer": np.abs(level_step).mean(),
    }


def level_peaks(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the peaks of the smoothed level, about one per syllable.

    Parameters
    ----------
    levels : ndarray of float64, shape (t,)
        Level of each frame in dBFS.

    Returns
    -------
    frames : ndarray of int64, shape (n,)
        Frame of each peak.
    prominences : ndarray of float64, shape (n,)
        Prominence of each peak in dB, at least 3 dB above the valley before it.
    """
    kernel = np.hanning(11)[1:-1]
    smooth = np.convolve(np.pad(levels, 4, mode="edge"), kernel / kernel.sum(), mode="valid")
    maxima = np.flatnonzero(np.diff(np.sign(np.diff(smooth))) < 0) + 1
    frames, prominences = [], []
    valley_start = 0
    for index, peak in enumerate(maxima.tolist()):
        end = maxima[index + 1] if index + 1 < len(maxima) else len(smooth)
        rise = smooth[peak] - smooth[valley_start : peak + 1].min()
        fall = smooth[peak] - smooth[peak:end].min()
        if rise >= PEAK_DB and smooth[peak] > levels.max() - PAUSE_DB:
            frames.append(peak)
            prominences.append(min(rise, fall) if fall > 0 else rise)
            valley_start = peak
    return np.asarray(frames, dtype=np.int64), np.asarray(prominences, dtype=np.float64)


def _segments(mask: np.ndarray) -> np.ndarray:
    """Return the length in frames of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    lengths: np.ndarray = edges[1::2] - edges[::2]
    return lengths


def rhythm(levels: np.ndarray, voiced: np.ndarray, duration: float) -> dict[str, float]:
    """Return speaking rate, pauses and absolute level.

    Parameters
    ----------
    levels : ndarray of float64, shape (t,)
        Level of each frame in dBFS.
    voiced : ndarray of bool, shape (t,)
        Whether each frame is voiced.
    duration : float
        Length of the speech in seconds.

    Returns
    -------
    dict of str to float
        Values by column of ``functionals``: lengths in seconds, levels in dB.
    """
    levels = np.maximum(levels, levels.max() - 60)
    seconds = len(levels) / FRAMES_PER_SECOND
    voiced_parts = _segments(voiced) / FRAMES_PER_SECOND
    p05, p95 = np.percentile(levels, (5, 95))
    silences = _segments(levels < p95 - PAUSE_DB)
    pauses = silences[silences >= PAUSE_FRAMES] / FRAMES_PER_SECOND
    peaks, prominences = level_peaks(levels)
    intervals = np.diff(peaks) / FRAMES_PER_SECOND
    return {
        "duration": duration,
        "voiced_share": voiced.mean(),
        "voiced_per_second": len(voiced_parts) / seconds,
        "voiced_mean_seconds": voiced_parts.mean() if len(voiced_parts) else 0.0,
        "voiced_std_seconds": voiced_parts.std() if len(voiced_parts) else 0.0,
        "pause_share": pauses.sum() / seconds,
        "pauses_per_second": len(pauses) / seconds,
        "pause_mean_seconds": pauses.mean() if len(pauses) else 0.0,
        "peaks_per_second": len(peaks) / seconds,
        "peak_prominence": prominences.mean() if len(peaks) else 0.0,
        "peak_interval_std": intervals.std() if len(intervals) else 0.0,
        "level_peak": p95,
        "level_range": p95 - p05,
    }


def modulation(paired_bands: np.ndarray) -> np.ndarray:
    """Return the modulation spectrum of eight groups of bands in octaves from 1 to 32 Hz.

    Parameters
    ----------
    paired_bands : ndarray of float32, shape (t, 32)
        Band levels in dB.

    Returns
    -------
    ndarray of float64, shape (8, 5)
        Variance of each group's contour in each octave, in dB.
    """
    groups = paired_bands.reshape(-1, 8, 4).mean(axis=2)
    n_fft = max(256, 1 << (len(groups) - 1).bit_length())
    centred = groups - groups.mean(axis=0)
    power = np.abs(np.fft.rfft(centred, n=n_fft, axis=0)) ** 2 / (len(groups) * n_fft)
    octave = np.floor(np.log2(np.maximum(np.arange(len(power)) * FRAMES_PER_SECOND / n_fft, 1e-3)))
    energies = np.stack([power[octave == o].sum(axis=0) for o in range(5)], axis=1)
    levels: np.ndarray = 10 * np.log10(energies + 1e-2)
    return levels


def formant_statistics(hz: np.ndarray, bandwidth: np.ndarray) -> np.ndarray:
    """Return statistics of three formants and their bandwidths.

    Parameters
    ----------
    hz, bandwidth : ndarray of float64, shape (n, 3)
        Formant frequencies and bandwidths in Hz.

    Returns
    -------
    ndarray of float64, shape (6, 3)
        Median, standard deviation and mean of the frequencies in semitones above 500 Hz and of the logarithms of the
        bandwidths in Hz; zeros below three frames.
    """
    if len(hz) < 3:
        return np.zeros((2 * hz.shape[1], 3))
    measures = np.concatenate([12 * np.log2(hz / 500), np.log(bandwidth)], axis=1)
    return np.stack([np.median(measures, axis=0), measures.std(axis=0), measures.mean(axis=0)], axis=1)


def quality_statistics(measures: np.ndarray) -> np.ndarray:
    """Return the :func:`spread` of each measure of voice quality.

    Parameters
    ----------
    measures : ndarray of float64, shape (n, d)
        One row per voiced frame, in dB.

    Returns
    -------
    ndarray of float64, shape (d, 7)
        Mean, standard deviation and percentiles; zeros below four frames.
    """
    return spread(measures) if len(measures) >= 4 else np.zeros((measures.shape[1], 2 + len(_LEVELS)))


def correlations(track: PitchTrack, contours: Sequence[np.ndarray]) -> np.ndarray:
    """Return the correlations of F0 and other contours with each other over voiced frames.

    In some emotions louder speech is also higher and brighter, in others it is not. All frames count where fewer than
    six are voiced.

    Parameters
    ----------
    track : PitchTrack
        F0 of ``t`` frames.
    contours : sequence of ndarray, each of shape (t,)
        The other contours.

    Returns
    -------
    ndarray of float64, shape (d * (d + 1) // 2,)
        The correlation of each pair, with ``d = len(contours)``; F0 comes first.
    """
    voiced = np.flatnonzero(track.voiced)
    if len(voiced) < 6:
        voiced = np.arange(len(track.hz))
    f0 = semitones(np.where(track.hz > 0, track.hz, REFERENCE_HZ))
    rows = np.stack([f0, *contours], axis=1).astype(np.float64)[voiced]
    rows = rows - rows.mean(axis=0)
    rows /= rows.std(axis=0) + 1e-3
    pairs: np.ndarray = (rows.T @ rows / len(rows))[np.triu_indices(rows.shape[1], 1)]
    return pairs
