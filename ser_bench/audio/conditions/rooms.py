"""Rooms: direct sound and a decaying tail of stated reverberation time and direct-to-reverberant ratio.

The impulse response is the direct sound and, 2.5 ms later, Gaussian noise that decays exponentially (Polack's model).
The decay is the same at all frequencies. Each clip has a noise of its own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind

if TYPE_CHECKING:
    import numpy as np

VOLUME = 100.0
"""Volume of the room in cubic metres, that of a meeting room."""
DISTANCE = 1.0
"""Distance between speaker and microphone in metres."""
FIRST_REFLECTION = 0.0025
"""Seconds from the direct sound to the tail."""


def direct_to_reverberant(t60: float) -> float:
    """Return the direct-to-reverberant ratio of the room, from its critical distance.

    Parameters
    ----------
    t60 : float
        Reverberation time in seconds.

    Returns
    -------
    float
        The ratio of the energies in dB: 0.3 for 0.3 s, -2.8 for 0.6 s, -5.0 for 1 s.

    References
    ----------
    H. Kuttruff, Room Acoustics, 6th edition (2016), chapter 5: ``r_c = 0.1 (V / (pi T60)) ** 0.5`` for a source
    without directivity; the ratio is ``(r_c / r) ** 2``.
    """
    return 10 * math.log10(0.01 * VOLUME / (math.pi * t60) / DISTANCE**2)


def impulse_response(sr: int, t60: float, rng: np.random.Generator) -> np.ndarray:
    """Draw an impulse response as long as the reverberation time.

    Parameters
    ----------
    sr : int
        Sampling rate in Hz.
    t60 : float
        Reverberation time in seconds.
    rng : numpy.random.Generator
        Draws the tail.

    Returns
    -------
    ndarray of float32, shape (n,)
        The direct sound, which is 1, and the tail, whose energy is that of the direct-to-reverberant ratio.
    """
    import numpy as np

    start = max(1, round(FIRST_REFLECTION * sr))
    response = np.zeros(max(start + 1, round(t60 * sr)), dtype=np.float32)
    time = np.arange(len(response) - start, dtype=np.float32) / np.float32(sr)
    tail = rng.standard_normal(len(time), dtype=np.float32) * np.exp(np.float32(-3 * math.log(10) / t60) * time)
    energy = 10 ** (-direct_to_reverberant(t60) / 10)
    response[start:] = tail * np.sqrt(energy / np.sum(np.square(tail, dtype=np.float64)))
    response[0] = 1
    return response


def _reverberate(y: np.ndarray, sr: int, rng: np.random.Generator, t60: float) -> tuple[np.ndarray, int]:
    """Return the clip in a room, as long and as loud as before; what rings on after its end is cut."""
    from scipy.fft import irfft, next_fast_len, rfft

    from ser_bench.audio.conditions.samples import as_loud_as

    response = impulse_response(sr, t60, rng)
    size = next_fast_len(len(y) + len(response) - 1, real=True)
    changed = irfft(rfft(y, size) * rfft(response, size), size)[: len(y)]
    return as_loud_as(y, changed), sr


ROOM = ConditionKind(
    name="room",
    family="rooms",
    summary="a room of 100 m³, the speaker 1 m away; length and level kept",
    source="Polack's model (1988); direct-to-reverberant ratio 0.3, -2.8 and -5.0 dB (Kuttruff 2016)",
    phrase="in a room with {level} s of reverberation",
    change=_reverberate,
    levels=(0.3, 0.6, 1.0),
    unit="s T60",
    lowest=0.1,
    highest=5.0,
    harder="higher",
    decimals=1,
    common=(0.6,),
)
