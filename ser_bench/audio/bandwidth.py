"""The highest frequency at which a recording holds more than rounding noise."""

from __future__ import annotations

import numpy as np

_FRAME_SECONDS = 0.04
_ROUNDING = 2.0**-30 / 12
"""Power of the rounding noise of 16 bits, relative to full scale."""
_MARGIN_DB = 8.0
"""Level above the rounding noise from which a frequency holds sound; dithered rounding noise is 5 dB above it."""
_SILENCE = 1e-4
"""Power of a silent frame, relative to the loudest."""
_QUANTILE = 0.9
"""Share of the frames whose treble may be empty; in the others, clipped samples spread over all frequencies."""
_TOP = 0.97
"""Share of the highest possible frequency above which filters of recorders leave little."""


def bandwidth(y: np.ndarray, sr: float) -> float:
    """Return the highest frequency at which a clip holds more than rounding noise.

    A clip that was resampled from a lower rate, or whose treble a codec removed, has nothing but rounding noise above.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), dtype float32
        Mono samples in [-1, 1].
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    float
        Frequency in Hz, at most 0.97 times half the rate; 0 for a clip without sound.
    """
    size = max(64, round(_FRAME_SECONDS * sr))
    window = np.hanning(size).astype(np.float32)
    frames = np.pad(y, (0, max(0, size - len(y))))[: max(1, len(y) // size) * size].reshape(-1, size)
    level = np.einsum("ij,ij->i", frames, frames)
    spectra = np.fft.rfft(frames[level >= _SILENCE * level.max()] * window, axis=1)
    power = (spectra.real**2 + spectra.imag**2) / np.sum(window**2)
    rank = int(_QUANTILE * len(power))
    power = np.partition(power, rank, axis=0)[rank]
    frequencies = np.fft.rfftfreq(size, 1 / sr)
    sounding = frequencies[(power > _ROUNDING * 10 ** (_MARGIN_DB / 10)) & (frequencies <= _TOP * sr / 2)]
    return float(sounding[-1]) if len(sounding) else 0.0
