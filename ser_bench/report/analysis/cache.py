"""Caches of what is computed from a run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy, deepcopy
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from ser_bench.runs.results import SavedRun

Result = TypeVar("Result")
Options = ParamSpec("Options")

_SCALARS = (str, bytes, bool, int, float, np.float64, np.int64, np.bool_)


def cached_per_run(
    compute: Callable[Concatenate[SavedRun, Options], Result],
) -> Callable[Concatenate[SavedRun, Options], Result]:
    """Cache what a function computes from a run, as long as the run exists.

    Callers get a copy of what can be changed, so that no caller can change what the next one gets.

    Parameters
    ----------
    compute : callable
        A function of a run and further hashable arguments.

    Returns
    -------
    callable
    """
    cache: WeakKeyDictionary[SavedRun, dict[Hashable, tuple[Result, Callable[[Result], Result]]]]
    cache = WeakKeyDictionary()

    @wraps(compute)
    def cached(run: SavedRun, /, *args: Options.args, **options: Options.kwargs) -> Result:
        results = cache.setdefault(run, {})
        key = (args, tuple(sorted(options.items())))
        if key not in results:
            result = compute(run, *args, **options)
            results[key] = (result, _way_to_copy(result))
        result, copied = results[key]
        return copied(result)

    return cached


def _way_to_copy(result: Any) -> Callable[[Any], Any]:
    """Return the cheapest function whose copy shares nothing that can be changed."""
    if _unchangeable(result):
        return lambda same: same
    items = result.values() if type(result) is dict else result
    return copy if type(result) in (dict, list) and all(map(_unchangeable, items)) else deepcopy


def _unchangeable(value: Any) -> bool:
    """Return whether nothing in a value can be changed; False where that is not known."""
    if isinstance(value, np.ndarray):
        return not value.flags.writeable and value.dtype != object
    if type(value) in (tuple, frozenset):
        return all(map(_unchangeable, value))
    if is_dataclass(value) and type(value).__dataclass_params__.frozen:  # type: ignore[union-attr]
        return all(_unchangeable(getattr(value, field.name)) for field in fields(value))
    return value is None or type(value) in _SCALARS
