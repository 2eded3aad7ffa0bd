"""Two-stage Ctrl-C: the first one finishes running tasks, the second one stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ser_bench.core.progress import Progress


@contextmanager
def interruptible(progress: Progress) -> Iterator[Callable[[Iterable[Any]], Iterator[Any]]]:
    """Let running tasks finish after Ctrl-C.

    Outside the main thread signals cannot be caught, so that the first Ctrl-C already raises KeyboardInterrupt.

    Parameters
    ----------
    progress : Progress
        Receives a warning at the first Ctrl-C.

    Yields
    ------
    callable
        Takes tasks and yields them until Ctrl-C.

    Raises
    ------
    KeyboardInterrupt
        At the end of the block after the first Ctrl-C; at once at the second.
    """
    pressed = threading.Event()

    def until_pressed(tasks: Iterable[Any]) -> Iterator[Any]:
        for task in tasks:
            if pressed.is_set():
                return
            yield task

    if threading.current_thread() is not threading.main_thread():
        yield until_pressed
        return

    def handle(number: int, frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        progress.warning("stopping: running tasks are finished first; Ctrl-C again stops at once")

    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield until_pressed
    finally:
        signal.signal(signal.SIGINT, previous)
    if pressed.is_set():
        raise KeyboardInterrupt
