"""The ensemble: a mean of its members' probabilities, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ConfigError, UnknownNameError


@pytest.fixture
def clips():
    rng = np.random.default_rng(3)
    y = np.array(["angry", "calm", "sad"])[np.arange(60) % 3]
    X = rng.normal(np.arange(60)[:, None] % 3, 2.0, size=(60, 12)).astype(np.float32)
    return X, y


def test_probabilities_are_the_mean_of_the_members(clips):
    X, y = clips
    together = (
        models.build("ensemble", calibrate=False, members=["lda", "svm"]).fit(X[:40], y[:40]).predict_proba(X[40:])
    )
    alone = [models.build(name, calibrate=False).fit(X[:40], y[:40]).predict_proba(X[40:]) for name in ("lda", "svm")]
    np.testing.assert_allclose(together, np.mean(alone, axis=0), atol=1e-12)


def test_a_member_that_is_no_classical_model_names_the_nearest():
    with pytest.raises(UnknownNameError, match="'forest'"):
        models.build("ensemble", members=["lda", "forrest"])


@pytest.mark.parametrize("members", [[], ["lda", "lda"]])
def test_no_member_or_one_twice_is_refused(members):
    with pytest.raises(ConfigError, match="each once"):
        models.build("ensemble", members=members)


def test_a_tree_of_discriminants_splits_where_single_columns_say_little():
    rng = np.random.default_rng(0)
    common = rng.normal(0, 4.0, size=(200, 1))
    y = np.array(["calm", "sad"])[np.arange(200) % 2]
    X = np.hstack([common, common + 3.0 * (np.arange(200)[:, None] % 2)]) + rng.normal(0, 0.3, size=(200, 2))
    scores = {
        discriminants: np.mean(
            models.build("tree", discriminants=discriminants).fit(X[:150], y[:150]).predict(X[150:]) == y[150:]
        )
        for discriminants in (False, True)
    }
    assert scores[True] > scores[False] + 0.1
