"""Frame-by-frame measures of speech that ``functionals`` summarises."""

from __future__ import annotations

import numpy as np

from ser_bench.features.analysis import Analysis
from ser_bench.features.speech import filterbanks, framing
from ser_bench.features.speech import mel as speech

_CENTRES = filterbanks.mel_edges(speech.N_BANDS, speech.FMIN, speech.FMAX)[1:-1]


def _ratio_db(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Return the ratio of two energies in dB, held within ±80 dB."""
    return np.clip(10 * np.log10((upper + 1e-12) / (lower + 1e-12)), -80, 80)


def paired_bands(analysis: Analysis) -> np.ndarray:
    """Return 32 bands, each two of ``log_mel``, in dB relative to the clip's mean level, ``(t, 32)``."""
    energies = analysis.band_energies
    return speech.to_db(energies[:, ::2] + energies[:, 1::2]) - np.float32(analysis.levels.mean())


def shape_of_spectrum(analysis: Analysis) -> dict[str, np.ndarray]:
    """Return measures of where in the spectrum the energy lies, each of shape ``(t,)``."""
    db = analysis.log_mel.astype(np.float64)
    energies = 10 ** (db / 10)
    total = energies.sum(axis=1)
    within = np.cumsum(energies, axis=1) / total[:, None]
    step = np.diff(db, axis=0, prepend=db[:1])
    octaves = np.log2(_CENTRES)
    octaves = octaves - octaves.mean()
    voice = _CENTRES < 5000
    return {
        "flux": np.sqrt(np.mean((step - step.mean(axis=1, keepdims=True)) ** 2, axis=1)),
        "centroid": 12 * np.log2(energies @ _CENTRES / total / 1000),
        "rolloff": 12 * np.log2(_CENTRES[np.argmax(within >= 0.85, axis=1)] / 1000),
        "flatness": db.mean(axis=1) - 10 * np.log10(total / db.shape[1]),
        "tilt": db @ octaves / (octaves @ octaves),
        "alpha_ratio": _ratio_db(
            energies[:, (_CENTRES >= 1000) & voice].sum(axis=1), energies[:, _CENTRES < 1000].sum(axis=1)
        ),
        "hammarberg": _ratio_db(
            energies[:, _CENTRES < 2000].max(axis=1), energies[:, (_CENTRES >= 2000) & voice].max(axis=1)
        ),
    }


def zero_crossings(analysis: Analysis) -> np.ndarray:
    """Return sign changes per second of each frame of the decimated speech, shape ``(t,)``."""
    y, sr = analysis.narrowband
    length = framing.window_length(sr)
    frames = framing.cut_frames(y, sr, len(analysis.levels), length)
    signs = np.signbit(frames)
    return (signs[:, 1:] != signs[:, :-1]).sum(axis=1) * (sr / length)


def contours(analysis: Analysis) -> dict[str, np.ndarray]:
    """Return every contour of ``columns.CONTOURS`` by name, each of shape ``(t,)``."""
    measures = {f"mfcc_{i:02d}": column for i, column in enumerate(analysis.speech_mfcc.T)}
    measures |= {f"band_{i:02d}": column for i, column in enumerate(paired_bands(analysis).T)}
    measures |= shape_of_spectrum(analysis)
    measures["level"] = np.maximum(analysis.levels, analysis.levels.max() - speech.RANGE_DB)
    measures["zero_crossings"] = zero_crossings(analysis)
    measures["voicing"] = analysis.pitch.strength
    return measures
