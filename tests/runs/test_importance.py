"""Permutation importance: shuffling used columns changes predictions, shuffling ignored ones does not."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench import features
from ser_bench.runs.fit import predict_shuffled


class Largest:
    """Answers by the sign of the mean of column 1."""

    def predict(self, X):
        X = X.reshape(len(X), -1, X.shape[-1])
        return np.where(np.nanmean(X[:, :, 1], axis=1) > 0, "up", "down")


GROUPS = {"ignored": np.array([0]), "used": np.array([1, 2])}


def test_only_the_group_that_a_model_uses_changes_predictions():
    X = np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32)
    before = X.copy()
    predicted = predict_shuffled(Largest(), X, GROUPS, seed=0)
    true = Largest().predict(X)
    assert (predicted["ignored"] == true).all()
    assert 0.35 < (predicted["used"] == true).mean() < 0.65
    np.testing.assert_array_equal(X, before)


def test_frames_keep_their_length_and_get_another_clip_s_columns():
    X = np.full((3, 4, 3), np.nan, dtype=np.float32)
    for i, length in enumerate((1, 4, 3)):
        X[i, :length] = i + 1
    seen = []

    class Recorder:
        def predict(self, X):
            seen.append(X.copy())
            return np.array(["a"] * len(X))

    predict_shuffled(Recorder(), X, GROUPS, seed=3)
    for mixed, columns in zip(seen, GROUPS.values(), strict=True):
        np.testing.assert_array_equal(np.isnan(mixed), np.isnan(X))
        rest = np.setdiff1d(np.arange(3), columns)
        np.testing.assert_array_equal(mixed[:, :, rest], X[:, :, rest])
        assert sorted(mixed[:, 0, columns[0]]) == [1, 2, 3]


def test_one_group_or_one_clip_gives_no_importance():
    X = np.ones((5, 3), dtype=np.float32)
    assert predict_shuffled(Largest(), X, {"all": np.arange(3)}, seed=0) == {}
    assert predict_shuffled(Largest(), X[:1], GROUPS, seed=0) == {}


@pytest.mark.parametrize("name", features.FEATURE_SETS)
def test_every_column_of_a_set_is_in_one_group(name):
    groups = features.column_groups([features.FEATURE_SETS[name]])
    columns = sorted(column for numbers in groups.values() for column in numbers)
    assert columns == list(range(features.FEATURE_SETS[name].dimension))


def test_joined_sets_are_groups_of_their_own():
    assert list(features.column_groups(features.parse("mfcc+chroma"))) == ["mfcc", "chroma"]


def test_groups_of_several_joined_sets_state_their_set():
    names = [features.column_groups(features.parse(sets)) for sets in ("logmel+prosody", "mfcc-frames+logmel+prosody")]
    assert list(names[0])[-2:] == ["4 to 8 kHz", "prosody"]  # part of the keys of fits
    assert list(names[1])[-2:] == ["logmel: 4 to 8 kHz", "prosody"]
    assert "mfcc-frames: static MFCC" in names[1]
    assert sum(map(len, names[1].values())) == sum(s.dimension for s in features.parse("mfcc-frames+logmel+prosody"))
