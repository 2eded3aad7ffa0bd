"""Frame-by-frame measures of speech, from levels and log-mel energies.

``alpha_ratio`` and ``hammarberg`` follow eGeMAPS: Eyben et al., "The Geneva Minimalistic Acoustic Parameter Set
(GeMAPS) for voice research and affective computing", IEEE Transactions on Affective Computing 7(2), 2016.
"""

from __future__ import annotations

import numpy as np

from ser_bench.features import filterbanks
from ser_bench.features.speech import framing, mel

_CENTRES = filterbanks.mel_edges(mel.N_BANDS, mel.FMIN, mel.FMAX)[1:-1]
"""Centre frequencies of the mel bands in Hz."""


def _ratio_db(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Return the ratio of two energies in dB, clipped to ±80 dB."""
    ratio = 10 * np.log10((upper + 1e-12) / (lower + 1e-12))
    clipped: np.ndarray = np.clip(ratio, -80, 80)
    return clipped


def paired_bands(band_energies: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the levels of 32 bands, each the sum of two mel bands.

    Parameters
    ----------
    band_energies : ndarray of float32, shape (t, 64)
        Mean square in each mel band.
    levels : ndarray of float64, shape (t,)
        Level of each frame in dBFS.

    Returns
    -------
    ndarray of float32, shape (t, 32)
        Band levels in dB relative to the clip's mean level.
    """
    bands: np.ndarray = mel.to_db(band_energies[:, ::2] + band_energies[:, 1::2]) - np.float32(levels.mean())
    return bands


def spectral_shape(log_mel: np.ndarray) -> dict[str, np.ndarray]:
    """Return measures of the distribution of energy over frequency.

    Parameters
    ----------
    log_mel : ndarray of float32, shape (t, 64)
        Mel energies in dBFS.

    Returns
    -------
    dict of str to ndarray of float64, shape (t,)
        ``flux`` in dB; ``centroid`` and ``rolloff`` (85 %) in semitones above 1 kHz; ``flatness`` in dB; ``tilt`` in
        dB per octave; ``alpha_ratio`` and ``hammarberg`` in dB.
    """
    db = log_mel.astype(np.float64)
    energies = 10 ** (db / 10)
    total = energies.sum(axis=1)
    cumulative = np.cumsum(energies, axis=1) / total[:, None]
    step = np.diff(db, axis=0, prepend=db[:1])
    octaves = np.log2(_CENTRES)
    octaves = octaves - octaves.mean()
    below_5_khz = _CENTRES < 5000
    return {
        "flux": np.sqrt(np.mean((step - step.mean(axis=1, keepdims=True)) ** 2, axis=1)),
        "centroid": 12 * np.log2(energies @ _CENTRES / total / 1000),
        "rolloff": 12 * np.log2(_CENTRES[np.argmax(cumulative >= 0.85, axis=1)] / 1000),
        "flatness": db.mean(axis=1) - 10 * np.log10(total / db.shape[1]),
        "tilt": db @ octaves / (octaves @ octaves),
        "alpha_ratio": _ratio_db(
            energies[:, (_CENTRES >= 1000) & below_5_khz].sum(axis=1), energies[:, _CENTRES < 1000].sum(axis=1)
        ),
        "hammarberg": _ratio_db(
            energies[:, _CENTRES < 2000].max(axis=1), energies[:, (_CENTRES >= 2000) & below_5_khz].max(axis=1)
        ),
    }


def zero_crossing_rate(y: np.ndarray, sr: float, frame_count: int) -> np.ndarray:
    """Return the sign changes per second of each 25 ms frame.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Samples.
    sr : float
        Sampling rate in Hz.
    frame_count : int
        Number of frames ``t``.

    Returns
    -------
    ndarray of float64, shape (t,)
        Zero crossings per second.
    """
    length = framing.window_length(sr)
    signs = np.signbit(framing.cut_frames(y, sr, frame_count, length))
    rate: np.ndarray = (signs[:, 1:] != signs[:, :-1]).sum(axis=1) * (sr / length)
    return rate
