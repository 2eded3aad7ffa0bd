"""What a recording condition changes about a clip, measured on the clip as recorded and on the changed one."""

from __future__ import annotations

import numpy as np

from ser_bench.audio.activity import active_level
from ser_bench.audio.bandwidth import bandwidth
from ser_bench.explore.clip import Clip

_QUIET = 10
"""The background is the level below which this percentage of the frames lies."""
_SILENCE = -120.0
"""Levels in dBFS end here; 16-bit files have no sound below."""
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
    return [
        fact
        for fact in (
            _fact("length", "s", clean.seconds, changed.seconds, "{:,.2f}"),
            _fact("sampling rate", "Hz", clean.sr, changed.sr, "{:,.0f}"),
            _fact("highest frequency", "Hz", _highest(clean), _highest(changed), "{:,.0f}"),
            _level_fact("RMS", _rms(clean), _rms(changed)),
            _level_fact("peak", _peak(clean), _peak(changed)),
            _level_fact("background", _background(clean), _background(changed)),
            _snr_fact(clean, changed),
        )
        if fact
    ]


def _fact(name: str, unit: str, before: float, after: float, shape: str = "{:z.1f}") -> str:
    """Return a phrase about a measurement; empty if the shown numbers are the same."""
    first, second = _number(before, shape), _number(after, shape)
    return f"{name} {first} to {second} {unit}" if first != second else ""


def _level_fact(name: str, before: float, after: float) -> str:
    """Return a phrase about a level in dBFS, which has no number for silence."""
    if min(before, after) > _SILENCE or max(before, after) <= _SILENCE:
        return _fact(name, "dBFS", before, after)
    first, second = ("silence" if value <= _SILENCE else f"{_number(value)} dBFS" for value in (before, after))
    return f"{name} {first} to {second}"


def _number(value: float, shape: str = "{:z.1f}") -> str:
    return shape.format(value).replace("-", "\N{MINUS SIGN}")


def _highest(clip: Clip) -> float:
    return round(bandwidth(clip.y, clip.sr), -2)


def _rms(clip: Clip) -> float:
    return _decibels(float(np.mean(np.square(clip.y, dtype=np.float64))))


def _peak(clip: Clip) -> float:
    return _decibels(float(np.abs(clip.y).max()) ** 2)


def _background(clip: Clip) -> float:
    return float(np.percentile(clip.analysis.levels, _QUIET))


def _snr_fact(clean: Clip, changed: Clip) -> str:
    """Return the active level of the speech, without pauses, minus the level of all that was added to it."""
    assert changed.condition is not None
    if changed.condition.kind.unit != _SNR or clean.y.shape != changed.y.shape:
        return ""
    x, y = clean.y.astype(np.float64), changed.y.astype(np.float64)
    gain = float(x @ y / (x @ x))
    noise = np.mean((y - gain * x) ** 2)
    snr = active_level(clean.y, clean.sr) + _decibels(gain**2) - _decibels(float(noise))
    return f"signal-to-noise ratio {_number(snr)} dB"


def _decibels(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))
