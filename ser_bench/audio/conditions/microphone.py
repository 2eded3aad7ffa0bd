"""Microphones and converters: a narrow band, the tilt of a cheap microphone, clipping, low level, offset, few bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

FAMILY = "microphone"
ORDER = 8
"""Order of the low-pass filter."""
BASS, TREBLE = 200.0, 1000.0
"""Corners of the tilt in Hz."""
CLIPPED_SHARE = 0.1
"""Share of the samples of the speech that an overdriven input cuts off."""
QUIET_LEVEL = -66.0
"""Active level of quiet speech in dB; 40 dB below the nominal level."""


def low_pass_response(frequencies: np.ndarray, corner: float) -> np.ndarray:
    """Return the frequency response of a Butterworth low-pass filter.

    Parameters
    ----------
    frequencies : ndarray
        Frequencies in Hz.
    corner : float
        The frequency in Hz at which it is 3 dB lower.

    Returns
    -------
    ndarray of complex
        It falls by 48 dB an octave above the corner.
    """
    import numpy as np

    x = (frequencies / corner).astype(np.float32)
    denominator = np.ones(len(x), np.complex64)
    for angle in np.pi * (np.arange(ORDER // 2) + 0.5) / ORDER:  # one pair of poles each
        denominator *= (1 - x * x) + np.complex64(2j * np.sin(angle)) * x
    response: np.ndarray = 1 / denominator
    return response


def tilt_response(frequencies: np.ndarray) -> np.ndarray:
    """Return the frequency response of the tilt: a first-order high-pass filter and a first-order low-pass filter.

    Parameters
    ----------
    frequencies : ndarray
        Frequencies in Hz.

    Returns
    -------
    ndarray of complex
        It falls by 6 dB an octave below 200 Hz and above 1 kHz, and is 3 dB lower at either corner.
    """
    bass, treble = 1j * frequencies / BASS, 1j * frequencies / TREBLE
    return bass / (1 + bass) / (1 + treble)


def _filtered(y: np.ndarray, sr: int, response: Callable[[np.ndarray], np.ndarray], lowest: float) -> np.ndarray:
    """Return the clip after a causal filter, applied to its spectrum; it decays in 10 periods of ``lowest`` Hz."""
    import numpy as np
    from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

    size = next_fast_len(len(y) + round(10 / lowest * sr), real=True)
    filtered: np.ndarray = irfft(rfft(y, size) * response(rfftfreq(size, 1 / sr)).astype(np.complex64), size)[: len(y)]
    return filtered


def _lowpass(y: np.ndarray, sr: int, rng: np.random.Generator, corner: float) -> tuple[np.ndarray, int]:
    """Return the clip without treble; itself if its rate allows no higher frequency."""
    return (y if corner >= sr / 2 else _filtered(y, sr, lambda f: low_pass_response(f, corner), corner)), sr


def _tilt(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    from ser_bench.audio.conditions.samples import as_loud_as

    return as_loud_as(y, _filtered(y, sr, tilt_response, BASS)), sr


def _clip(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    import numpy as np

    from ser_bench.audio.activity import active_span

    start, stop = active_span(y, sr)
    limit = np.quantile(np.abs(y[start:stop]), 1 - CLIPPED_SHARE, method="lower") if stop > start else 0
    return (np.clip(y, -limit, limit) / limit if limit > 0 else y), sr


def _quiet(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    import numpy as np

    from ser_bench.audio.activity import active_level

    level = active_level(y, sr)
    gain = 10 ** ((QUIET_LEVEL - level) / 20) if np.isfinite(level) else 1.0
    return np.round(y * (gain * 2**15)) / 2**15, sr


def _offset(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    from ser_bench.audio.activity import active_level

    return y + 10 ** (active_level(y, sr) / 20), sr


def _quantise(y: np.ndarray, sr: int, rng: np.random.Generator, bits: float) -> tuple[np.ndarray, int]:
    import numpy as np

    step = np.max(np.abs(y), initial=0) / 2 ** (bits - 1)
    return (np.round(y / step) * step if step > 0 else y), sr


LOWPASS = ConditionKind(
    name="lowpass",
    family=FAMILY,
    summary="nothing above the stated frequency, as after a low sampling rate",
    source="Butterworth filter of order 8, -3 dB at the stated frequency",
    phrase="without frequencies above {level} Hz",
    change=_lowpass,
    levels=(8000.0, 4000.0, 2000.0),
    unit="Hz",
    lowest=100.0,
    highest=96000.0,
)

TILT = ConditionKind(
    name="tilt",
    family=FAMILY,
    summary="a dull, thin microphone; level kept",
    source="6 dB an octave less below 200 Hz and above 1 kHz (first-order filters)",
    phrase="through a dull microphone",
    change=_tilt,
)

CLIPPED = ConditionKind(
    name="clipped",
    family=FAMILY,
    summary="an overdriven input: the loudest tenth of the speech is cut off at full scale",
    source="hard clipping; active speech of ITU-T P.56",
    phrase="with clipped peaks",
    change=_clip,
)

QUIET = ConditionKind(
    name="quiet",
    family=FAMILY,
    summary="a low input level: active speech at -66 dBov, rounded to 16 bits",
    source="40 dB below the nominal -26 dBov of ITU-T P.830; active level of ITU-T P.56",
    phrase="when recorded 40 dB too quiet",
    change=_quiet,
)

DC = ConditionKind(
    name="dc",
    family=FAMILY,
    summary="a faulty converter: a constant as strong as the active speech is added",
    source="active level of ITU-T P.56",
    phrase="with an offset",
    change=_offset,
)

BITS = ConditionKind(
    name="bits",
    family=FAMILY,
    summary="rounded to the stated bits with its peak at full scale; level kept",
    source="uniform quantisation without dither",
    phrase="with {level} bits a sample",
    change=_quantise,
    levels=(8.0, 4.0),
    unit="bits",
    lowest=2.0,
    highest=16.0,
)
