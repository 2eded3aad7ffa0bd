"""What every registered feature set guarantees for any signal."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from ser_bench.core.errors import FeatureError
from ser_bench.features import FEATURE_SETS, FeatureSet, compute
from ser_bench.features.analysis import Analysis
from tests.features.feature_signals import hard, tone, voice
from tests.features.installed import INSTALLED, PARAMETERS

HARD = hard()


TOO_SHORT = {"one sample", "half a millisecond", "50 ms"}
"""Signals shorter than a window of openSMILE, which gives no value for them."""


@pytest.fixture(params=PARAMETERS)
def feature_set(request):
    return FEATURE_SETS[request.param]


def sets_for(name: str) -> list[FeatureSet]:
    """Return the installed sets that can be computed on a hard signal."""
    return [s for s in INSTALLED.values() if not (s.extra == "opensmile" and name in TOO_SHORT)]


@cache
def computed(name: str) -> dict[str, np.ndarray]:
    """Return the values of every set on a hard signal, which must not be modified."""
    y, sr = HARD[name]
    y = y.copy()
    y.flags.writeable = False
    return compute(sets_for(name), y, sr)


@pytest.mark.parametrize("name", HARD)
def test_values_are_finite_float32_with_one_column_per_name(feature_set, name):
    if feature_set not in sets_for(name):
        with pytest.raises(FeatureError, match=r"too short: .* needs at least 60 ms"):
            compute([feature_set], *HARD[name])
        return
    values = computed(name)[feature_set.name]
    assert values.dtype == np.float32
    assert values.shape[-1] == feature_set.dimension
    assert values.ndim == (1 if feature_set.kind == "vector" else 2)
    assert len(values) >= 1
    assert np.isfinite(values).all()


def test_set_alone_gives_the_values_of_joined_sets(feature_set):
    y, sr = HARD["speech-like"]
    assert np.array_equal(feature_set.compute(Analysis(y, sr)), computed("speech-like")[feature_set.name])


def test_values_do_not_depend_on_the_number_of_threads_outside():
    y, sr = 0.3 * np.random.default_rng(0).standard_normal(48000).astype(np.float32), 48000
    values = {}
    for threads in (1, 4):
        with threadpool_limits(threads):
            values[threads] = compute(INSTALLED.values(), y, sr)
    assert [name for name in INSTALLED if not np.array_equal(values[1][name], values[4][name])] == []


@cache
def means_of_two_signals() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the mean frame of every set on two signals."""
    signals = (voice(48000), voice(48000, hz=260.0) + tone(48000, 1.0, 9500.0, level=0.05))
    first, second = (
        {name: np.atleast_2d(values).mean(axis=0) for name, values in compute(INSTALLED.values(), y, 48000).items()}
        for y in signals
    )
    return first, second


def test_different_signals_give_different_values(feature_set):
    first, second = (means[feature_set.name] for means in means_of_two_signals())
    assert not np.allclose(first, second, rtol=1e-3)


def test_set_describes_itself(feature_set):
    assert len(set(feature_set.columns)) == feature_set.dimension > 0
    assert feature_set.summary
    assert feature_set.source
    assert feature_set.needs
    assert all(column.isprintable() and " " not in column for column in feature_set.columns)


@pytest.mark.parametrize("grid", dict.fromkeys(s.grid for s in INSTALLED.values() if s.kind == "frames"))
@pytest.mark.parametrize("seconds", [0.06, 0.73])
def test_all_frame_sets_of_a_grid_have_the_same_frames(grid, seconds):
    frame_sets = [s for s in INSTALLED.values() if s.kind == "frames" and s.grid == grid]
    lengths = {len(values) for values in compute(frame_sets, voice(44100, seconds), 44100).values()}
    assert len(frame_sets) > 1
    assert len(lengths) == 1
