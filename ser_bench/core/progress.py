"""How long work tells what it is doing: the library calls these, the command line prints them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Advance = Callable[[float], None]


class Progress(Protocol):
    """Somebody who watches; :class:`NoProgress` watches without a word."""

    def info(self, text: str) -> None:
        """Take a line that every user should see."""

    def detail(self, text: str) -> None:
        """Take a line for users who asked for more."""

    def warning(self, text: str) -> None:
        """Take a warning."""

    def event(self, event: str, **facts: Any) -> None:
        """Take what only a log keeps."""

    def start(self, total: float, task: str, unit: str, count: int) -> Advance:
        """Announce work of ``total`` in ``count`` pieces; the returned function is told each piece's share."""


class NoProgress:
    """Watches and says nothing."""

    def info(self, text: str) -> None:
        """Keep quiet."""

    def detail(self, text: str) -> None:
        """Keep quiet."""

    def warning(self, text: str) -> None:
        """Keep quiet."""

    def event(self, event: str, **facts: Any) -> None:
        """Keep quiet."""

    def start(self, total: float, task: str, unit: str, count: int) -> Advance:
        """Keep quiet."""
        return lambda share: None
