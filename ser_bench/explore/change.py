"""What a recording condition changes about a clip, measured on the clip as recorded and on the changed one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ser_bench.audio.activity import active_level
from ser_bench.audio.descriptors import SNR_LIMITS, Descriptors, describe
from ser_bench.explore.clip import Clip

_LEAST_DB = 0.5
"""Smaller changes of a level are not named."""
_LEAST_OFFSET = 0.1
"""In per cent of full scale."""
_LEAST_BAND = 0.1
"""Smaller changes of the highest frequency are not named, as a share of it."""
_LEAST_SNR_DB = 3.0
_LEAST_CLIPPED = 0.001
_LEAST_DECAY = 0.25
"""Slower decays are named from this share on; noise also slows them, so that only other conditions are measured."""
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
        Such as ``"sampling rate 48,000 to 8,000 Hz"``; empty if no measurement differs. Band, clipping, estimated SNR
        and decay are those of :mod:`ser_bench.audio.descriptors`, by which ``predict`` judges clips.
    """
    return [*_shape_facts(clean, changed), *_sound_facts(clean, changed)]


def _shape_facts(clean: Clip, changed: Clip) -> Iterator[str]:
    """Yield phrases about length, rate and levels."""
    if abs(clean.seconds - changed.seconds) >= 0.01:
        yield f"length {clean.seconds:,.2f} to {changed.seconds:,.2f} s"
    if clean.sr != changed.sr:
        yield f"sampling rate {clean.sr:,} to {changed.sr:,} Hz"
    for name, measure in (("RMS", _rms), ("peak", _peak)):
        before, after = measure(clean), measure(changed)
        if abs(after - before) >= _LEAST_DB:
            yield f"{name} {_number(before)} to {_number(after)} dBFS"
    before, after = (100 * float(clip.y.mean(dtype=np.float64)) for clip in (clean, changed))
    if abs(after - before) >= _LEAST_OFFSET:
        yield f"offset {_number(before)} to {_number(after)} % of full scale"


def _sound_facts(clean: Clip, changed: Clip) -> Iterator[str]:
    """Yield phrases about band, clipping, noise and decay."""
    if not changed.y.any():
        yield "silence"
        return
    before, after = (describe(clip.y, clip.sr) for clip in (clean, changed))
    if abs(after.high - before.high) >= _LEAST_BAND * before.high:
        yield f"highest frequency {round(before.high, -2):,.0f} to {round(after.high, -2):,.0f} Hz"
    if abs(after.clipped - before.clipped) >= _LEAST_CLIPPED:
        yield f"clipped samples {100 * before.clipped:.1f} to {100 * after.clipped:.1f} %"
    if changed.condition is not None and changed.condition.kind.unit == _SNR:
        yield f"signal-to-noise ratio {_number(_added_snr(clean, changed))} dB"
        return
    if abs(after.snr - before.snr) >= _LEAST_SNR_DB:
        yield f"estimated signal-to-noise ratio {_snr(before)} to {_snr(after)}"
    if after.decay <= (1 - _LEAST_DECAY) * before.decay:
        yield f"decay {before.decay:.0f} to {after.decay:.0f} dB per second"


def _added_snr(clean: Clip, changed: Clip) -> float:
    """Return the active level of the speech, without pauses, minus the level of all that was added to it."""
    added = np.mean(np.square(changed.y - clean.y, dtype=np.float64))
    return active_level(clean.y, clean.sr) - _decibels(float(added))


def _snr(descriptors: Descriptors) -> str:
    lowest, highest = SNR_LIMITS
    limit = {lowest: " or less", highest: " or more"}.get(descriptors.snr, "")
    return f"{_number(descriptors.snr)} dB{limit}"


def _rms(clip: Clip) -> float:
    return _decibels(float(np.mean(np.square(clip.y, dtype=np.float64))))


def _peak(clip: Clip) -> float:
    return _decibels(float(np.abs(clip.y).max()) ** 2)


def _decibels(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))


def _number(value: float) -> str:
    return f"{value:z.1f}".replace("-", "\N{MINUS SIGN}")
