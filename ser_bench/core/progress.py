"""Progress sinks: the library reports messages, events and progress to one, the command line prints them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Advance = Callable[[float], None]
"""Adds a finished piece's share of the work to the progress bar."""


class Progress(Protocol):
    """Progress sink; :class:`NoProgress` discards everything."""

    def info(self, text: str) -> None:
        """Take a line for every user.

        Parameters
        ----------
        text : str
            The line.
        """

    def detail(self, text: str) -> None:
        """Take a line for verbose output.

        Parameters
        ----------
        text : str
            The line.
        """

    def warning(self, text: str) -> None:
        """Take a warning.

        Parameters
        ----------
        text : str
            The warning, without prefix.
        """

    def event(self, event: str, **facts: Any) -> None:
        """Take an event for the log.

        Parameters
        ----------
        event : str
            The kind of event.
        **facts
            Its values, which JSON can represent.
        """

    def start(self, total: float, task: str, unit: str, count: int) -> Advance:
        """Start a task and return the function that advances it.

        Parameters
        ----------
        total : float
            The work in all, in any unit.
        task : str
            What is being done, for example ``"extracting"``.
        unit : str
            The name of one piece, for example ``"clip"``.
        count : int
            The number of pieces.

        Returns
        -------
        callable
            Takes the share of ``total`` of each finished piece.
        """
        ...


class NoProgress:
    """Progress sink that discards everything."""

    def info(self, text: str) -> None:
        """Discard a line.

        Parameters
        ----------
        text : str
            Not used.
        """

    def detail(self, text: str) -> None:
        """Discard a line.

        Parameters
        ----------
        text : str
            Not used.
        """

    def warning(self, text: str) -> None:
        """Discard a warning.

        Parameters
        ----------
        text : str
            Not used.
        """

    def event(self, event: str, **facts: Any) -> None:
        """Discard an event.

        Parameters
        ----------
        event : str
            Not used.
        **facts
            Not used.
        """

    def start(self, total: float, task: str, unit: str, count: int) -> Advance:
        """Return a function that does nothing; see :meth:`Progress.start`.

        Parameters
        ----------
        total, task, unit, count
            Not used.

        Returns
        -------
        callable
            Takes a share and does nothing.
        """
        return lambda share: None
