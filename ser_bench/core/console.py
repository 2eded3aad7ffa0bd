"""What the terminal shows while work goes on: lines, warnings, and a progress bar with the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from ser_bench.core.text import escape_control

_PLAIN_SECONDS = 15.0
_MOST_WARNINGS = 12


class Console:
    """Prints for a person: results to standard output, progress and warnings to standard error."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.quiet, self.verbose = quiet, verbose
        self._warned = 0
        self._end: Callable[[], None] | None = None

    def info(self, text: str) -> None:
        """Print a line unless quiet."""
        if not self.quiet:
            click.echo(escape_control(text))

    def detail(self, text: str) -> None:
        """Print a line if verbose."""
        if self.verbose:
            self._above_bar(text)

    def warning(self, text: str) -> None:
        """Print a warning to standard error, also when quiet; many of them are counted, not repeated."""
        self._warned += 1
        if self._warned <= _MOST_WARNINGS or self.verbose:
            self._above_bar(f"warning: {text}")

    def event(self, event: str, **facts: Any) -> None:
        """Leave what only a log keeps to the log."""

    def close(self) -> None:
        """Leave the progress bar's line, and say how many warnings were held back."""
        if self._end is not None:
            self._end()
            self._end = None
        if not self.verbose and self._warned > _MOST_WARNINGS:
            held = self._warned - _MOST_WARNINGS
            click.echo(f"warning: and {held} more; -v shows them all", err=True)

    def start(self, total: float, task: str, unit: str, count: int) -> Callable[[float], None]:
        """Show progress on standard error: a bar on a terminal, else a plain line now and then."""
        if self.quiet:
            return lambda share: None
        if not sys.stderr.isatty():
            return _plain(total, task, unit, count)
        advance, self._end = _bar(total, task, unit, count)
        return advance

    def _above_bar(self, text: str) -> None:
        if sys.stderr.isatty() and "tqdm" in sys.modules:
            from tqdm import tqdm

            tqdm.write(escape_control(text), file=sys.stderr)
        else:
            click.echo(escape_control(text), err=True)


def _many(unit: str) -> str:
    return unit if unit.isupper() else f"{unit}s"  # MB has no plural


def _bar(total: float, what: str, unit: str, count: int) -> tuple[Callable[[float], None], Callable[[], None]]:
    """Return what moves the bar on, and what ends it wherever it stands."""
    from tqdm import tqdm

    bar = tqdm(
        total=total,
        desc=what,
        bar_format="{desc} {percentage:3.0f}%|{bar}| {postfix} [{elapsed}<{remaining}]",
    )
    done = 0

    def advance(share: float) -> None:
        nonlocal done
        done += int(share) if total == count else 1
        rate = done / max(bar.format_dict["elapsed"], 1e-9)
        bar.set_postfix_str(f"{done}/{count} {_many(unit)}, {rate:.1f}/s", refresh=False)
        bar.update(share)
        if done >= count:
            bar.close()

    return advance, bar.close


def _plain(total: float, what: str, unit: str, count: int) -> Callable[[float], None]:
    begun = last = time.monotonic()
    done, share_done = 0, 0.0

    def advance(share: float) -> None:
        nonlocal done, share_done, last
        done += int(share) if total == count else 1
        share_done += share
        now = time.monotonic()
        if done < count and now - last < _PLAIN_SECONDS:
            return
        last = now
        left = (now - begun) * (total - share_done) / max(share_done, 1e-9)
        rest = f", about {left:.0f} s left" if done < count else f" in {now - begun:.0f} s"
        click.echo(f"{what}: {done} of {count} {_many(unit)}{rest}", err=True)

    return advance
