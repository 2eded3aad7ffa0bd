"""Lossy codecs: MP3 (LAME), Opus and Vorbis through libsndfile, the speech codecs GSM 6.10 and AMR.

A clip is clipped at full scale, resampled to a rate that the codec takes, encoded in memory and decoded. It comes out
at the rate of such a file, as long as before and aligned: the delay of encoder and decoder is removed.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ser_bench.audio.conditions.base import ConditionKind
from ser_bench.core.errors import ConditionError

if TYPE_CHECKING:
    import numpy as np

    Codec = Callable[..., tuple[np.ndarray, int]]

FAMILY = "codecs"

_MPEG_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_MP3_LIMITS = ((12, 8_000), (28, 16_000), (36, 22_050), (44, 24_000), (60, 32_000))
"""LAME's choice: below these bit rates in kbit/s, the highest sampling rate in Hz of a mono file."""
_MP3_BIT_RATES = frozenset((8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320))
_MPEG_VERSIONS = ((32_000, 32, 320), (16_000, 8, 160), (8_000, 8, 64))
"""Of MPEG 1, 2 and 2.5: the lowest sampling rate in Hz, the lowest and the highest bit rate in kbit/s."""
_MP3_DELAY = 576 + 529
"""Samples by which LAME and the decoder delay a file that is too small for the tag that states the delay."""
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
_OPUS_BIT_RATES = (6.0, 256.0)
"""In kbit/s, between which libsndfile sets a channel's bit rate."""
_VORBIS_LIMITS = ((20, 12_000), (24, 16_000), (48, 24_000))
"""Below these bit rates in kbit/s, the highest sampling rate in Hz, so that Vorbis has a quality with the bit rate."""
_VORBIS_START = 0.6
"""Compression level of libsndfile, from 0, the best quality, to 1, at which the search of a quality starts."""
_VORBIS_SLOPE = -1.4
"""Change of the bit rate's logarithm from the best to the worst quality, roughly, for the search."""
_TOLERANCE = 0.03
_MAX_TRIALS = 5


def mp3(y: np.ndarray, sr: int, bit_rate: float) -> tuple[np.ndarray, int]:
    """Encode a clip as MP3 and decode it.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples in [-1, 1].
    sr : int
        Sampling rate in Hz.
    bit_rate : float
        In kbit/s, 8 to 320; constant if MP3 has this bit rate, else the average.

    Returns
    -------
    y : ndarray of float32, shape (m,)
        The decoded samples.
    sr : int
        The sampling rate that LAME chooses for the bit rate, in Hz.

    Raises
    ------
    ConditionError
        If the clip cannot be encoded.
    """
    lowest = 32_000 if bit_rate > 160 else 16_000 if bit_rate > 64 else 8_000
    rate = _next(_MPEG_RATES, max(lowest, min(sr, _limit(_MP3_LIMITS, bit_rate))))
    slowest, fastest = next((low, high) for start, low, high in _MPEG_VERSIONS if rate >= start)
    level = min(0.9999, max(0.0, (fastest - bit_rate - 0.01) / (fastest - slowest)))
    mode = "CONSTANT" if bit_rate in _MP3_BIT_RATES else "AVERAGE"
    x = _resampled(y, sr, rate)
    data = encoded(x, rate, "MP3", "MPEG_LAYER_III", compression_level=level, bitrate_mode=mode)
    decoded = _decoded(data)
    return _cut(decoded[0 if len(decoded) == len(x) else _MP3_DELAY :], len(x)), rate


def opus(y: np.ndarray, sr: int, bit_rate: float) -> tuple[np.ndarray, int]:
    """Encode a clip as Opus and decode it.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples in [-1, 1].
    sr : int
        Sampling rate in Hz.
    bit_rate : float
        The encoder's target in kbit/s, 6 to 256. Pauses take fewer bits.

    Returns
    -------
    y : ndarray of float32, shape (m,)
        The decoded samples.
    sr : int
        The next sampling rate of Opus in Hz, at most 48,000.

    Raises
    ------
    ConditionError
        If the clip cannot be encoded.
    """
    rate = _next(_OPUS_RATES, sr)
    x = _resampled(y, sr, rate)
    slowest, fastest = _OPUS_BIT_RATES
    data = encoded(x, rate, "OGG", "OPUS", compression_level=(fastest - bit_rate) / (fastest - slowest))
    return _cut(_decoded(data), len(x)), rate


