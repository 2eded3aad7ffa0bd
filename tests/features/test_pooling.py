"""Statistics over frames: their values, shapes, precision and names."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.core.errors import UnknownNameError
from ser_bench.features.pooling import POOLINGS, pool, pooled_columns

FRAMES = np.array([[1, 10], [2, 20], [3, 30], [4, 90]], dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mean", [2.5, 37.5]),
        ("mean-std", [2.5, 37.5, np.sqrt(1.25), np.sqrt(968.75)]),
        ("percentiles", [1.3, 13.0, 2.5, 25.0, 3.7, 72.0]),
    ],
)
def test_statistics_are_those_of_their_names(name, expected):
    np.testing.assert_allclose(pool(FRAMES, name), expected, rtol=1e-6)


@pytest.mark.parametrize("name", POOLINGS)
def test_each_value_has_a_column_and_is_float32(name):
    values = pool(FRAMES, name)
    columns = pooled_columns(("a", "b"), name)
    assert values.dtype == np.float32
    assert values.shape[-1] == len(columns) == len(set(columns))
    assert values.ndim == (2 if name == "none" else 1)


def test_columns_follow_the_values():
    assert pooled_columns(("a", "b"), "mean-std") == ("a_mean", "b_mean", "a_std", "b_std")
    assert pooled_columns(("a",), "percentiles") == ("a_p10", "a_p50", "a_p90")
    assert pooled_columns(("a", "b"), "none") == ("a", "b")


def test_none_keeps_the_frames():
    assert np.array_equal(pool(FRAMES, "none"), FRAMES)


def test_long_sequences_lose_no_precision():
    frames = np.full((200_000, 1), 1000.1, dtype=np.float32)
    mean, std = pool(frames, "mean-std")
    assert mean == np.float32(1000.1)
    assert std < 1e-6


def test_one_frame_has_no_deviation():
    assert pool(FRAMES[:1], "mean-std").tolist() == [1.0, 10.0, 0.0, 0.0]


def test_an_unknown_pooling_names_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown pooling 'means'; did you mean 'mean'"):
        pool(FRAMES, "means")
