"""Progress sink for a terminal: messages, warnings and a progress bar with the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from ser_bench.core.progress import Advance
from ser_bench.core.text import escape_control

_PLAIN_SECONDS = 15.0
"""Interval between progress lines without a terminal."""
_MAX_WARNINGS = 12


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
        if not sys.stderr.isatty():
            return _lines(total, task, unit, count)
        advance, self._close_bar = _bar(total, task, unit, count)
        return advance

    def _print_above_bar(self, text: str) -> None:
        """Print a line to standard error without breaking the progress bar."""
        if sys.stderr.isatty() and "tqdm" in sys.modules:
            from tqdm import tqdm

            tqdm.write(escape_control(text), file=sys.stderr)
        else:
            click.echo(escape_control(text), err=True)


def _plural(unit: str, count: int) -> str:
    """Return a unit after its count; abbreviations such as MB have no plural."""
    return unit if unit.isupper() or count == 1 else f"{unit}s"


def _bar(total: float, task: str, unit: str, count: int) -> tuple[Advance, Callable[[], None]]:
    """Return the functions that advance and close a new progress bar."""
    from tqdm import tqdm

    bar = tqdm(
        total=total,
        desc=task,
        bar_format="{desc} {percentage:3.0f}%|{bar}| {postfix} [{elapsed}<{remaining}]",
    )
    done = 0

    def advance(share: float) -> None:
        nonlocal done
        done += int(share) if total == count else 1
        rate = done / max(bar.format_dict["elapsed"], 1e-9)
        bar.set_postfix_str(f"{done}/{count} {_plural(unit, count)}, {rate:.1f}/s", refresh=False)
        bar.update(share)
        if done >= count:
            bar.close()

    return advance, bar.close


def _lines(total: float, task: str, unit: str, count: int) -> Advance:
    """Return a function that prints a progress line now and then."""
    started = last = time.monotonic()
    done, done_share = 0, 0.0

    def advance(share: float) -> None:
        nonlocal done, done_share, last
        done += int(share) if total == count else 1
        done_share += share
        now = time.monotonic()
        if done < count and now - last < _PLAIN_SECONDS:
            return
        last = now
        remaining = (now - started) * (total - done_share) / max(done_share, 1e-9)
        ending = f", about {remaining:.0f} s left" if done < count else f" in {now - started:.0f} s"
        click.echo(f"{task}: {done:,} of {count:,} {_plural(unit, count)}{ending}", err=True)

    return advance
