"""Caches of what is computed from a run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import deepcopy
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from ser_bench.runs.results import SavedRun

Result = TypeVar("Result")
Options = ParamSpec("Options")


def cached_per_run(
    compute: Callable[Concatenate[SavedRun, Options], Result],
) -> Callable[Concatenate[SavedRun, Options], Result]:
    """Cache what a function computes from a run, as long as the run exists.

    Callers get a copy, so that no caller can change what the next one gets.

    Parameters
    ----------
    compute : callable
        A function of a run and further hashable arguments.

    Returns
    -------
    callable
    """
    cache: WeakKeyDictionary[SavedRun, dict[Hashable, Result]] = WeakKeyDictionary()

    @wraps(compute)
    def cached(run: SavedRun, /, *args: Options.args, **options: Options.kwargs) -> Result:
        results = cache.setdefault(run, {})
        key = (args, tuple(sorted(options.items())))
        if key not in results:
            results[key] = compute(run, *args, **options)
        return deepcopy(results[key])

    return cached
