"""The width of the terminal, and sentences broken to it."""

from __future__ import annotations

import os
import shutil
import sys

from ser_bench.core.text import wrap_words

PIPED_WIDTH = 100
"""Characters on a line in a file or pipe; the environment variable ``COLUMNS`` wins over it."""
_MIN_WIDTH = 40


def terminal_width() -> int:
    """Return how many characters fit on a line of standard output.

    Returns
    -------
    int
        At least 40; :data:`PIPED_WIDTH` without a terminal.
    """
    return max(_MIN_WIDTH, shutil.get_terminal_size((PIPED_WIDTH, 24)).columns)


def error_width() -> int:
    """Return how many characters fit on a line of standard error, where progress is shown.

    Returns
    -------
    int
        That of :func:`terminal_width` without a terminal.
    """
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or terminal_width()
    except (AttributeError, OSError, ValueError):
        return terminal_width()


def wrapped(text: str) -> str:
    """Break a paragraph to the width of the terminal.

    Parameters
    ----------
    text : str
        The paragraph.

    Returns
    -------
    str
        Its lines; a longer word, such as a path, stays whole.
    """
    return "\n".join(wrap_words(text, terminal_width()))
