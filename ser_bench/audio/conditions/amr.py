"""AMR narrow-band, the speech codec of mobile telephones, with the program ``ffmpeg``."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np

from ser_bench.audio.conditions.samples import as_float, at_rate, quantised
from ser_bench.audio.conditions.telephone import NARROW_RATE
from ser_bench.core.errors import ConditionError

BIT_RATES = (4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2)
"""The bit rates of 3GPP TS 26.071 in kbit/s."""
DELAY = 40
"""Samples of delay: the encoder looks 5 ms ahead."""
TIME_LIMIT = 60.0
"""In seconds; a clip of a minute takes less than a second."""
_RAW = ("-f", "s16le", "-ar", str(NARROW_RATE), "-ac", "1")
_ENCODER = "libopencore_amrnb"
_HINT = "install it or leave the condition out"


def amr(y: np.ndarray, sr: int, bit_rate: float) -> tuple[np.ndarray, int]:
    """Encode and decode a clip.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : int
        Sampling rate in Hz.
    bit_rate : float
        One of :data:`BIT_RATES` in kbit/s.

    Returns
    -------
    y : ndarray of float32, shape (m,)
        The decoded samples, as long as the clip and aligned with it.
    sr : int
        8,000 Hz.

    Raises
    ------
    ConditionError
        If ffmpeg is not found, has no encoder, or fails.
    """
    samples = quantised(at_rate(y, sr, NARROW_RATE))
    decoded = np.frombuffer(decode(encode(np.pad(samples, (0, DELAY)), bit_rate)), "<i2")[DELAY:][: len(samples)]
    return as_float(np.pad(decoded, (0, len(samples) - len(decoded)))), NARROW_RATE


def encode(samples: np.ndarray, bit_rate: float) -> bytes:
    """Encode samples.

    Parameters
    ----------
    samples : ndarray of int16
        Samples at 8,000 Hz.
    bit_rate : float
        One of :data:`BIT_RATES` in kbit/s.

    Returns
    -------
    bytes
        An AMR file.
    """
    coding = ("-c:a", _ENCODER, "-b:a", f"{bit_rate * 1000:.0f}", "-f", "amr")
    return _ffmpeg(samples.astype("<i2").tobytes(), *_RAW, "-i", "pipe:0", *coding, "pipe:1")


def decode(data: bytes) -> bytes:
    """Decode an AMR file.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    bytes
        Little-endian 16-bit samples at 8,000 Hz.
    """
    return _ffmpeg(data, "-f", "amr", "-i", "pipe:0", *_RAW, "pipe:1")


def _ffmpeg(data: bytes, *arguments: str) -> bytes:
    """Run ffmpeg from standard input to standard output."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise ConditionError(f"AMR needs ffmpeg, which is not found; {_HINT}")
    command = (program, "-nostdin", "-v", "error", "-threads", "1", *arguments)
    try:
        result = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise ConditionError(f"ffmpeg was stopped after {TIME_LIMIT:g} s") from None
    message = result.stderr.decode(errors="replace").strip()
    if _ENCODER in message:
        raise ConditionError(f"AMR needs an ffmpeg with {_ENCODER}, and this one has none; {_HINT}")
    if result.returncode or not result.stdout:
        raise ConditionError(f"ffmpeg cannot code it as AMR ({message.splitlines()[0] if message else 'no output'})")
    return result.stdout
