"""One thread for native libraries: what a result is to the last bit must not depend on how many cores there are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold every native library that is loaded to one thread, as ``threadpoolctl.threadpool_limits(1)`` does.

    That looks through all loaded libraries each time, which takes 2 to 4 ms; here only if modules were imported since.
    """
    with _libraries(len(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
