"""What a recording sounds like apart from its words: band, spectral tilt, noise, clipping and decay.

The descriptors follow from the clip alone, so they are estimates. A clip without a pause has a low SNR, and a voice
without fricatives a narrow band.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from ser_bench.audio.speech_spectrum import spectrum_level

VERSION = 1
"""Part of what is saved about descriptors; raise it whenever a value changes."""

SNR_LIMITS = (-10.0, 45.0)
"""Estimates in dB beyond these count as these: the noise of a quiet studio makes no difference."""

_FRAME_SECONDS = 0.032
_SILENCE_DB = 80.0
"""Frames further below the loudest hold digital silence."""
_ACTIVE_DB = 20.0
"""Frames at most this far below the loud ones hold speech."""
_HANGOVER_SECONDS = 0.2
"""Shorter pauses count as speech, as in ITU-T P.56."""
_LOUD, _QUIET = 95, 10
"""Percentiles of frames."""
_BAND_DB = 15.0
"""Distance below the average spectrum of speech at which the band ends."""
_LOWEST_HZ, _STEPS_PER_OCTAVE = 80.0, 12
_MIDDLE_HZ = (500.0, 2500.0)
_TILT_HZ = (100.0, 8000.0)
_MIN_BANDS = 6
_CLIPPED = 0.999
"""Share of the largest distance from the middle from which a sample counts as clipped."""
_LEVEL_SECONDS = 0.008
_DECAY_SECONDS = 0.064
_DECAY_QUANTILE = 0.9
_MIN_DECAYS = 5
_TINY = 1e-20


@dataclass(frozen=True)
class Descriptors:
    """What a clip sounds like; NaN where the clip does not tell.

    Parameters
    ----------
    low, high : float
        Edges of the band of its speech in Hz, 15 dB below the average spectrum of speech; ``high`` is at most half the
        sampling rate.
    tilt : float
        Slope of its speech in dB per octave, relative to the average spectrum of speech.
    snr : float
        Level of its speech above its quiet frames in dB, from -10 to 45.
    noise_tilt : float
        Slope of its quiet frames in dB per octave: 0 for white noise, -3 for pink noise.
    clipped : float
        Share of the samples at the highest or the lowest value.
    decay : float
        How fast the fastest tenth of its decays falls, in dB per second. A room with a reverberation time of 1 s
        limits it to about 60.
    """

    low: float
    high: float
    tilt: float
    snr: float
    noise_tilt: float
    clipped: float
    decay: float


NAMES = tuple(field.name for field in fields(Descriptors))
"""The names of the descriptors, in order."""


def describe(y: np.ndarray, sr: float) -> Descriptors:
    """Estimate the descriptors of a clip.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples, not all equal.
    sr : float
        Sampling rate in Hz.

    Returns
    -------
    Descriptors
    """
    power, hz = _power_spectra(y, sr)
    level = power.sum(axis=1)
    noise = power[level <= np.percentile(level, _QUIET)].mean(axis=0)
    speech = np.maximum(level - noise.sum(), 0.0)
    active = (speech > np.percentile(speech, _LOUD) * 10 ** (-_ACTIVE_DB / 10)) & (speech > 0)
    spectrum = np.percentile(power[active], 90, axis=0) if active.any() else noise
    bands, (speech_db, noise_db) = _in_bands(hz, spectrum, noise)
    relative = speech_db - spectrum_level(bands)
    low, high = _band(bands, relative)
    inside = (bands >= max(low, _TILT_HZ[0])) & (bands <= min(high, _TILT_HZ[1]))
    return Descriptors(
        low=low,
        high=high,
        tilt=_slope(bands[inside], relative[inside]),
        snr=_ratio_db(_active_power(speech, active), noise.sum()),
        noise_tilt=_slope(bands[inside], noise_db[inside]),
        clipped=_clipped(y),
        decay=_decay(y, sr),
    )


def _power_spectra(y: np.ndarray, sr: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the power spectrum of each frame that is not silent, of shape (frames, bins), and the frequencies."""
    size = max(64, round(_FRAME_SECONDS * sr))
    padded = np.pad(y, (0, max(0, size - len(y))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2]
    frames = frames - frames.mean(axis=1, keepdims=True)  # digital silence may have an offset
    spectra = np.fft.rfft(frames * np.hanning(size).astype(np.float32), axis=1)
    power = np.asarray(spectra.real**2 + spectra.imag**2, dtype=np.float64)
    level = power.sum(axis=1)
    return power[level > level.max() * 10 ** (-_SILENCE_DB / 10)], np.fft.rfftfreq(size, 1 / sr)


def _in_bands(hz: np.ndarray, *spectra: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return centres of overlapping sixth-octave bands, and the density of each spectrum there in dB."""
    count = int(_STEPS_PER_OCTAVE * math.log2(hz[-1] / _LOWEST_HZ))
    bands = np.append(_LOWEST_HZ * 2 ** (np.arange(count) / _STEPS_PER_OCTAVE), hz[-1])
    ratio = 2 ** (1 / _STEPS_PER_OCTAVE)
    first = np.minimum(np.searchsorted(hz, bands / ratio), len(hz) - 1)
    last = np.maximum(np.searchsorted(hz, bands * ratio, side="right"), first + 1)
    sums = [np.concatenate([[0.0], np.cumsum(spectrum)]) for spectrum in spectra]
    return bands, tuple(10 * np.log10((total[last] - total[first]) / (last - first) + _TINY) for total in sums)


def _band(bands: np.ndarray, relative: np.ndarray) -> tuple[float, float]:
    """Return the edges of the band of the speech."""
    middle = (bands >= _MIDDLE_HZ[0]) & (bands <= _MIDDLE_HZ[1])
    inside = bands[relative >= np.median(relative[middle]) - _BAND_DB]
    return float(inside[0]), float(inside[-1])


def _slope(bands: np.ndarray, level: np.ndarray) -> float:
    """Return the slope in dB per octave; NaN for less than half an octave."""
    return float(np.polyfit(np.log2(bands), level, 1)[0]) if len(bands) >= _MIN_BANDS else math.nan


def _active_power(speech: np.ndarray, active: np.ndarray) -> float:
    """Return the mean power of active frames and of short pauses after them; 0 without active frames."""
    hangover = 1 + round(_HANGOVER_SECONDS / (_FRAME_SECONDS / 2))
    held = np.convolve(active, np.ones(hangover))[: len(active)] > 0
    return float(speech[held].mean()) if held.any() else 0.0


def _ratio_db(speech: float, noise: float) -> float:
    return float(np.clip(10 * np.log10((speech + _TINY) / (noise + _TINY)), *SNR_LIMITS))


def _clipped(y: np.ndarray) -> float:
    """Return the share of samples at the highest or the lowest value; with an offset these differ."""
    middle, half = (float(y.max()) + float(y.min())) / 2, float(np.ptp(y)) / 2
    return float(np.mean(np.abs(y - middle) >= _CLIPPED * half))


def _decay(y: np.ndarray, sr: float) -> float:
    """Return the speed of fast decays in dB per second; NaN without enough decays that end above the noise."""
    hop = max(1, round(_LEVEL_SECONDS * sr))
    span = round(_DECAY_SECONDS / _LEVEL_SECONDS)
    power = y[: len(y) // hop * hop].reshape(-1, hop).var(axis=1, dtype=np.float64)
    level = 10 * np.log10((power[1:] + power[:-1]) / 2 + _TINY)
    if len(level) <= span:
        return math.nan
    silence = level.max() - _SILENCE_DB
    floor = np.percentile(level[level > silence], _QUIET) + 10
    start, end = level[:-span], np.maximum(level[span:], silence)
    falls = (start > np.percentile(level, _LOUD) - _ACTIVE_DB) & ((end > floor) | (end == silence)) & (end < start)
    if np.count_nonzero(falls) < _MIN_DECAYS:
        return math.nan
    return float(np.quantile((start - end)[falls], _DECAY_QUANTILE) / _DECAY_SECONDS)
