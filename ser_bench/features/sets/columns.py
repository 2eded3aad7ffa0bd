"""What each column of the default vector is called, and what it tells."""

from __future__ import annotations

CONTOURS = (
    *(f"mfcc_{i:02d}" for i in range(20)),
    *(f"band_{i:02d}" for i in range(32)),
    "level",
    "flux",
    "centroid",
    "rolloff",
    "flatness",
    "tilt",
    "alpha_ratio",
    "hammarberg",
    "zero_crossings",
    "voicing",
)
"""What each speech frame is measured by. Bands are log-mel energies relative to the clip's mean level;
``alpha_ratio`` and ``hammarberg`` are the balances of low and high energies of eGeMAPS."""

STATISTICS = ("mean", "std", "p05", "p25", "p50", "p75", "p95", "skew", "slope", "delta_std", "delta_abs")
"""Taken of each contour over all frames of the speech; slopes are per second."""

VOICED = (
    *(f"mfcc_{i:02d}" for i in range(20)),
    "level",
    "centroid",
    "tilt",
    "alpha_ratio",
    "hammarberg",
    "voicing",
)
"""Contours whose mean and spread are also taken over voiced frames alone."""

PITCH = (
    *("f0_mean", "f0_std", "f0_p05", "f0_p25", "f0_p50", "f0_p75", "f0_p95", "f0_skew", "f0_range"),
    *("f0_slope", "f0_bend", "f0_start", "f0_end", "f0_delta_std", "f0_delta_abs", "f0_rising", "jitter"),
    "shimmer",
)
"""F0 in semitones above 150 Hz over voiced frames; 0 where nothing is voiced."""

RATE = (
    *("duration", "voiced_share", "voiced_per_second", "voiced_mean_seconds", "voiced_std_seconds"),
    *("pause_share", "pauses_per_second", "pause_mean_seconds", "peaks_per_second", "peak_prominence"),
    *("peak_interval_std", "level_peak", "level_range"),
)
"""Pauses, rate and absolute level: lengths in seconds, levels in dB."""

MODULATION = tuple(f"modulation_{band}_{low}hz" for band in range(8) for low in (1, 2, 4, 8, 16))
"""Modulation of eight groups of bands in octaves from 1 Hz to 32 Hz, dB of the contour's variance."""

FORMANTS = tuple(f"{kind}{n}" for kind in ("formant_", "bandwidth_") for n in (1, 2, 3))
"""Formants in semitones above 500 Hz and the logarithms of their bandwidths in Hz, over voiced frames."""

QUALITY = ("h1_h2", "h1_h3", "h1_a1", "h1_a3", "h2_h4", "harmonicity")
"""Level differences of harmonics (h) and of the loudest partial near a formant (a), and the ratio of
harmonics to noise, all in dB, over voiced frames."""

SPREAD = ("mean", "std", "p05", "p25", "p50", "p75", "p95")

TOGETHER = (
    *("f0", "level", "flux", "centroid", "tilt", "alpha_ratio", "hammarberg", "flatness", "voicing"),
    *(f"mfcc_{i:02d}" for i in range(1, 5)),
)
"""Contours whose correlations with each other are taken over voiced frames."""

COLUMNS = (
    *(f"{contour}_{statistic}" for contour in CONTOURS for statistic in STATISTICS),
    *(f"voiced_{contour}_{statistic}" for contour in VOICED for statistic in ("mean", "std")),
    *(f"unvoiced_{contour}_{statistic}" for contour in CONTOURS for statistic in ("mean", "std")),
    *PITCH,
    *RATE,
    *MODULATION,
    *(f"{measure}_{statistic}" for measure in FORMANTS for statistic in ("median", "std", "mean")),
    *(f"{measure}_{statistic}" for measure in QUALITY for statistic in SPREAD),
    *(f"correlation_{a}_{b}" for i, a in enumerate(TOGETHER) for b in TOGETHER[i + 1 :]),
)

_GROUPS = {
    "MFCC": ("mfcc",),
    "mel bands": ("band",),
    "energy": ("level",),
    "spectral shape": (
        "flux",
        "centroid",
        "rolloff",
        "flatness",
        "tilt",
        "alpha_ratio",
        "hammarberg",
        "zero_crossings",
    ),
    "pitch and voice": ("f0", "voicing", "jitter", "shimmer", "formant", "bandwidth", "h1", "h2", "harmonicity"),
    "modulation": ("modulation",),
    "contours together": ("correlation",),
}


def group(column: str) -> str:
    """Return what kind of feature a column of the default vector is."""
    if column in RATE:
        return "energy" if column.startswith("level") else "rate and pauses"
    bare = column.removeprefix("un").removeprefix("voiced_")
    return next(name for name, starts in _GROUPS.items() if bare.startswith(starts))


def frequency_group(column: str) -> str:
    """Return where a band of ``logmel`` lies."""
    band = int(column.rpartition("_")[2])
    edges = {"below 0.5 kHz": 11, "0.5 to 1 kHz": 22, "1 to 2 kHz": 35, "2 to 4 kHz": 49}
    return next((name for name, end in edges.items() if band < end), "4 to 8 kHz")


def cepstral_group(column: str) -> str:
    """Return whether a column of ``mfcc-frames`` is static, or a first or second difference."""
    return {"mfcc": "static MFCC", "mfcc_delta": "first differences", "mfcc_delta2": "second differences"}[
        column.rpartition("_")[0]
    ]
