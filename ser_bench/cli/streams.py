"""Standard streams that survive a closed pipe, a closed descriptor and characters that the terminal lacks."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


class _Output(io.TextIOWrapper):
    """Standard output or error; once its reader has exited, for example ``| head``, it discards everything."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            self._discard()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._discard()
            super().flush()

    def _discard(self) -> None:
        """Send what is written from now on to the null device."""
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.fileno())
        os.close(null)


def prepare_streams() -> None:
    """Replace standard output and error by tolerant ones, and open closed descriptors on the null device.

    Without the latter, the next file to be opened gets the number of standard output, and libraries print into it.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    sys.stdout, sys.stderr = _tolerant(sys.stdout), _tolerant(sys.stderr)


def _tolerant(stream: TextIO) -> TextIO:
    """Return the stream with escapes for what its encoding lacks, such as file names that are not valid text."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream  # closed, or replaced by another program
    encoding, line_buffering, write_through = stream.encoding, stream.line_buffering, stream.write_through
    return _Output(
        stream.detach(),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=line_buffering,
        write_through=write_through,
    )
