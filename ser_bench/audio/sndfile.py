"""Decoding with libsndfile: WAV, FLAC, Ogg, MP3, AIFF and others, in memory that no header can increase."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.audio import headers
from ser_bench.audio.channels import Mixer, read_mono
from ser_bench.audio.excerpt import Decoded, bounds, read_excerpt
from ser_bench.audio.quiet import without_stderr
from ser_bench.audio.sizes import Patch
from ser_bench.core.errors import AudioError

if TYPE_CHECKING:
    from soundfile import SoundFile

_BLOCK = 1 << 20
"""Samples of all channels per read of a file with several channels."""
_UNKNOWN = 2**62
"""A number of frames from here on means unknown, as in FLAC written to a pipe."""
_MPEG_SLACK = 2304
"""Tolerance in samples: encoders count the first and last MP3 frames, of up to 1,152 samples, differently."""

_MPEG_EXTENSIONS = frozenset((".mp1", ".mp2", ".mp3", ".mpa", ".m1a", ".m2a", ".m3a"))
"""libsndfile tries its decoder of MP3 on files with these names, also where their content is not MPEG."""
_GUESSED_FORMATS = ("RAW", "AU")
"""libsndfile takes these formats from the extension of a file without a header."""
_UNRECOGNISED = 1
"""Error code of libsndfile for an unknown format."""
_TRUNCATED = "truncated: the header promises {:,} samples, the file holds {:,}"


class RefusedError(AudioError):
    """A file that libsndfile does not read; ffmpeg may."""


class UnrecognisedError(RefusedError, headers.ForeignError):
    """A file in a format that libsndfile does not know."""


@dataclass(frozen=True)
class Source:
    """An audio file.

    Attributes
    ----------
    content : Path or bytes
        The file or its content.
    head : Head
        Its first bytes.
    """

    content: Path | bytes
    head: headers.Head

    @property
    def is_mpeg(self) -> bool:
        """Whether libsndfile tries its decoder of MP3, which prints notes about many files that it reads well."""
        is_named = isinstance(self.content, Path) and self.content.suffix.lower() in _MPEG_EXTENSIONS
        return is_named or self.head.is_mpeg

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Open the file.

        Yields
        ------
        bytes or file object
            What soundfile opens: the path, or a file object with the right size in its header.
        """
        patch = self.head.sizes.patch
        if isinstance(self.content, Path):
            if patch is None:
                yield os.fsencode(self.content)
            else:
                with _PatchedFile(self.content, patch) as file:
                    yield file
            return
        data = self.content
        if patch is not None:
            data = data[: patch.offset] + patch.content + data[patch.offset + len(patch.content) :]
        yield io.BytesIO(data)


class _PatchedFile(io.FileIO):
    """A file that is read with other bytes in its header."""

    def __init__(self, path: Path, patch: Patch) -> None:
        super().__init__(path)
        self._patch = patch

    def readinto(self, buffer: Any) -> int:
        start = self.tell()
        count = super().readinto(buffer) or 0
        view = memoryview(buffer).cast("B")
        for position, byte in enumerate(self._patch.content, self._patch.offset - start):
            if 0 <= position < count:
                view[position] = byte
        return count


def decode(source: Source) -> Decoded:
    """Decode a file.

    Parameters
    ----------
    source : Source
        The file.

    Returns
    -------
    Decoded
        The recording or its excerpt.

    Raises
    ------
    RefusedError
        If libsndfile does not read the file.
    AudioError
        If the file is truncated.
    """
    with _open(source) as sound:
        known, channels, name = _length(sound, source) is not None, sound.channels, f"{sound.format} {sound.subtype}"
    if not known:
        return replace(read_excerpt(partial(blocks, source)), format=name)
    (y, total, sr), channel = read_mono(partial(_read_known, source))
    return Decoded(y, sr, total, channel, name, channels, source.head.sizes.unread)


def _read_known(source: Source, mixer: Mixer) -> tuple[np.ndarray, int, int]:
    """Return the samples of the excerpt, the number of samples of the file, and the rate."""
    with _open(source) as sound:
        start, length = bounds(sound.frames, sound.samplerate)
        if start:
            sound.seek(start)
        y = _mono(sound, length, mixer)
        if len(y) + _slack(sound) < length:
            raise AudioError(_TRUNCATED.format(sound.frames, start + len(y)))
        return y, sound.frames, sound.samplerate


