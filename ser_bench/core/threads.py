"""Single-threaded native libraries, so that results do not depend on the number of cores."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit every loaded native library to one thread, as ``threadpoolctl.threadpool_limits(1)`` does.

    threadpoolctl scans all loaded libraries on each call, which takes 2 to 4 ms; here only after new imports.
    """
    with _libraries(len(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _libraries(modules: int) -> Any:
    """Return the loaded native libraries; ``modules`` is the number of imported modules."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
