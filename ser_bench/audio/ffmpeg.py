"""Decoding with the program ``ffmpeg``, if it is installed: M4A, AAC, WebM, WMA, AMR and others.

ffmpeg gets the expected container and may open local files only, so that a disguised playlist downloads nothing. It
writes Sun audio, whose header is six numbers, to a pipe, and is stopped after :data:`TIME_LIMIT` seconds.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Timer
from typing import IO

import numpy as np

from ser_bench.audio.channels import Mixer
from ser_bench.audio.excerpt import Decoded, read_excerpt
from ser_bench.audio.headers import Container
from ser_bench.core.errors import AudioError, TransientAudioError

TIME_LIMIT = 600.0
"""In seconds; ffmpeg decodes an hour of AAC in a few seconds."""
_BLOCK = 1 << 20
"""Samples of all channels per read."""
_HEADER = struct.Struct(">4s5I")
"""Magic, offset of the data, its size, encoding, rate, channels."""


def decode(path: Path, container: Container) -> Decoded:
    """Decode a file.

    Parameters
    ----------
    path : Path
        The absolute path of the file.
    container : Container
        Its container.

    Returns
    -------
    Decoded
        The recording or its excerpt.

    Raises
    ------
    AudioError
        If ffmpeg finds no audio or an error in it.
    TransientAudioError
        If ffmpeg is not installed or takes too long.
    """
    return replace(read_excerpt(partial(blocks, path, container)), format=container.name)


def sampling_rate(path: Path, container: Container) -> int:
    """Read the sampling rate of a file.

    Parameters
    ----------
    path : Path
        The absolute path of the file.
    container : Container
        Its container.

    Returns
    -------
    int
        The rate in Hz at which ffmpeg decodes it.

    Raises
    ------
    AudioError
        As :func:`decode`.
    """
    with _running(path, container, "-frames:a", "1") as output:
        sr, _ = _read_header(output)
    return sr


def blocks(path: Path, container: Container, mixer: Mixer) -> Iterator[tuple[int, np.ndarray]]:
    """Decode a file in blocks.

    Parameters
    ----------
    path : Path
        The absolute path of the file.
    container : Container
        Its container.
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
        As :func:`decode`.
    """
    with _running(path, container) as output:
        sr, channels = _read_header(output)
        while len(read := output.read(4 * channels * max(1, _BLOCK // channels))) >= 4 * channels:
            frames = np.frombuffer(read, ">f4", len(read) // (4 * channels) * channels).astype(np.float32)
            yield sr, mixer.mono(frames.reshape(-1, channels))


def _read_header(output: IO[bytes]) -> tuple[int, int]:
    """Return the rate in Hz and the number of channels; the next byte is the first sample."""
    header = output.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise EOFError
    _, offset, _, _, sr, channels = _HEADER.unpack(header)
    output.read(offset - _HEADER.size)
    return sr, channels


@contextmanager
def _running(path: Path, container: Container, *options: str) -> Iterator[IO[bytes]]:
    """Run ffmpeg on a file and yield its output; an error of ffmpeg is raised at the end."""
    program = shutil.which("ffmpeg")
    if program is None:
        hint = "install it or convert the clip to WAV or FLAC"
        raise TransientAudioError(f"{container.name} needs ffmpeg, which is not found; {hint}")
    source = ("-protocol_whitelist", "file", "-threads", "1", "-xerror", "-f", container.demuxer, "-i", f"file:{path}")
    sink = ("-map", "0:a:0", "-map_metadata", "-1", "-c:a", "pcm_f32be", "-f", "au", "pipe:1")
    command = (program, "-nostdin", "-v", "error", *source, *options, *sink)
    with (
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=messages) as process,
    ):
        assert process.stdout is not None
        timer = Timer(TIME_LIMIT, process.kill)
        timer.start()
        no_audio = False
        try:
            try:
                yield process.stdout
            except EOFError:
                no_audio = True
            while process.stdout.read(_BLOCK):
                pass  # ffmpeg exits only after its output is read
            status = process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
        _check_exit(status, messages, path)
    if no_audio:
        raise AudioError("not an audio file that can be read (ffmpeg finds no sound in it)")


def _check_exit(status: int, messages: IO[bytes], path: Path) -> None:
    """Raise an error if ffmpeg was stopped or reported an error."""
    if status < 0:
        raise TransientAudioError(f"ffmpeg was stopped by signal {-status}, or after {TIME_LIMIT:g} s")
    messages.seek(0)
    text = messages.read(4096).decode(errors="replace").replace(f"file:{path}: ", "")
    if "matches no streams" in text or "does not contain any stream" in text:
        raise AudioError("holds no sound: a video without an audio track; leave it out")
    if "moov atom not found" in text:
        raise AudioError("truncated: the file ends before its index (ffmpeg: moov atom not found)")
    lines = [re.sub(r"^\[[^]]*\] ", "", line).strip() for line in text.splitlines()]
    if status or lines:
        reason = next(filter(None, lines), f"exit status {status}")
        raise AudioError(f"not an audio file that can be read (ffmpeg: {reason.rstrip('.')})")
