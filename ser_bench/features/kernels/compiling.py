"""How kernels are compiled: once per machine where a cache can be written, else once per process."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _usable(folder: Path) -> bool:
    """Make the folder and say whether this process may write into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _choose_cache() -> bool:
    """Point numba at the user's cache folder, unless they chose another; return whether it is usable."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen is None:
        import platformdirs

        chosen = str(Path(platformdirs.user_cache_dir("ser-bench"), "numba"))
    if not _usable(Path(chosen)):
        return False
    os.environ["NUMBA_CACHE_DIR"] = chosen
    import numba

    numba.config.CACHE_DIR = chosen  # type: ignore[attr-defined]  # numba may have read its environment before
    return True


CACHED = _choose_cache()
"""Whether compiled kernels are kept on disk."""


def kernel(function: _Function) -> _Function:
    """Compile a function with numba on its first call, without the interpreter's lock.

    A cache that turns out broken (full disk, truncated entry, no permission) costs a compilation and
    nothing else. The plain function stays at ``.py_func``.
    """
    import numba

    compiled = {"now": numba.njit(cache=CACHED, nogil=True, error_model="numpy")(function)}

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return compiled["now"](*arguments)
        except (OSError, EOFError, ImportError, ValueError, KeyError, AttributeError):
            if not CACHED or compiled.get("plain"):
                raise
            compiled["plain"] = compiled["now"] = numba.njit(nogil=True, error_model="numpy")(function)
            return compiled["now"](*arguments)

    call.py_func = function  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def helper(function: _Function) -> _Function:
    """Compile a function that only kernels call; it becomes part of them and of their cache entry."""
    import numba

    return cast(_Function, numba.njit(nogil=True, error_model="numpy")(function))
