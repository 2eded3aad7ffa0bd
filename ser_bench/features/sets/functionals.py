"""The default vector: statistics over time of frame-by-frame measures of speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.features.base import FeatureSet, numbered_columns

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


_SPECTRAL_SHAPE = (
    *("flux", "centroid", "rolloff", "flatness", "tilt", "alpha_ratio", "hammarberg"),
    "zero_crossings",
)
_CONTOURS = (
    *numbered_columns("mfcc", 20),
    *numbered_columns("band", 32),
    "level",
    *_SPECTRAL_SHAPE,
    "voicing",
)
"""Measures of each frame. Bands are log-mel energies relative to the clip's mean level."""

_VOICED_CONTOURS = (
    *numbered_columns("mfcc", 20),
    *("level", "centroid", "tilt", "alpha_ratio", "hammarberg", "voicing"),
)
"""Contours whose mean and standard deviation are also taken over voiced frames alone."""

_CORRELATED_CONTOURS = (
    *("f0", "level", "flux", "centroid", "tilt", "alpha_ratio", "hammarberg", "flatness", "voicing"),
    *(f"mfcc_{i:02d}" for i in range(1, 5)),
)
"""Contours whose correlations with each other are taken over voiced frames."""

_QUANTILES = ("p05", "p25", "p50", "p75", "p95")
_SPREAD = ("mean", "std", *_QUANTILES)
_STATISTICS = (*_SPREAD, "skew", "slope", "delta_std", "delta_abs")
"""Statistics of each contour over all frames; slopes are per second."""

_PITCH = (
    *(f"f0_{statistic}" for statistic in (*_SPREAD, "skew", "range", "slope", "bend", "start", "end")),
    *("f0_delta_std", "f0_delta_abs", "f0_rising", "jitter", "shimmer"),
)
"""F0 in semitones above 150 Hz over voiced frames; 0 where no frame is voiced."""

_RHYTHM = (
    *("duration", "voiced_share", "voiced_per_second", "voiced_mean_seconds", "voiced_std_seconds"),
    *("pause_share", "pauses_per_second", "pause_mean_seconds", "peaks_per_second", "peak_prominence"),
    *("peak_interval_std", "level_peak", "level_range"),
)
"""Pauses, speaking rate and absolute level: lengths in seconds, levels in dB."""

FORMANTS = tuple(f"{kind}{n}" for kind in ("formant_", "bandwidth_") for n in (1, 2, 3))
"""Formants in semitones above 500 Hz and the logarithms of their bandwidths in Hz, over voiced frames."""

QUALITY = ("h1_h2", "h1_h3", "h1_a1", "h1_a3", "h2_h4", "harmonicity")
"""Measures of voice quality over voiced frames, in dB: level differences between harmonics (h), between the
first harmonic and the strongest partial near a formant (a), and the harmonics-to-noise ratio."""

_COLUMNS = (
    *(f"{contour}_{statistic}" for contour in _CONTOURS for statistic in _STATISTICS),
    *(f"voiced_{contour}_{statistic}" for contour in _VOICED_CONTOURS for statistic in ("mean", "std")),
    *(f"unvoiced_{contour}_{statistic}" for contour in _CONTOURS for statistic in ("mean", "std")),
    *_PITCH,
    *_RHYTHM,
    *(f"modulation_{band}_{low}hz" for band in range(8) for low in (1, 2, 4, 8, 16)),
    *(f"{measure}_{statistic}" for measure in FORMANTS for statistic in ("median", "std", "mean")),
    *(f"{measure}_{statistic}" for measure in QUALITY for statistic in _SPREAD),
    *(f"correlation_{a}_{b}" for i, a in enumerate(_CORRELATED_CONTOURS) for b in _CORRELATED_CONTOURS[i + 1 :]),
)

_GROUPS = {
    "MFCC": ("mfcc",),
    "mel bands": ("band",),
    "energy": ("level",),
    "spectral shape": _SPECTRAL_SHAPE,
    "pitch and voice": ("f0", "voicing", "jitter", "shimmer", "formant", "bandwidth", "h1", "h2", "harmonicity"),
    "modulation": ("modulation",),
    "correlations of contours": ("correlation",),
}
"""Groups of columns, with the beginnings of their columns' names."""


def _group(column: str) -> str:
    """Return the kind of feature that a column is."""
    if column in _RHYTHM:
        return "energy" if column.startswith("level") else "rate and pauses"
    bare = column.removeprefix("un").removeprefix("voiced_")
    return next(name for name, prefixes in _GROUPS.items() if bare.startswith(prefixes))


def _compute(analysis: Analysis) -> np.ndarray:
    """Return the vector, float32 with one value per column."""
    import numpy as np

    from ser_bench.features.speech import summary

    contours, track = analysis.contours, analysis.pitch
    matrix = np.stack([contours[name] for name in _CONTOURS], axis=1).astype(np.float64)
    voiced, unvoiced = (matrix[frames] if frames.any() else matrix for frames in (track.voiced, ~track.voiced))
    voiced = voiced[:, [_CONTOURS.index(name) for name in _VOICED_CONTOURS]]
    pitch = summary.pitch_statistics(track, analysis.levels)
    rhythm = summary.rhythm(analysis.levels, track.voiced, len(analysis.speech) / analysis.sr)
    quality = analysis.voice_quality
    correlated = [contours[name] for name in _CORRELATED_CONTOURS[1:]]
    parts = (
        summary.statistics(matrix),
        summary.mean_and_std(voiced),
        summary.mean_and_std(unvoiced),
        [pitch.get(name, 0.0) for name in _PITCH],
        [rhythm[name] for name in _RHYTHM],
        summary.modulation(analysis.paired_bands),
        summary.formant_statistics(*analysis.formants),
        summary.quality_statistics(np.stack([quality[name] for name in QUALITY], axis=1)),
        summary.correlations(track, correlated),
    )
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)


FEATURE_SET = FeatureSet(
    name="functionals",
    kind="vector",
    summary="statistics of spectrum, F0, energy, voice quality, rate and pauses, silence trimmed",
    source="after eGeMAPS (Eyben et al., 2016) and Boersma (1993)",
    columns=_COLUMNS,
    compute=_compute,
    group=_group,
    version=2,
)
