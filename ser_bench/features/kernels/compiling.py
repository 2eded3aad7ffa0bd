"""How kernels are compiled: once per machine where a cache can be written, else once per process."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable
from pathlib import Path
from pickle import PickleError
from typing import Any, TypeVar, cast

from ser_bench.core.places import cache_folder

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
        chosen = str(cache_folder() / "numba")
    if not _usable(Path(chosen)):
        return False
    os.environ["NUMBA_CACHE_DIR"] = chosen
    import numba

    numba.config.CACHE_DIR = chosen  # type: ignore[attr-defined]  # numba may have read its environment before
    return True


CACHED = _choose_cache()
"""Whether compiled kernels are kept on disk."""


_BROKEN = (OSError, EOFError, ImportError, RuntimeError, ValueError, KeyError, AttributeError, PickleError)
"""What numba raises on a full disk, a truncated or foreign entry, or a folder taken away."""


class _Kernel:
    """A function compiled on its first call; if its cache turns out broken, once more without one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        self._compiled: Callable[..., Any] | None = None
        self._cached = CACHED
        functools.update_wrapper(self, function)

    def _compile(self) -> Callable[..., Any]:
        import numba

        return cast(
            Callable[..., Any],
            numba.njit(cache=self._cached, nogil=True, error_model="numpy")(self.py_func),
        )

    def __call__(self, *arguments: Any) -> Any:
        try:
            if self._compiled is None:
                self._compiled = self._compile()
            return self._compiled(*arguments)
        except _BROKEN:
            if not self._cached:
                raise
            self._compiled = self._mended()
            return self._compiled(*arguments)

    def _mended(self) -> Callable[..., Any]:
        """Empty this function's cache, so that the next process has a sound one, and go on without."""
        with contextlib.suppress(Exception):
            self._compiled._cache.flush()  # type: ignore[union-attr]  # numba has no public way
        self._cached = False
        return self._compile()


def kernel(function: _Function) -> _Function:
    """Compile a function with numba on its first call, without the interpreter's lock.

    A broken cache costs a compilation and nothing else. The plain function stays at ``.py_func``.
    """
    return cast(_Function, _Kernel(function))


def helper(function: _Function) -> _Function:
    """Compile a function that only kernels call; it becomes part of them and of their cache entry."""
    import numba

    return cast(_Function, numba.njit(nogil=True, error_model="numpy")(function))
