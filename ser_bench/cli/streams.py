"""Standard streams that survive a closed pipe, a closed descriptor and characters that the terminal lacks."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TextIO

_NO_READER = (errno.EPIPE, errno.EBADF)
"""Errors of a pipe whose reader has exited, and of a stream that is open for reading only."""


class _Output(io.TextIOWrapper):
    """Standard output or error; once its reader has exited, for example ``| head``, it discards everything."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._discard(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._discard(error)
            super().flush()

    def _discard(self, error: OSError) -> None:
        """Send what is written from now on to the null device, unless the error has another reason."""
        if error.errno not in _NO_READER:
            raise error
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.fileno())
        os.close(null)


def prepare_streams() -> None:
    """Replace standard output and error by tolerant ones, and open closed streams on the null device.

    Python has None for a closed stream. The next file to be opened would get its number, and libraries print into it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
            os.set_inheritable(null, True)  # workers need it, too
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (open until the exit)
    sys.stdout, sys.stderr = _tolerant(sys.stdout, 1), _tolerant(sys.stderr, 2)
    sys.__stdout__ = sys.stdout  # type: ignore[misc, assignment]  # shutil.get_terminal_size() needs its descriptor


def _tolerant(stream: TextIO | None, descriptor: int) -> TextIO:
    """Return the stream with escapes for what its encoding lacks, such as file names that are not valid text."""
    if stream is None:
        return open(descriptor, "w", encoding="utf-8", closefd=False)
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # replaced by another program
    encoding, line_buffering, write_through = stream.encoding, stream.line_buffering, stream.write_through
    return _Output(
        stream.detach(),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=line_buffering,
        write_through=write_through,
    )
