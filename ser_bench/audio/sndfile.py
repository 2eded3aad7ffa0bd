"""Decoding by libsndfile: WAV, FLAC, Ogg, MP3, AIFF and others, in bounded memory whatever a header promises."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser_bench.audio import headers
from ser_bench.audio.excerpt import bounds, read_excerpt
from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

_BLOCK = 1 << 20
"""Samples of all channels that are decoded at once, where there are several channels."""
_UNKNOWN = 2**62
"""From here on a number of frames means that the header does not know, as in FLAC written to a pipe."""
_MPEG_SLACK = 2304
"""MP3 is cut in frames of up to 1,152 samples; programs differ in which of the first and last count."""

_UNRECOGNISED = 1
"""libsndfile's number for a format that it does not know."""


class RefusedError(AudioError):
    """libsndfile does not read the file; something else may."""


class ForeignError(RefusedError):
    """The first bytes begin no format that libsndfile knows."""


Source = Path | bytes
"""A file, or the bytes of one."""


def decode(source: Source) -> tuple[np.ndarray, int]:
    """Return ``(y, sr)``: float32 mono samples of the part that is heard, and the rate in Hz.

    Raises :class:`RefusedError` where libsndfile does not read the file, ``AudioError`` where it is truncated.
    """
    with _opened(source) as sound:
        sr, slack = sound.samplerate, _MPEG_SLACK if sound.subtype.startswith("MPEG") else 0
        known = sound.frames < _UNKNOWN and (not slack or headers.tells_mpeg_length(source))
        if known:
            first, wanted = bounds(sound.frames, sr)
            if first:
                sound.seek(first)
            y = _mono(sound, wanted)
    if not known:
        return read_excerpt(partial(_forward, source))
    if len(y) + slack < wanted:
        raise AudioError("truncated: the header promises more samples than the file holds")
    return y, sr


def sampling_rate(path: Path) -> int:
    """Return the rate in Hz that the header tells; raises :class:`RefusedError` as :func:`decode` does."""
    with _opened(path) as sound:
        return sound.samplerate


@contextmanager
def _opened(source: Source, forward: bool = False) -> Iterator[SoundFile]:
    import soundfile

    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else os.fsencode(source)
        with (_forward_class() if forward else soundfile.SoundFile)(file) as sound:
            yield sound
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        unknown = getattr(error, "code", 0) == _UNRECOGNISED
        raise (ForeignError if unknown else RefusedError)(f"not an audio file that can be read ({reason})") from None


def _forward_class() -> type[SoundFile]:
    """Return the class of files read from first frame to last: soundfile seeks after each block, which may fail."""
    import soundfile

    class Forward(soundfile.SoundFile):
        def seekable(self) -> bool:
            return False

    return Forward


def _mono(sound: SoundFile, wanted: int) -> np.ndarray:
    """Read up to ``wanted`` frames from where the file stands, channels averaged block by block."""
    y = np.empty(wanted, np.float32)
    if sound.channels == 1:
        return sound.read(out=y)
    done = 0
    for block in _blocks(sound, wanted):
        y[done : done + len(block)] = block.mean(axis=1, dtype=np.float32)
        done += len(block)
    return y[:done]


def _forward(source: Source) -> Iterator[tuple[int, np.ndarray]]:
    with _opened(source, forward=True) as sound:
        for block in _blocks(sound, _UNKNOWN):
            yield sound.samplerate, block.mean(axis=1, dtype=np.float32)


def _blocks(sound: SoundFile, wanted: int) -> Iterator[np.ndarray]:
    """Yield up to ``wanted`` frames in blocks ``(frames, channels)`` that share their memory."""
    block = np.empty((max(1, _BLOCK // sound.channels), sound.channels), np.float32)
    while wanted > 0 and len(read := sound.read(out=block[:wanted])):
        yield read
        wanted -= len(read)
