"""Decoding by the program ``ffmpeg``, where it is installed: M4A, AAC, WebM, WMA, AMR and others.

It is told which container to expect and may open files only, so no playlist in disguise fetches anything. It writes
Sun audio, whose header is six numbers, to a pipe, and is stopped after :data:`TIME_LIMIT` seconds.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Timer
from typing import IO

import numpy as np

from ser_bench.audio.excerpt import read_excerpt
from ser_bench.audio.headers import Container
from ser_bench.core.errors import AudioError, TransientAudioError

TIME_LIMIT = 600.0
"""An hour of AAC takes a few seconds to decode."""
_BLOCK = 1 << 20
"""Samples of all channels that are read at once."""
_HEADER = struct.Struct(">4s5I")
"""Magic, place of the data, its size, coding, rate, channels."""


def decode(path: Path, container: Container) -> tuple[np.ndarray, int]:
    """Return ``(y, sr)``: float32 mono samples of the part that is heard, and the rate in Hz, for an absolute path.

    Raises :class:`AudioError` where ffmpeg finds no sound or a fault, ``TransientAudioError`` where it is not installed
    or takes too long.
    """
    return read_excerpt(partial(_blocks, path, container))


def sampling_rate(path: Path, container: Container) -> int:
    """Return the rate in Hz at which ffmpeg decodes a file; raises as :func:`decode` does."""
    with _running(path, container, "-frames:a", "1") as output:
        sr, _ = _read_header(output)
    return sr


def _blocks(path: Path, container: Container) -> Iterator[tuple[int, np.ndarray]]:
    with _running(path, container) as output:
        sr, channels = _read_header(output)
        while len(read := output.read(4 * channels * max(1, _BLOCK // channels))) >= 4 * channels:
            frames = np.frombuffer(read, ">f4", len(read) // (4 * channels) * channels).astype(np.float32)
            yield sr, frames if channels == 1 else frames.reshape(-1, channels).mean(axis=1, dtype=np.float32)


def _read_header(output: IO[bytes]) -> tuple[int, int]:
    """Return the rate in Hz and the channels, and go on to the samples."""
    header = output.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise EOFError
    _, place, _, _, sr, channels = _HEADER.unpack(header)
    output.read(place - _HEADER.size)
    return sr, channels


@contextmanager
def _running(path: Path, container: Container, *options: str) -> Iterator[IO[bytes]]:
    """Run ffmpeg on a file; within it, what it writes can be read, and at its end its complaint is an error."""
    program = shutil.which("ffmpeg")
    if program is None:
        hint = "install it or convert the clip to WAV or FLAC"
        raise TransientAudioError(f"{container.name} needs ffmpeg, which is not found; {hint}")
    source = ("-protocol_whitelist", "file", "-threads", "1", "-xerror", "-f", container.demuxer, "-i", f"file:{path}")
    sink = ("-map", "0:a:0", "-map_metadata", "-1", "-c:a", "pcm_f32be", "-f", "au", "pipe:1")
    command = (program, "-nostdin", "-v", "error", *source, *options, *sink)
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=told) as process,
    ):
        assert process.stdout is not None
        timer = Timer(TIME_LIMIT, process.kill)
        timer.start()
        silent = False
        try:
            try:
                yield process.stdout
            except EOFError:
                silent = True
            while process.stdout.read(_BLOCK):
                pass  # it cannot end before somebody takes what it writes
            status = process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
        _check_end(status, told, path)
    if silent:
        raise AudioError("not an audio file that can be read (ffmpeg finds no sound in it)")


def _check_end(status: int, told: IO[bytes], path: Path) -> None:
    if status < 0:
        raise TransientAudioError(f"ffmpeg was stopped by signal {-status}, or after {TIME_LIMIT:g} s")
    told.seek(0)
    complaint = told.read(4096).decode(errors="replace").replace(f"file:{path}: ", "")
    lines = [re.sub(r"^\[[^]]*\] ", "", line).strip() for line in complaint.splitlines()]
    if status or lines:
        reason = next(filter(None, lines), f"exit status {status}")
        raise AudioError(f"not an audio file that can be read (ffmpeg: {reason.rstrip('.')})")