def vorbis(y: np.ndarray, sr: int, bit_rate: float) -> tuple[np.ndarray, int]:
    """Encode a clip as Ogg Vorbis and decode it.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples in [-1, 1].
    sr : int
        Sampling rate in Hz.
    bit_rate : float
        In kbit/s. The encoder takes a quality and not a bit rate. So the quality is searched, in at most five trials,
        that gives the clip this bit rate within 3 %, or the nearest of the trials.

    Returns
    -------
    y : ndarray of float32, shape (m,)
        The decoded samples.
    sr : int
        The clip's rate in Hz, or less for low bit rates.

    Raises
    ------
    ConditionError
        If the clip cannot be encoded.
    """
    rate = min(sr, _limit(_VORBIS_LIMITS, bit_rate))
    x = _resampled(y, sr, rate)
    data = min(_vorbis_trials(x, rate, bit_rate), key=lambda trial: abs(trial[0]))[1]
    return _cut(_decoded(data), len(x)), rate


def _vorbis_trials(x: np.ndarray, rate: int, bit_rate: float) -> Iterator[tuple[float, bytes]]:
    """Yield how far the logarithm of the bit rate is from the target, and the file, until one is near."""
    level, tried = _VORBIS_START, {}
    for _ in range(_MAX_TRIALS):
        data = encoded(x, rate, "OGG", "VORBIS", compression_level=level)
        excess = math.log(max(1, ogg_bits(data)) * rate / len(x) / 1000 / bit_rate)
        yield excess, data
        if abs(excess) < _TOLERANCE or level == (1.0 if excess > 0 else 0.0):
            return
        tried[level] = excess
        low = max((known for known in tried if tried[known] > 0), default=None)
        high = min((known for known in tried if tried[known] <= 0), default=None)
        if low is None or high is None:
            level = min(1.0, max(0.0, level - excess / _VORBIS_SLOPE))
        else:
            straight = low + (high - low) * tried[low] / (tried[low] - tried[high])
            level = (straight + (low + high) / 2) / 2


def gsm(y: np.ndarray, sr: int) -> tuple[np.ndarray, int]:
    """Encode a clip as GSM 6.10 full rate, 13 kbit/s, and decode it.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples in [-1, 1].
    sr : int
        Sampling rate in Hz.

    Returns
    -------
    y : ndarray of float32, shape (m,)
        The decoded samples.
    sr : int
        8,000 Hz.

    Raises
    ------
    ConditionError
        If the clip cannot be encoded.
    """
    x = _resampled(y, sr, 8_000)
    return _cut(_decoded(encoded(x, 8_000, "WAV", "GSM610")), len(x)), 8_000


def encoded(y: np.ndarray, sr: int, container: str, subtype: str, **options: Any) -> bytes:
    """Encode a clip with libsndfile.

    Parameters
    ----------
    y : ndarray of float32, shape (n,)
        Mono samples.
    sr : int
        Sampling rate in Hz.
    container, subtype : str
        libsndfile's names of the format.
    **options
        ``compression_level`` and ``bitrate_mode`` of :class:`soundfile.SoundFile`.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    ConditionError
        If libsndfile cannot encode the clip.
    """
    import soundfile

    file = io.BytesIO()
    try:
        with soundfile.SoundFile(file, "w", sr, 1, subtype, format=container, **options) as sound:
            sound.write(y)
    except (soundfile.LibsndfileError, ValueError) as error:
        raise ConditionError(f"libsndfile cannot encode it as {subtype} ({error}); leave it out") from None
    return file.getvalue()


def ogg_bits(data: bytes) -> int:
    """Return the number of bits of an Ogg file's packets, without its headers.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    int
        Bits of the pages that hold sound: those with a position other than 0.
    """
    start = size = 0
    while start < len(data):
        (position,) = struct.unpack_from("<q", data, start + 6)
        body = start + 27 + data[start + 26]
        length = sum(data[start + 27 : body])
        size += length if position else 0
        start = body + length
    return 8 * size


