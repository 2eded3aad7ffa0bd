"""The ensemble: a mean of its members' probabilities, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.models.estimators import BalancedLDA


@pytest.fixture
def clips():
    rng = np.random.default_rng(3)
    y = np.array(["angry", "calm", "sad"])[np.arange(60) % 3]
    X = rng.normal(np.arange(60)[:, None] % 3, 2.0, size=(60, 12)).astype(np.float32)
    return X, y


@pytest.fixture
def speakers():
    return np.array([f"s{k}" for k in np.arange(60) // 10])


def test_probabilities_are_the_mean_of_the_calibrated_members(clips, speakers):
    X, y = clips
    ensemble = models.build("ensemble", members=["lda", "svm"], calibrate=False).fit(X[:40], y[:40], speakers[:40])
    alone = [models.build(name).fit(X[:40], y[:40], speakers[:40]).predict_proba(X[40:]) for name in ("lda", "svm")]
    np.testing.assert_allclose(ensemble.predict_proba(X[40:]), np.mean(alone, axis=0), atol=1e-12)


def test_no_member_is_fitted_again_to_calibrate_the_mean(clips, speakers, monkeypatch):
    """An ensemble of one member takes the fits of that member alone, and calibrates on the same clips."""
    X, y = clips
    fits = []
    fit = BalancedLDA.fit
    monkeypatch.setattr(BalancedLDA, "fit", lambda self, *args: [fits.append(len(args[1])), fit(self, *args)][1])
    alone = models.build("lda").fit(X, y, speakers)
    count = len(fits)
    ensemble = models.build("ensemble", members=["lda"]).fit(X, y, speakers)
    assert fits[count:] == fits[:count]
    assert ensemble.temperature_ == pytest.approx(1.0, abs=0.02)
    np.testing.assert_array_equal(ensemble.out_of_fold_, alone.out_of_fold_)


def test_copies_do_not_calibrate_the_mean(clips, speakers):
    X, y = clips
    originals = np.arange(120) < 60
    rows = {"groups": np.tile(speakers, 2), "originals": originals}
    ensemble = models.build("ensemble").fit(np.concatenate([X, X + 1]), np.tile(y, 2), **rows)
    assert len(ensemble.out_of_fold_)
    assert ensemble.out_of_fold_.max() < 60


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


def test_ridge_fits_closer_beside_lda_than_by_itself():
    member = models.uncalibrated(models.uncalibrated(models.build("ensemble")).estimators[1])
    alone = models.uncalibrated(models.build("ridge"))
    assert member[-1].alpha < alone[-1].alpha
