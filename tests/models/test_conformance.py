"""What every registered model promises, on a problem that fits in a hand."""

import pickle
from functools import cache

import numpy as np
import pytest
from sklearn.base import clone

from ser_bench import models
from ser_bench.runs import batch_check

LABELS = ("angry", "calm", "sad")
SMALL = {
    "tree": {"min_samples_leaf": 2},
    "forest": {"n_estimators": 20},
    "xgboost": {"n_estimators": 5},
    "mlp": {"hidden": [16], "epochs": 5, "learning_rate": 0.01},
    "mlp-keras": {"hidden": [16], "epochs": 2},
    "cnn1d": {"filters": [4, 4], "epochs": 2, "pool": 1, "batch_size": 16},
    "cnn2d": {"filters": [2, 2], "units": 4, "epochs": 2, "pool": 1, "batch_size": 16, "level_bands": 0},
    "lstm": {"filters": [4], "units": 4, "epochs": 2, "pool": 1, "batch_size": 16, "refit": False},
}
CASES = [(name, kind) for name, model in models.MODELS.items() for kind in model.accepts]
EACH = [(name, model.accepts[-1]) for name, model in models.MODELS.items()]
QUICKEST = "mlp-keras"  # stands for all networks where they share the code
LEARNERS = [(name, kind) for name, kind in EACH if name not in ("chance", "majority")]


