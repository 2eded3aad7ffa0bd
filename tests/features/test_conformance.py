"""What every registered feature set keeps to, whatever the signal."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.features import FEATURE_SETS, compute
from ser_bench.features.analysis import Analysis
from tests.features.feature_signals import hard, tone, voice

HARD = hard()


@pytest.fixture(params=FEATURE_SETS.values(), ids=FEATURE_SETS)
def feature_set(request):
    return request.param


@pytest.mark.parametrize("name", HARD)
def test_values_are_finite_float32_with_one_column_per_name(feature_set, name):
    y, sr = HARD[name]
    values = feature_set.compute(Analysis(y, sr))
    assert values.dtype == np.float32
    assert values.shape[-1] == feature_set.dimension
    assert values.ndim == (1 if feature_set.kind == "vector" else 2)
    assert len(values) >= 1
    assert np.isfinite(values).all()


def test_same_signal_gives_same_values(feature_set):
    first, second = (feature_set.compute(Analysis(voice(), 16000)) for _ in range(2))
    assert np.array_equal(first, second)


def test_joined_sets_get_the_values_that_each_gets_alone(feature_set):
    alone = feature_set.compute(Analysis(voice(), 16000))
    assert np.array_equal(compute(FEATURE_SETS.values(), voice(), 16000)[feature_set.name], alone)


def test_samples_are_left_as_they_are(feature_set):
    y = voice()
    y.flags.writeable = False
    feature_set.compute(Analysis(y, 16000))
    assert np.array_equal(y, voice())


def test_different_signals_give_different_values(feature_set):
    one = feature_set.compute(Analysis(voice(48000), 48000))
    other = feature_set.compute(Analysis(voice(48000, hz=260.0) + tone(48000, 1.0, 9500.0, level=0.05), 48000))
    one, other = (np.atleast_2d(values).mean(axis=0) for values in (one, other))
    assert not np.allclose(one, other, rtol=1e-3)


def test_describes_itself(feature_set):
    assert len(set(feature_set.columns)) == feature_set.dimension > 0
    assert feature_set.summary and feature_set.source
    assert all(column.isprintable() and " " not in column for column in feature_set.columns)


def test_all_frame_sets_have_the_same_frames():
    frame_sets = [s for s in FEATURE_SETS.values() if s.kind == "frames"]
    lengths = {len(values) for values in compute(frame_sets, voice(44100, 0.73), 44100).values()}
    assert len(frame_sets) > 1
    assert len(lengths) == 1