def blocks(source: Source, mixer: Mixer) -> Iterator[tuple[int, np.ndarray]]:
    """Decode a file in blocks.

    Parameters
    ----------
    source : Source
        The file.
    mixer : Mixer
        Makes the blocks mono.

    Yields
    ------
    sr : int
        Sampling rate in Hz.
    y : ndarray of shape (n_samples,), dtype float32
        The next samples.

    Raises
    ------
    AudioError
        As :func:`decode`, for a truncated file after its last block.
    """
    with _open(source) as sound:
        length = _length(sound, source)
    n_read = 0
    with _open(source, forward=length is None) as sound:
        for block in _frames(sound, _UNKNOWN if length is None else length):
            n_read += len(block)
            yield sound.samplerate, mixer.mono(block)
        if length is not None and n_read + _slack(sound) < length:
            raise AudioError(_TRUNCATED.format(length, n_read))


def sampling_rate(source: Source) -> int:
    """Read the sampling rate from the header of a file.

    Parameters
    ----------
    source : Source
        The file.

    Returns
    -------
    int
        The sampling rate in Hz.

    Raises
    ------
    RefusedError
        If libsndfile does not read the file.
    """
    with _open(source) as sound:
        return int(sound.samplerate)


def _slack(sound: SoundFile) -> int:
    """Return by how many samples the length of a file may differ from its header."""
    return _MPEG_SLACK if sound.subtype.startswith("MPEG") else 0


def _length(sound: SoundFile, source: Source) -> int | None:
    """Return the number of frames of a file, None if its header does not say."""
    known = sound.frames < _UNKNOWN and (not _slack(sound) or headers.has_mpeg_length(source.content))
    return int(sound.frames) if known else None


@contextmanager
def _open(source: Source, forward: bool = False) -> Iterator[SoundFile]:
    """Open a file, with ``forward`` for reading without seeking; libsndfile's errors become :class:`RefusedError`."""
    import soundfile

    sound_class = _sound_class(forward, source.is_mpeg)
    try:
        with source.open() as file, sound_class(file) as sound:
            if sound.format in _GUESSED_FORMATS and (foreign := headers.foreign_error(source.head)):
                raise foreign
            yield sound
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        if "lost sync" in reason:
            raise AudioError(f"truncated or damaged ({reason})") from None
        unknown = getattr(error, "code", 0) == _UNRECOGNISED
        kind = UnrecognisedError if unknown else RefusedError
        raise kind(f"not an audio file that can be read ({reason})") from None


def _sound_class(forward: bool, quiet: bool) -> type[SoundFile]:
    """Return a class of open files.

    With ``forward`` without seeking, because soundfile seeks after each block, which fails for some files. With
    ``quiet`` without the notes of mpg123 on standard error.
    """
    import soundfile

    def quietly(name: str) -> Any:
        method = getattr(soundfile.SoundFile, name)

        def call(*arguments: Any, **options: Any) -> Any:
            with without_stderr():
                return method(*arguments, **options)

        return call

    changes: dict[str, Any] = {"seekable": lambda self: False} if forward else {}
    if quiet:
        changes |= {name: quietly(name) for name in ("__init__", "read", "seek")}
    return type("Sound", (soundfile.SoundFile,), changes) if changes else soundfile.SoundFile


def _mono(sound: SoundFile, length: int, mixer: Mixer) -> np.ndarray:
    """Read up to ``length`` frames from the current position, mixed block by block."""
    y = np.empty(length, np.float32)
    if sound.channels == 1:
        return y[: len(sound.read(out=y))]
    n_read = 0
    for block in _frames(sound, length):
        y[n_read : n_read + len(block)] = mixer.mono(block)
        n_read += len(block)
    return y[:n_read]


def _frames(sound: SoundFile, length: int) -> Iterator[np.ndarray]:
    """Yield up to ``length`` frames in blocks of shape (n_frames, n_channels) that share their memory."""
    block = np.empty((max(1, _BLOCK // sound.channels), sound.channels), np.float32)
    while length > 0 and len(frames := sound.read(out=block[:length])):
        yield frames
        length -= len(frames)