def make(kind, seed=7):
    """Return 48 clips of six speakers and three emotions, as a vector or as frames padded with NaN."""
    rng = np.random.default_rng(seed)
    y = np.array(LABELS)[np.arange(48) % 3]
    groups = np.array([f"s{k}" for k in np.arange(48) // 8])
    centre = (np.arange(48) % 3)[:, None]
    if kind == "vector":
        X = rng.normal(centre, 0.6, size=(48, 12))
        X[:, 5] = 3.3  # a constant column
    else:
        X = rng.normal(centre[:, :, None], 1.0, size=(48, 20, 8))
        X[:, :, 5] = 3.3
        for clip, length in zip(X, rng.integers(9, 21, size=48), strict=True):
            clip[length:] = np.nan
    return X.astype(np.float32), y, groups


def fitted(name, X, y, groups, seed=0):
    model = models.get(name)
    return models.fit(model, models.build(name, seed=seed, **SMALL.get(name, {})), X, y, groups)


@cache
def fitted_once(name, kind):
    """Fit a model on all clips, once for all tests: another shape of input would compile another network."""
    return fitted(name, *make(kind))


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_fit_and_predict_keep_the_contract(name, kind):
    """String labels in and out, probabilities that agree with ``predict``, ``X`` untouched."""
    X, _, _ = make(kind)
    before = X.copy()
    estimator = fitted_once(name, kind)
    p, predicted = estimator.predict_proba(X), estimator.predict(X)
    assert list(estimator.classes_) == sorted(LABELS)
    assert p.shape == (48, 3)
    assert np.all(np.isfinite(p))
    assert np.all(p >= 0)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    assert set(predicted) <= set(LABELS)
    np.testing.assert_array_equal(predicted, estimator.classes_[p.argmax(axis=1)])
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(("name", "kind"), EACH)
def test_the_same_seed_gives_the_same_probabilities_after_another_fit(name, kind):
    """A fit on the test clips with their labels, as in another fold, changes no estimator.

    The estimator itself, a pickled copy and a clone that is fitted later all answer bit for bit alike on new clips.
    """
    first, (X, y, groups), (new, labels, _) = fitted_once(name, kind), make(kind), make(kind, seed=8)
    before = X.copy()
    p = first.predict_proba(new)
    fitted(name, new, np.roll(labels, 1), groups).predict_proba(new)
    np.testing.assert_array_equal(p, first.predict_proba(new))
    again = models.fit(models.get(name), clone(first), X, y, groups)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(p, again.predict_proba(new))
    np.testing.assert_array_equal(p, pickle.loads(pickle.dumps(first)).predict_proba(new))


@pytest.mark.parametrize(
    ("name", "kind"), [(n, k) for n, k in EACH if models.get(n).kind != "network" or n == QUICKEST]
)
def test_a_class_that_the_fold_lacks_gets_zeros(name, kind):
    """Aligned probabilities have a column per label of the run, zero where the fold never saw it."""
    X, y, groups = make(kind)
    shown = y != "calm"
    estimator = fitted(name, X[shown], y[shown], groups[shown])
    p = models.aligned_proba(estimator, X, ("sad", "calm", "angry"))
    assert p.shape == (48, 3)
    assert np.all(p[:, 1] == 0)
    np.testing.assert_array_equal(p[:, [2, 0]], estimator.predict_proba(X))


@pytest.mark.parametrize("name", list(models.MODELS))
def test_parameters_can_be_read_and_set(name):
    """An estimator rebuilt from its own parameters has the same parameters."""
    estimator = models.build(name, seed=3, **SMALL.get(name, {}))
    parameters = estimator.get_params(deep=False)
    copy = type(estimator)(**parameters)
    assert repr(copy.set_params(**parameters)) == repr(estimator)


@pytest.mark.parametrize(("name", "kind"), LEARNERS)
def test_every_model_learns_what_is_easy(name, kind):
    """Three separate clusters are recognised in new clips."""
    X, y, groups = make(kind)
    new, expected, _ = make(kind, seed=8)
    longer = {"epochs": 60} if "epochs" in models.get(name).parameters else {}
    estimator = models.build(name, **SMALL.get(name, {}) | longer)
    models.fit(models.get(name), estimator, X, y, groups)
    assert np.mean(estimator.predict(new) == expected) > 0.6


@pytest.mark.parametrize("name", [n for n, m in models.MODELS.items() if m.accepts == ("vector",)])
def test_a_column_constant_in_training_decides_nothing(name):
    """What a constant column says in the test does not move any probability."""
    X, y, groups = make("vector")
    estimator = fitted(name, X[:40], y[:40], groups[:40])
    p = estimator.predict_proba(X[40:])
    changed = X[40:].copy()
    changed[:, 5] = 1e4
    np.testing.assert_array_equal(p, estimator.predict_proba(changed))


@pytest.mark.parametrize(("name", "kind"), EACH)
def test_a_clip_is_predicted_by_itself(name, kind):
    """Neither the order of clips nor the other clips of a batch change a prediction by more than rounding."""
    X, rows = make(kind, seed=8)[0], np.arange(48)
    estimator = fitted_once(name, kind)
    checker = batch_check.BatchChecker(batch_check.copied(estimator), X, LABELS, seed=0)
    checker.predict_batches(fit_seconds=1e9)
    check = checker.compare(batch_check.predict(estimator, X, rows, LABELS))
    assert not check.transductive
    assert check.difference < batch_check.TOLERANCE / 10


@pytest.mark.parametrize("kind", ["vector", "frames"])
def test_equal_clips_get_equal_guesses_of_chance(kind):
    X = make(kind)[0][:24]
    estimator = fitted_once("chance", kind)
    twice = np.concatenate([X, X])
    p = estimator.predict_proba(twice)
    np.testing.assert_array_equal(p[:24], p[24:])
    assert len(np.unique(p[:24], axis=0)) == 24
    if kind == "frames":  # padding is not part of a clip
        padded = np.pad(X, ((0, 0), (0, 5), (0, 0)), constant_values=np.nan)
        np.testing.assert_array_equal(estimator.predict_proba(padded), p[:24])


@pytest.mark.parametrize("strategy", ["uniform", "stratified"])
def test_chance_guesses_classes_as_often_as_its_strategy_says(strategy):
    X = np.random.default_rng(0).normal(size=(4000, 3)).astype(np.float32)
    y = np.where(np.arange(4000) % 4 == 0, "calm", "sad")
    guesses = models.build("chance", strategy=strategy).fit(X, y).predict(X)
    assert np.mean(guesses == "calm") == pytest.approx(0.5 if strategy == "uniform" else 0.25, abs=0.04)


def test_aligned_proba_refuses_an_estimator_that_knows_other_labels():
    X, y, groups = make("vector")
    with pytest.raises(ValueError, match="calm"):
        models.aligned_proba(fitted("majority", X, y, groups), X, ("angry", "sad"))


BALANCED = [
    (name, model.accepts[-1])
    for name, model in models.MODELS.items()
    if "balance" in model.parameters and (model.kind == "classical" or name == QUICKEST)
]


@pytest.mark.parametrize(("name", "kind"), BALANCED)
def test_balancing_makes_a_rare_class_likelier(name, kind):
    """With classes that features cannot tell apart, the rare one gains probability."""
    X, y, groups = make(kind)
    X = np.where(np.isnan(X), X, np.random.default_rng(1).normal(size=X.shape)).astype(np.float32)
    new = np.roll(X, 1, axis=-1)  # nearest neighbours are sure of clips that they know
    y = np.where(np.arange(48) % 8 == 0, "calm", "sad")
    chances = {}
    for balance in (True, False):
        settings = (
            SMALL.get(name, {})
            | {"calibrate": False, "balance": balance}
            | ({"n_neighbors": 40} if name == "knn" else {})
        )
        estimator = models.fit(models.get(name), models.build(name, **settings), X, y, groups)
        chances[balance] = estimator.predict_proba(new)[:, 0].mean()
    assert chances[True] > chances[False]
