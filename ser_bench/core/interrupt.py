"""Ctrl-C once finishes what is in flight, Ctrl-C twice stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ser_bench.core.progress import Progress


@contextmanager
def interruptible(progress: Progress) -> Iterator[Callable[[Iterable[Any]], Iterator[Any]]]:
    """Yield a function that hands on tasks until Ctrl-C is pressed; leaving the block then raises KeyboardInterrupt.

    A second Ctrl-C raises it at once. Where signals cannot be caught, as outside of the main thread, the first does.
    """
    pressed = threading.Event()

    def handed_on(tasks: Iterable[Any]) -> Iterator[Any]:
        for task in tasks:
            if pressed.is_set():
                return
            yield task

    if threading.current_thread() is not threading.main_thread():
        yield handed_on
        return

    def press(number: int, frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        progress.warning("stopping: what is in flight is finished first; Ctrl-C again stops at once")

    before = signal.signal(signal.SIGINT, press)
    try:
        yield handed_on
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed.is_set():
        raise KeyboardInterrupt
