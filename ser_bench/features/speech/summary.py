"""Statistics over time: from the contours of a clip to the vector ``functionals``."""

from __future__ import annotations

import numpy as np

from ser_bench.features.analysis import Analysis
from ser_bench.features.sets import columns
from ser_bench.features.speech import framing
from ser_bench.features.speech.contours import contours, paired_bands
from ser_bench.features.speech.voice import formant_statistics, quality

FRAMES_PER_SECOND = 1 / framing.HOP_SECONDS
PAUSE_DB, PAUSE_FRAMES = 25.0, 8
PEAK_DB = 3.0
_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(matrix: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """Return linearly interpolated quantiles down the columns, shape ``(len(levels), d)``."""
    ordered = np.sort(matrix, axis=0)
    position = np.asarray(levels) * (len(matrix) - 1)
    below = position.astype(np.int64)
    above = np.minimum(below + 1, len(matrix) - 1)
    weight = (position - below)[:, None]
    return ordered[below] * (1 - weight) + ordered[above] * weight


def spread(matrix: np.ndarray) -> np.ndarray:
    """Return ``columns.SPREAD`` of each column, shape ``(d, 7)``."""
    return np.stack([matrix.mean(axis=0), matrix.std(axis=0), *quantiles(matrix, _LEVELS)], axis=1)


def slope(matrix: np.ndarray) -> np.ndarray:
    """Return the least-squares slope down each column per second; 0 for a single frame."""
    time = (np.arange(len(matrix)) - (len(matrix) - 1) / 2) / FRAMES_PER_SECOND
    return time @ matrix / max(float(time @ time), 1e-12)


def statistics(matrix: np.ndarray) -> np.ndarray:
    """Return ``columns.STATISTICS`` of each column, shape ``(d, 11)``."""
    mean, std = matrix.mean(axis=0), matrix.std(axis=0)
    skew = ((matrix - mean) ** 3).mean(axis=0) / np.maximum(std, 1e-3) ** 3
    step = np.diff(matrix, axis=0) if len(matrix) > 1 else np.zeros_like(matrix)
    rows = [mean, std, *quantiles(matrix, _LEVELS), skew, slope(matrix)]
    return np.stack([*rows, step.std(axis=0), np.abs(step).mean(axis=0)], axis=1)


def runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last-plus-one index of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return edges[::2], edges[1::2]


def pitch_values(analysis: Analysis) -> list[float]:
    """Return ``columns.PITCH``; zeros where no frame is voiced."""
    track = analysis.pitch
    where = np.flatnonzero(track.voiced)
    if not len(where):
        return [0.0] * len(columns.PITCH)
    semitones = 12 * np.log2(track.hz[where].astype(np.float64) / 150)
    time = (where - where.mean()) / FRAMES_PER_SECOND
    spread = float(time @ time)
    bent = time**2 - (time**2).mean()
    centred = semitones - semitones.mean()
    next_too = np.diff(where) == 1
    step = np.diff(semitones)[next_too] if next_too.any() else np.zeros(1)
    level_step = np.diff(analysis.levels[where])[next_too] if next_too.any() else np.zeros(1)
    third = max(1, len(where) // 3)
    p = quantiles(semitones[:, None], _LEVELS)[:, 0]
    std = semitones.std()
    curvature = np.abs(np.diff(step)).mean() if len(step) > 1 else 0.0
    return [
        *(semitones.mean(), std, *p, (centred**3).mean() / max(std, 1e-3) ** 3, p[4] - p[0]),
        *(time @ semitones / max(spread, 1e-12), bent @ semitones / max(float(bent @ bent), 1e-12)),
        *(semitones[:third].mean() - p[2], semitones[-third:].mean() - p[2]),
        *(step.std(), np.abs(step).mean(), (step > 0).mean(), curvature, np.abs(level_step).mean()),
    ]


def peaks_of_level(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frame and prominence (dB) of the peaks of the smoothed level, about one a syllable."""
    kernel = np.hanning(11)[1:-1]
    padded = np.pad(levels, 4, mode="edge")
    smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    turning = np.flatnonzero(np.diff(np.sign(np.diff(smooth))) < 0) + 1
    found, prominences = [], []
    valley_start = 0
    for index, peak in enumerate(turning.tolist()):
        end = turning[index + 1] if index + 1 < len(turning) else len(smooth)
        rise = smooth[peak] - smooth[valley_start : peak + 1].min()
        fall = smooth[peak] - smooth[peak:end].min()
        if rise >= PEAK_DB and smooth[peak] > levels.max() - PAUSE_DB:
            found.append(peak)
            prominences.append(min(rise, fall) if fall > 0 else rise)
            valley_start = peak
    return np.asarray(found, dtype=np.int64), np.asarray(prominences, dtype=np.float64)


def rate_values(analysis: Analysis) -> list[float]:
    """Return ``columns.RATE``: how fast, with what pauses, and how loud."""
    levels = np.maximum(analysis.levels, analysis.levels.max() - 60)
    seconds = len(levels) / FRAMES_PER_SECOND
    first, last = runs(analysis.pitch.voiced)
    voiced = (last - first) / FRAMES_PER_SECOND
    p05, p95 = np.percentile(levels, (5, 95))
    first, last = runs(levels < p95 - PAUSE_DB)
    pauses = (last - first)[last - first >= PAUSE_FRAMES] / FRAMES_PER_SECOND
    peaks, prominence = peaks_of_level(levels)
    gaps = np.diff(peaks) / FRAMES_PER_SECOND
    return [
        *(len(analysis.speech) / analysis.sr, analysis.pitch.voiced.mean(), len(voiced) / seconds),
        *((voiced.mean(), voiced.std()) if len(voiced) else (0.0, 0.0)),
        *(pauses.sum() / seconds, len(pauses) / seconds, pauses.mean() if len(pauses) else 0.0),
        *(len(peaks) / seconds, prominence.mean() if len(peaks) else 0.0),
        *(gaps.std() if len(gaps) else 0.0, p95, p95 - p05),
    ]


def modulations(analysis: Analysis) -> np.ndarray:
    """Return ``columns.MODULATION``: variance of eight band contours by octave of modulation, dB, ``(8, 5)``."""
    groups = paired_bands(analysis).reshape(-1, 8, 4).mean(axis=2)
    n_fft = max(256, 1 << (len(groups) - 1).bit_length())
    centred = groups - groups.mean(axis=0)
    power = np.abs(np.fft.rfft(centred, n=n_fft, axis=0)) ** 2 / (len(groups) * n_fft)
    octave = np.floor(np.log2(np.maximum(np.arange(len(power)) * FRAMES_PER_SECOND / n_fft, 1e-3)))
    energies = np.stack([power[octave == o].sum(axis=0) for o in range(5)], axis=1)
    return 10 * np.log10(energies + 1e-2)


def quality_statistics(analysis: Analysis) -> np.ndarray:
    """Return ``columns.SPREAD`` of each measure of voice quality, ``(6, 7)``; zeros below four voiced frames."""
    measures = quality(analysis)
    if len(measures) < 4:
        return np.zeros((len(columns.QUALITY), len(columns.SPREAD)))
    return spread(measures)


def correlations(measures: dict[str, np.ndarray], analysis: Analysis) -> np.ndarray:
    """Return how ``columns.TOGETHER`` go together over voiced frames, each pair's correlation once.

    Louder speech is higher and brighter in some emotions and not in others. All frames count where
    fewer than six are voiced.
    """
    track = analysis.pitch
    voiced = np.flatnonzero(track.voiced)
    if len(voiced) < 6:
        voiced = np.arange(len(track.hz))
    f0 = 12 * np.log2(np.where(track.hz > 0, track.hz, 150) / 150)
    rows = np.stack([f0, *(measures[name] for name in columns.TOGETHER[1:])], axis=1).astype(np.float64)[voiced]
    rows = rows - rows.mean(axis=0)
    rows /= rows.std(axis=0) + 1e-3
    return (rows.T @ rows / len(rows))[np.triu_indices(len(columns.TOGETHER), 1)]


def summarise(analysis: Analysis) -> np.ndarray:
    """Return the vector ``functionals``, float32 with one value per ``columns.COLUMNS``."""
    measures = contours(analysis)
    matrix = np.stack([measures[name] for name in columns.CONTOURS], axis=1).astype(np.float64)
    mask = analysis.pitch.voiced
    voiced, unvoiced = (matrix[part] if part.any() else matrix for part in (mask, ~mask))
    voiced = voiced[:, [columns.CONTOURS.index(name) for name in columns.VOICED]]
    parts = (
        statistics(matrix),
        _mean_and_spread(voiced),
        _mean_and_spread(unvoiced),
        pitch_values(analysis),
        rate_values(analysis),
        modulations(analysis),
        formant_statistics(analysis),
        quality_statistics(analysis),
        correlations(measures, analysis),
    )
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)


def _mean_and_spread(matrix: np.ndarray) -> np.ndarray:
    """Return mean and standard deviation of each column, ``(d, 2)``."""
    return np.stack([matrix.mean(axis=0), matrix.std(axis=0)], axis=1)
