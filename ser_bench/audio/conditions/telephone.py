"""Telephone lines: a narrow-band line with G.711, and a wide-band line.

The filters have linear phase and their delay is removed, so that clips stay aligned. Neither the handset nor errors of
transmission are simulated, and the level stays: a quiet clip is quiet on the line. The line clips at full scale.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from ser_bench.audio.conditions.base import ConditionKind

if TYPE_CHECKING:
    import numpy as np

FAMILY = "telephone"

NARROW_RATE = 8_000
"""Sampling rate of a narrow-band line in Hz."""
WIDE_RATE = 16_000
"""Sampling rate of a wide-band line in Hz."""
_BANDS = {NARROW_RATE: (201, 225.0, 3_550.0), WIDE_RATE: (801, 40.0, 7_200.0)}
"""Taps and -6 dB frequencies in Hz of the band-pass filter at each rate."""
_KAISER_BETA = 4.5
_WIDE_BITS = 14
"""Uniform quantisation of a wide-band line: G.722's input and output."""


@cache
def band_filter(rate: int) -> np.ndarray:
    """Return the impulse response of a line at its sampling rate.

    Parameters
    ----------
    rate : {8000, 16000}
        The sampling rate of the line in Hz.

    Returns
    -------
    ndarray of float32, shape (n_taps,)
        Symmetric. At 8 kHz it is flat within 0.1 dB from 300 to 3,400 Hz and more than 50 dB down at 150 and 3,700 Hz;
        at 16 kHz its -3 dB band holds 50 to 7,000 Hz.
    """
    import numpy as np

    taps, low, high = _BANDS[rate]
    n = np.arange(taps) - taps // 2
    ideal = 2 * high / rate * np.sinc(2 * high / rate * n) - 2 * low / rate * np.sinc(2 * low / rate * n)
    impulse_response: np.ndarray = (ideal * np.kaiser(taps, _KAISER_BETA)).astype(np.float32)
    return impulse_response


def _in_band(y: np.ndarray, sr: int, rate: int) -> np.ndarray:
    """Return a clip at the rate of a line, limited to its band."""
    from scipy.fft import irfft, next_fast_len, rfft

    from ser_bench.audio.conditions.samples import at_rate

    x, response = at_rate(y, sr, rate), band_filter(rate)
    size, delay = next_fast_len(len(x) + len(response), real=True), len(response) // 2
    filtered: np.ndarray = irfft(rfft(x, size) * rfft(response, size), size)[delay : delay + len(x)]
    return filtered


def _narrow(y: np.ndarray, sr: int, rng: np.random.Generator, law: str) -> tuple[np.ndarray, int]:
    """Send a clip over a narrow-band line."""
    from ser_bench.audio.conditions import g711
    from ser_bench.audio.conditions.samples import as_float, quantised

    return as_float(g711.round_trip(quantised(_in_band(y, sr, NARROW_RATE)), law)), NARROW_RATE


def _wide(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Send a clip over a wide-band line."""
    from ser_bench.audio.conditions.samples import as_float, quantised

    return as_float(quantised(_in_band(y, sr, WIDE_RATE), _WIDE_BITS)), WIDE_RATE


PHONE = ConditionKind(
    name="phone",
    family=FAMILY,
    summary="telephone line: 8 kHz, 300 to 3,400 Hz, 8 bits in mu-law",
    source="ITU-T G.711 (mu-law) and G.712 (band)",
    phrase="on the telephone",
    change=partial(_narrow, law="mu"),
    common=True,
)
PHONE_ALAW = ConditionKind(
    name="phone-alaw",
    family=FAMILY,
    summary="telephone line: 8 kHz, 300 to 3,400 Hz, 8 bits in A-law",
    source="ITU-T G.711 (A-law) and G.712 (band)",
    phrase="on the telephone (A-law)",
    change=partial(_narrow, law="A"),
)
WIDEBAND = ConditionKind(
    name="wideband",
    family=FAMILY,
    summary="wide-band telephone line: 16 kHz, 50 to 7,000 Hz, 14 bits; its codec is not simulated",
    source="ITU-T G.722 (band and converters)",
    phrase="on a wide-band telephone",
    change=_wide,
    common=True,
)
