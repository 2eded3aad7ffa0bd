"""What a recording condition changes about a clip, measured on the clip as recorded and on the changed one."""

from __future__ import annotations

import numpy as np

from ser_bench.audio.activity import active_level, active_span
from ser_bench.explore.clip import Clip
from ser_bench.features.speech import mel

_BAND_DB = 50.0
"""The highest frequency is the last one that is at most this far below the strongest, in the mean over frames."""
_LOWEST_HZ = 50.0
"""Lower frequencies hold offsets and rumble, not speech."""
_QUIET = 10
"""This percentage of the frames is quieter than the background."""
_SILENCE = -90.0
"""Levels in dBFS from which a clip is silent: 16 bits have little more than rounding noise there."""
_LEAST_DB = 0.5
_LEAST_SHARE = 0.05
"""Smaller changes of a level and of the highest frequency are not named."""
_SNR = "dB SNR"
"""The unit of conditions that add something to the speech."""


def change_facts(clean: Clip, changed: Clip) -> list[str]:
    """Return what a condition changes, a phrase for each measurement that differs.

    Parameters
    ----------
    clean : Clip
        The clip as recorded.
    changed : Clip
        The same clip under a condition.

    Returns
    -------
    list of str
        Such as ``"sampling rate 48,000 to 8,000 Hz"``; empty if no measurement differs.
    """
    facts = (
        _fact("length", "s", clean.seconds, changed.seconds, "{:,.2f}"),
        _fact("sampling rate", "Hz", clean.sr, changed.sr, "{:,.0f}"),
        _band_fact(_highest(clean), _highest(changed)),
        _level_fact("RMS", _rms(clean), _rms(changed)),
        _level_fact("peak", _peak(clean), _peak(changed)),
        _level_fact("background", _background(clean), _background(changed)),
        *_syllable_facts(clean, changed),
        *_snr_facts(clean, changed),
    )
    return [fact for fact in facts if fact]


def _fact(name: str, unit: str, before: float, after: float, shape: str = "{:z.1f}") -> str:
    """Return a phrase about a measurement; empty if the shown numbers are the same."""
    first, second = _number(before, shape), _number(after, shape)
    return f"{name} {first} to {second} {unit}" if first != second else ""


def _band_fact(before: float, after: float) -> str:
    differs = abs(after - before) > _LEAST_SHARE * before
    return _fact("highest frequency", "Hz", before, after, "{:,.0f}") if differs else ""


def _level_fact(name: str, before: float, after: float) -> str:
    """Return a phrase about a level in dBFS, which has no number for silence."""
    before, after = max(before, _SILENCE), max(after, _SILENCE)
    if abs(after - before) < _LEAST_DB:
        return ""
    if min(before, after) > _SILENCE:
        return _fact(name, "dBFS", before, after)
    first, second = ("silence" if value <= _SILENCE else f"{_number(value)} dBFS" for value in (before, after))
    return f"{name} {first} to {second}"


def _number(value: float, shape: str = "{:z.1f}") -> str:
    return shape.format(value).replace("-", "\N{MINUS SIGN}")


def _highest(clip: Clip) -> float:
    """Return the highest frequency in Hz, to 100 Hz."""
    power, frequencies = mel.power(clip.analysis.frame_spectrum, clip.sr, _LOWEST_HZ, clip.sr / 2)
    mean = power.mean(axis=0)
    strong = mean >= mean.max() * 10 ** (-_BAND_DB / 10)
    return round(float(np.asarray(frequencies)[strong][-1]), -2)


def _rms(clip: Clip) -> float:
    return _decibels(float(np.mean(np.square(clip.y, dtype=np.float64))))


def _peak(clip: Clip) -> float:
    return _decibels(float(np.abs(clip.y).max()) ** 2)


def _background(clip: Clip) -> float:
    return float(np.percentile(clip.analysis.levels, _QUIET))


def _syllable_facts(clean: Clip, changed: Clip) -> list[str]:
    """Return a phrase about the quiet frames within the speech, which the echo of a room fills."""
    first, last = (clean.start + sample / clean.sr for sample in active_span(clean.y, clean.sr))
    speech = (clean.times >= first) & (clean.times <= last)
    if len(clean.times) != len(changed.times) or not speech.any():
        return []
    levels = [float(np.percentile(clip.analysis.levels[speech], _QUIET)) for clip in (clean, changed)]
    return [_level_fact("between syllables", *levels)]


def _snr_facts(clean: Clip, changed: Clip) -> list[str]:
    """Return a phrase about the active level of the speech minus the level of all that was added to it."""
    condition = changed.condition
    if condition is None or condition.kind.unit != _SNR or clean.y.shape != changed.y.shape:
        return []
    x, y = clean.y.astype(np.float64), changed.y.astype(np.float64)
    gain = float(x @ y / (x @ x))
    noise = np.mean((y - gain * x) ** 2)
    snr = active_level(clean.y, clean.sr) + _decibels(gain**2) - _decibels(float(noise))
    return [f"signal-to-noise ratio {_number(snr)} dB"]


def _decibels(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))
