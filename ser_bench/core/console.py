"""Progress sink for a terminal: messages, warnings and a progress bar with the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from ser_bench.core.pace import Pace
from ser_bench.core.progress import Advance
from ser_bench.core.terminal import error_width
from ser_bench.core.text import escape_control

_PLAIN_SECONDS = 15.0
"""Interval between progress lines without a terminal."""
_MAX_WARNINGS = 12
_LEAST_BAR = 12
"""Characters that a progress bar needs; a narrower terminal has none."""


class Console:
    """Progress sink that prints results to standard output, progress and warnings to standard error.

    Parameters
    ----------
    quiet : bool, default False
        Print warnings only.
    verbose : bool, default False
        Print details and every warning.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet, self.verbose = quiet, verbose
        self._warnings = 0
        self._close_bar: Callable[[], None] | None = None

    def info(self, text: str) -> None:
        """Print a line to standard output unless quiet.

        Parameters
        ----------
        text : str
            The line.
        """
        if not self.quiet:
            click.echo(escape_control(text))

    def detail(self, text: str) -> None:
        """Print a line to standard error if verbose.

        Parameters
        ----------
        text : str
            The line.
        """
        if self.verbose:
            self._print_above_bar(text)

    def warning(self, text: str) -> None:
        """Print a warning to standard error, also if quiet; after twelve, only a line about -v unless verbose.

        Parameters
        ----------
        text : str
            The warning, without prefix.
        """
        self._warnings += 1
        if self._warnings <= _MAX_WARNINGS or self.verbose:
            self._print_above_bar(f"warning: {text}")
        elif self._warnings == _MAX_WARNINGS + 1:
            self._print_above_bar("warning: more warnings are not shown; -v shows all")

    def event(self, event: str, **facts: Any) -> None:
        """Discard an event, which is for a log only.

        Parameters
        ----------
        event : str
            Not used.
        **facts
            Not used.
        """

    def close(self) -> None:
        """Close the progress bar and print the number of warnings that were not shown."""
        if self._close_bar is not None:
            self._close_bar()
            self._close_bar = None
        if not self.verbose and self._warnings > _MAX_WARNINGS:
            click.echo(f"warning: {self._warnings - _MAX_WARNINGS} more warnings; show all with -v", err=True)

    def start(self, total: float, task: str, unit: str, count: int) -> Advance:
        """Show progress on standard error: a bar on a terminal, else a line every 15 s.

        Parameters
        ----------
        total : float
            The work in all.
        task : str
            What is being done, shown in front of the bar.
        unit : str
            The name of one piece.
        count : int
            The number of pieces.

        Returns
        -------
        callable
            Takes the share of ``total`` of each finished piece.
        """
        if self.quiet:
            return lambda share: None
        pace = Pace(total, unit, count)
        if not sys.stderr.isatty():
            return _lines(pace, task)
        advance, self._close_bar = _bar(pace, task)
        return advance

    def _print_above_bar(self, text: str) -> None:
        """Print a line to standard error without breaking the progress bar."""
        if sys.stderr.isatty() and "tqdm" in sys.modules:
            from tqdm import tqdm

            tqdm.write(escape_control(text), file=sys.stderr)
        else:
            click.echo(escape_control(text), err=True)


def _bar(pace: Pace, task: str) -> tuple[Advance, Callable[[], None]]:
    """Return the functions that advance and close a new progress bar."""
    from tqdm import tqdm

    bar = tqdm(total=pace.total, bar_format=_bar_format(pace, task, error_width()), dynamic_ncols=True)

    def advance(share: float) -> None:
        pace.advance(share)
        bar.bar_format = _bar_format(pace, task, error_width())
        bar.update(share)
        if pace.finished:
            bar.close()

    return advance, bar.close


def _bar_format(pace: Pace, task: str, width: int) -> str:
    """Return the line of a bar as a format of tqdm; a narrow terminal has no rate, then no bar."""
    *parts, last = pace.parts()
    text = " · ".join([*parts, last])
    if len(parts) == 3 and len(f"{task} {text}") + _LEAST_BAR > width:
        text = " · ".join(parts)
    has_bar = len(f"{task} {text}") + _LEAST_BAR <= width
    task, text = (part.replace("{", "{{").replace("}", "}}") for part in (task, text))
    return f"{task} |{{bar}}| {text}" if has_bar else f"{task} {text}"[: width - 1]


def _lines(pace: Pace, task: str) -> Advance:
    """Return a function that prints a progress line now and then."""
    last = 0.0

    def advance(share: float) -> None:
        nonlocal last
        pace.advance(share)
        now = pace.seconds
        if not pace.finished and now - last < _PLAIN_SECONDS:
            return
        last = now
        click.echo(f"{task}: {' · '.join(pace.parts()[:3])}", err=True)

    return advance
