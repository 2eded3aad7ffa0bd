"""What is computed from a run is computed once, and no caller can change what the next one gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from ser_bench.report.analysis.cache import cached_per_run


@dataclass(frozen=True)
class _Pair:
    name: str
    values: np.ndarray


def _fixed(values: np.ndarray) -> np.ndarray:
    values.flags.writeable = False
    return values


CHANGES = {
    "dict": (lambda: {"a": 1}, lambda result: result.update(a=2)),
    "list of lists": (lambda: [[1]], lambda result: result[0].append(2)),
    "tuple of arrays": (lambda: (np.zeros(2),), lambda result: result[0].fill(2)),
    "dict of pairs": (lambda: {"a": _Pair("x", np.zeros(2))}, lambda result: result["a"].values.fill(2)),
    "array of lists": (lambda: _fixed(np.array([[1], None], dtype=object)), lambda result: result[0].append(2)),
    "table": (lambda: pd.DataFrame({"a": [1]}), lambda result: result.insert(0, "b", 2)),
    "cells of a table": (lambda: pd.DataFrame({"a": [1]}), lambda result: result.__setitem__("a", 2)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_caller_changes_its_own_copy(run, what):
    make, change = CHANGES[what]
    cached = cached_per_run(lambda run: make())
    change(cached(run))
    assert repr(cached(run)) == repr(make())


def test_what_nothing_can_change_is_shared(run):
    pair = _Pair("x", _fixed(np.zeros(2)))
    assert cached_per_run(lambda run: pair)(run) is pair
    (shared,) = cached_per_run(lambda run: {"a": (pair, None, 1.0)})(run).values()
    assert shared[0] is pair


def test_results_are_computed_once_for_each_run_and_argument(run, broken_run):
    calls = []
    cached = cached_per_run(lambda run, name: calls.append((run.info.corpus.name, name)))
    for chosen, name in ((run, "a"), (run, "a"), (run, "b"), (broken_run, "a"), (run, "b")):
        cached(chosen, name)
    assert calls == [("ravdess", "a"), ("ravdess", "b"), ("demo", "a")]
