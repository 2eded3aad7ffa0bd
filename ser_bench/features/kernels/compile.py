"""Compilation of kernels: once per machine where a cache can be written, otherwise once per process."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable
from pathlib import Path
from pickle import PickleError
from typing import Any, TypeVar, cast

from ser_bench.core.errors import NoCacheFolderError
from ser_bench.core.places import cache_folder

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _is_usable(folder: Path) -> bool:
    """Make a folder and return whether this process may write into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _choose_cache() -> bool:
    """Point numba at the user's cache folder unless ``NUMBA_CACHE_DIR`` is set; return whether it is usable."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen is None:
        try:
            chosen = str(cache_folder() / "numba")
        except NoCacheFolderError:
            return False
    if not _is_usable(Path(chosen)):
        return False
    os.environ["NUMBA_CACHE_DIR"] = chosen
    import numba

    numba.config.CACHE_DIR = chosen  # type: ignore[attr-defined]  # numba may have read its environment before
    return True


CACHED = _choose_cache()
"""Whether compiled kernels are cached on disk."""


_CACHE_ERRORS = (OSError, EOFError, ImportError, RuntimeError, ValueError, KeyError, AttributeError, PickleError)
"""Errors of numba on a full disk, for a damaged cache entry, or for a cache folder that was removed."""


class _Kernel:
    """A function compiled on its first call; compiled again without a cache if the cache is damaged."""

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
        except _CACHE_ERRORS:
            if not self._cached:
                raise
            self._compiled = self._compile_uncached()
            return self._compiled(*arguments)

    def _compile_uncached(self) -> Callable[..., Any]:
        """Clear this function's cache, so that the next process writes a new one, and compile without."""
        with contextlib.suppress(Exception):
            self._compiled._cache.flush()  # type: ignore[union-attr]  # numba has no public method
        self._cached = False
        return self._compile()


def kernel(function: _Function) -> _Function:
    """Compile a function with numba on its first call; it releases the interpreter's lock.

    A damaged cache costs one compilation. The plain function remains at ``.py_func``.

    Parameters
    ----------
    function : callable
        A function that numba can compile.

    Returns
    -------
    callable
        The compiled function.
    """
    return cast(_Function, _Kernel(function))


def helper(function: _Function) -> _Function:
    """Compile a function that only kernels call; it becomes part of their cache entries.

    Parameters
    ----------
    function : callable
        A function that numba can compile.

    Returns
    -------
    callable
        The compiled function.
    """
    import numba

    return cast(_Function, numba.njit(nogil=True, error_model="numpy")(function))