def _decoded(data: bytes) -> np.ndarray:
    """Decode a file of libsndfile."""
    import soundfile

    from ser_bench.audio.quiet import without_stderr

    try:
        with without_stderr():
            y, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise ConditionError(f"libsndfile cannot decode what it encoded ({error}); leave it out") from None
    decoded: np.ndarray = y
    return decoded


def _resampled(y: np.ndarray, sr: int, rate: int) -> np.ndarray:
    """Return a clip at the rate of an encoder, clipped at full scale."""
    import numpy as np

    from ser_bench.audio.conditions.samples import at_rate

    clipped: np.ndarray = np.clip(at_rate(y, sr, rate), -1, 1)
    return clipped


def _cut(y: np.ndarray, length: int) -> np.ndarray:
    """Return the first samples, with zeros where some are missing."""
    import numpy as np

    return np.pad(y[:length], (0, max(0, length - len(y))))


def _next(rates: tuple[int, ...], rate: int) -> int:
    """Return the lowest rate that loses nothing, else the highest."""
    return next((known for known in rates if known >= rate), rates[-1])


def _limit(limits: tuple[tuple[int, int], ...], bit_rate: float) -> int:
    """Return the highest sampling rate for a bit rate."""
    return next((rate for below, rate in limits if bit_rate < below), 48_000)


def _amr(y: np.ndarray, sr: int, bit_rate: float) -> tuple[np.ndarray, int]:
    """Encode a clip as AMR and decode it."""
    from ser_bench.audio.conditions.amr import amr

    return amr(y, sr, bit_rate)


def _through(y: np.ndarray, sr: int, rng: np.random.Generator, *level: float, codec: Codec) -> tuple[np.ndarray, int]:
    """Change a clip by a codec."""
    return codec(y, sr, *level)


MP3 = ConditionKind(
    name="mp3",
    family=FAMILY,
    summary="MP3 at a constant bit rate, or an average one if MP3 lacks it; sampling rate as LAME chooses",
    source="ISO/IEC 11172-3 and 13818-3; LAME in libsndfile",
    phrase="coded as MP3 at {level} kbit/s",
    change=partial(_through, codec=mp3),
    levels=(64, 32, 16),
    unit="kbit/s",
    lowest=8,
    highest=320,
    common=(64,),
)
OPUS = ConditionKind(
    name="opus",
    family=FAMILY,
    summary="Opus, the codec of internet calls, at a target bit rate",
    source="RFC 6716; libopus in libsndfile",
    phrase="coded as Opus at {level} kbit/s",
    change=partial(_through, codec=opus),
    levels=(24, 12, 6),
    unit="kbit/s",
    lowest=6,
    highest=256,
    common=(24, 12),
)
VORBIS = ConditionKind(
    name="vorbis",
    family=FAMILY,
    summary="Ogg Vorbis at the quality that gives the clip a bit rate",
    source="Vorbis I; libvorbis in libsndfile",
    phrase="coded as Vorbis at {level} kbit/s",
    change=partial(_through, codec=vorbis),
    levels=(64, 32, 16),
    unit="kbit/s",
    lowest=12,
    highest=192,
)
GSM = ConditionKind(
    name="gsm",
    family=FAMILY,
    summary="GSM 6.10 full rate at 8 kHz, 13 kbit/s, the codec of the first digital mobile telephones",
    source="ETSI GSM 06.10; libgsm in libsndfile",
    phrase="coded as GSM",
    change=partial(_through, codec=gsm),
)
AMR = ConditionKind(
    name="amr",
    family=FAMILY,
    summary="AMR narrow-band at 8 kHz, the codec of mobile telephones",
    source="3GPP TS 26.071; OpenCORE in ffmpeg",
    phrase="coded as AMR at {level} kbit/s",
    change=partial(_through, codec=_amr),
    levels=(12.2, 7.4, 4.75),
    unit="kbit/s",
    lowest=4.75,
    highest=12.2,
    only=(4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2),
    needs="ffmpeg",
    common=(12.2,),
)
