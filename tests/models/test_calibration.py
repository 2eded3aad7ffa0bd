"""Calibration: a temperature and a floor from held-out clips only, prediction sets, and labels that stay the same."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier

from ser_bench import models
from ser_bench.core.errors import ConfigError
from ser_bench.models.calibration import Calibrated, temperature
from ser_bench.models.calibration.groups import group_parts
from ser_bench.models.calibration.sets import prediction_sets, score_threshold, speaker_weights
from ser_bench.models.calibration.temperature import fit_temperature, scaled

LABELS = np.array(["angry", "calm", "sad"])


def sample(count: int = 4000, overconfidence: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities whose logits are too large by a factor, and classes drawn from the true ones."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, size=(count, 3))
    codes = (softmax(logits, axis=1).cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
    return softmax(overconfidence * logits, axis=1), codes


def log_loss(p: np.ndarray, codes: np.ndarray) -> float:
    return float(-np.log(p[np.arange(len(codes)), codes]).mean())


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.5])
def test_the_temperature_is_the_factor_of_overconfidence(factor):
    p, codes = sample(overconfidence=factor)
    assert fit_temperature(p, codes, np.ones(len(p)))[0] == pytest.approx(factor, rel=0.1)


@pytest.mark.parametrize("zeros", [False, True])
def test_temperature_and_floor_have_the_least_log_loss_of_a_grid(zeros):
    p, codes = sample(1000, 2.0)
    if zeros:
        p = np.where(p < 0.1, 0.0, p)
        p /= p.sum(axis=1, keepdims=True)
    fitted = log_loss(scaled(p, *fit_temperature(p, codes, np.ones(len(p)))), codes)
    grid = [log_loss(scaled(p, t, f), codes) for t in np.geomspace(0.3, 6, 60) for f in np.geomspace(1e-9, 0.3, 30)]
    assert fitted == pytest.approx(min(grid), abs=0.002)
    assert np.isfinite(fitted)


def test_without_a_floor_the_temperature_is_that_of_scikit_learn(monkeypatch):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    class Given(ClassifierMixin, BaseEstimator):
        """Returns its input as probabilities."""

        classes_ = np.arange(3)

        def fit(self, X, y):
            return self

        def predict_proba(self, X):
            return X

        def predict(self, X):
            return X.argmax(axis=1)

        def __sklearn_is_fitted__(self):
            return True

    p, codes = sample(1000, 2.0)
    theirs = CalibratedClassifierCV(FrozenEstimator(Given()), method="temperature").fit(p, codes)
    monkeypatch.setattr(temperature, "_FLOORS", np.array([1e-15]))
    ours = scaled(p, *fit_temperature(p, codes, np.ones(len(p))))
    np.testing.assert_allclose(ours, theirs.predict_proba(p), atol=1e-3)


def test_no_temperature_and_no_floor_changes_the_most_probable_class():
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(4, 0.3), 300)
    p[:100] = p[:100].round(1)  # ties and zeros
    p[100:150] = [0.25 + 1e-16, 0.25, 0.25, 0.25]
    p[150:200] = [0.2, 0.4, np.nextafter(0.4, 1), 0.0]
    p[200:220] = [0.0, 1e-320, 1.0, 0.0]
    for factor, floor in product((0.02, 1.0, 100.0), (1e-9, 0.3)):
        q = scaled(p, factor, floor)
        np.testing.assert_array_equal(q.argmax(axis=1), p.argmax(axis=1))
        np.testing.assert_allclose(q.sum(axis=1), 1)


def test_parts_are_whole_groups_with_every_class():
    rng = np.random.default_rng(2)
    codes, groups = np.arange(600) % 3, rng.permutation(np.arange(600) // 30)
    part = group_parts(groups, codes, 3, named=True)
    assert all(len(set(part[groups == group])) == 1 for group in set(groups))
    counts = np.array([np.bincount(codes[part == number]) for number in range(3)])
    assert counts.min() > 0.7 * counts.max()


def test_parts_depend_on_names_of_speakers_and_not_on_numbers_of_takes():
    codes, groups = np.arange(120) % 3, np.arange(120) // 8
    order = np.random.default_rng(3).permutation(120)
    part = group_parts(groups, codes, 3, named=True)
    np.testing.assert_array_equal(group_parts(groups[order], codes[order], 3, named=True), part[order])
    renumbered = 1000 - groups
    taken = group_parts(groups, codes, 3, named=False)
    np.testing.assert_array_equal(group_parts(renumbered, codes, 3, named=False), taken)


def make_clips(speakers: int = 9, copies: int = 1, seed: int = 4):
    """Return features whose first column is the row's number modulo clips, labels, speakers and originals."""
    rng, count = np.random.default_rng(seed), 12 * speakers
    codes = np.arange(count) % 3
    X = np.column_stack([np.arange(count), rng.normal(codes[:, None], 1.0, size=(count, 4))])
    names = np.array([f"s{number:02d}" for number in np.arange(count) // 12])
    tiled = [np.concatenate([values] * copies) for values in (X, LABELS[codes], names)]
    return (*tiled, np.arange(count * copies) < count)


class Memory(ClassifierMixin, BaseEstimator):
    """Knows the label of every clip that it was fitted on, is wrong on the others, and records what it gets."""

    record: list = []  # noqa: RUF012

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.known_ = dict(zip(X[:, 0], y, strict=True))
        Memory.record.append(("fit", X[:, 0]))
        return self

    def predict_proba(self, X):
        Memory.record.append(("predict", X[:, 0]))
        likely = [self.known_.get(clip, self.classes_[int(clip + 1) % 3]) for clip in X[:, 0]]
        return 0.01 + 0.97 * (np.array(likely)[:, None] == self.classes_)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize("copies", [1, 3])
def test_a_clip_and_its_copies_are_predicted_by_a_fit_without_their_speaker(copies):
    X, y, speakers, originals = make_clips(copies=copies)
    Memory.record = []
    fitted = Calibrated(Memory()).fit(X, y, groups=speakers, originals=originals)
    assert [kind for kind, _ in Memory.record] == ["fit", *["fit", "predict"] * 4]
    for (_, trained), (_, predicted) in zip(Memory.record[1::2], Memory.record[2::2], strict=True):
        assert not set(trained // 12) & set(predicted // 12)
        assert len(predicted) == len(set(predicted))  # originals only
    rows, speakers = fitted.out_of_fold_, np.arange(108) // 12
    assert 4 <= len(set(speakers[rows])) <= 5
    np.testing.assert_array_equal(rows, np.flatnonzero(np.isin(speakers, speakers[rows])))
    assert fitted.out_of_fold_proba_.max() < 0.4  # what it remembers of its training clips does not count


def test_takes_are_held_out_whole_and_speakers_count_the_same():
    X, y, speakers, originals = make_clips()
    takes = np.arange(len(y)) // 2
    Memory.record = []
    fitted = Calibrated(Memory()).fit(X, y, groups=takes, speakers=speakers, originals=originals)
    for (_, trained), (_, predicted) in zip(Memory.record[1::2], Memory.record[2::2], strict=True):
        assert not set(trained // 2) & set(predicted // 2)
    held_out = speakers[fitted.out_of_fold_]
    assert set(held_out) == set(speakers)
    assert fitted.score_weights_.sum() == pytest.approx(1)
    counts = np.unique(held_out, return_counts=True)[1]
    np.testing.assert_allclose(np.unique(fitted.score_weights_.round(9)), np.unique((1 / counts / 9).round(9)))


def test_the_order_of_clips_does_not_change_the_temperature():
    X, y, speakers, originals = make_clips()
    order = np.random.default_rng(5).permutation(len(y))
    model = models.get("lda")
    first = models.fit(model, models.build("lda"), X, y, speakers, originals=originals)
    second = models.fit(model, models.build("lda"), X[order], y[order], speakers[order], originals=originals)
    assert second.temperature_ == pytest.approx(first.temperature_, rel=1e-3)
    np.testing.assert_allclose(np.sort(second.scores_), np.sort(first.scores_), atol=1e-3)


@pytest.mark.parametrize("name", ["svm", "knn", "tree", "lda"])
def test_labels_are_the_same_without_calibration(name):
    X, y, speakers, originals = make_clips()
    new = make_clips(seed=6)[0]
    with_it, without = (
        models.fit(models.get(name), models.build(name, calibrate=c), X, y, speakers, originals=originals)
        for c in (True, False)
    )
    np.testing.assert_array_equal(with_it.predict(new), without.predict(new))
    np.testing.assert_array_equal(with_it.uncalibrated_proba(new), without.predict_proba(new))
    assert (with_it.predict_proba(new) != without.predict_proba(new)).any()


@pytest.mark.parametrize("speakers", [1, 2])
def test_with_fewer_than_three_speakers_probabilities_stay_as_they_are(speakers):
    X, y, names, originals = make_clips(speakers)
    fitted = Calibrated(Memory()).fit(X, y, groups=names, originals=originals)
    assert not fitted.is_calibrated
    np.testing.assert_array_equal(fitted.predict_proba(X), fitted.uncalibrated_proba(X))
    assert fitted.threshold(0.9) == 1.0
    assert fitted.prediction_sets(fitted.predict_proba(X)).all()


def test_copies_without_groups_are_not_held_out():
    """It is unknown then which row is a copy of which."""
    X, y, _, originals = make_clips(copies=2)
    assert not Calibrated(Memory()).fit(X, y, originals=originals).is_calibrated
    assert Calibrated(Memory()).fit(X[:108], y[:108]).is_calibrated


def test_a_class_of_one_speaker_does_not_calibrate():
    """The fit without that speaker does not know the class."""
    X, y, speakers, originals = make_clips()
    y = np.where((y == "sad") & (speakers != "s03"), "calm", y)
    everywhere = Calibrated(models.build("lda", calibrate=False), held_out_parts=8)
    fitted = everywhere.fit(X, y, groups=speakers, originals=originals)
    assert set(fitted.classes_) == set(LABELS)
    assert set(y[fitted.out_of_fold_]) == {"angry", "calm"}
    assert len(fitted.out_of_fold_) == len(y) - 4


class StopsEarly(Memory):
    """Holds out the clips of two speakers, and may be fitted again on all."""

    def __init__(self, refit: bool) -> None:
        self.refit = refit

    def fit(self, X, y, groups=None):
        self.held_out_ = np.isin(groups, ["s01", "s02"])
        super().fit(X[~self.held_out_], y[~self.held_out_])
        if self.refit:
            self.held_out_proba_ = self.predict_proba(X[self.held_out_])
            super().fit(X, y)
        return self


@pytest.mark.parametrize("refit", [False, True])
def test_clips_held_out_by_the_classifier_itself_calibrate_it(refit):
    X, y, speakers, originals = make_clips(copies=2)
    fitted = Calibrated(StopsEarly(refit), takes_groups=True).fit(X, y, groups=speakers, originals=originals)
    np.testing.assert_array_equal(fitted.out_of_fold_, np.flatnonzero(np.isin(speakers, ["s01", "s02"]) & originals))
    assert fitted.out_of_fold_proba_.max() < 0.4


def test_clips_on_which_a_classifier_was_refitted_calibrate_nothing():
    class Forgetful(StopsEarly):
        """Does not keep the probabilities from before."""

        def fit(self, X, y, groups=None):
            super().fit(X, y, groups)
            self.refitted_ = self.__dict__.pop("held_out_proba_", None) is not None
            return self

    X, y, speakers, originals = make_clips()
    fitted = Calibrated(Forgetful(True), takes_groups=True).fit(X, y, groups=speakers, originals=originals)
    assert 4 <= len(set(speakers[fitted.out_of_fold_])) <= 5  # cross-fitted
    assert fitted.out_of_fold_proba_.max() < 0.4


class Fragile(Memory):
    """Needs 100 clips."""

    def fit(self, X, y):
        if len(X) < 100:
            raise ValueError("too few clips")
        return super().fit(X, y)


class Unique(Memory):
    """Cannot be copied."""

    def __deepcopy__(self, memo):
        raise TypeError("cannot be copied")


@pytest.mark.parametrize("kind", [Fragile, Unique])
def test_a_classifier_that_cannot_be_cross_fitted_is_not_calibrated(kind):
    X, y, speakers, originals = make_clips()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = Calibrated(kind()).fit(X, y, groups=speakers, originals=originals)
    assert not fitted.is_calibrated
    assert (fitted.predict(X) == y).all()
    assert [str(w.message) for w in caught] == (
        ["the probabilities are not calibrated (ValueError: too few clips)"] if kind is Fragile else []
    )


def draw_speakers(count: int, clips: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return scores of speakers who are harder or easier, and their numbers."""
    level = rng.normal(0, 0.5, count)
    scores = 1 / (1 + np.exp(-(level[:, None] + rng.normal(0, 1, (count, clips)))))
    return scores.ravel(), np.repeat(np.arange(count), clips)


@pytest.mark.parametrize("speakers", [4, 10, 20])
def test_sets_cover_the_share_of_clips_of_new_speakers(speakers):
    rng, covered = np.random.default_rng(7), []
    for _ in range(200):
        scores, names = draw_speakers(speakers, 30, rng)
        order = np.argsort(scores)
        threshold = score_threshold(scores[order], speaker_weights(names)[order], 0.9)
        covered.append((draw_speakers(5, 30, rng)[0] <= threshold).mean())
    assert 0.87 <= np.mean(covered) <= 0.93


def test_each_speaker_counts_the_same_in_the_threshold():
    scores = np.sort(np.concatenate([np.linspace(0, 0.1, 900), np.linspace(0.5, 1, 100)]))
    speakers = np.where(scores < 0.3, "a", "b")
    assert score_threshold(scores, speaker_weights(speakers), 0.75) == pytest.approx(0.75, abs=0.01)


def test_a_set_holds_the_probable_labels_and_always_the_first():
    p = np.array([[0.7, 0.2, 0.1], [0.34, 0.33, 0.33], [0.5, 0.5, 0.0]])
    np.testing.assert_array_equal(prediction_sets(p, 0.8), [[1, 1, 0], [1, 1, 1], [1, 1, 0]])
    np.testing.assert_array_equal(prediction_sets(p, 0.1), [[1, 0, 0], [1, 0, 0], [1, 0, 0]])


def test_every_model_but_baselines_can_be_calibrated():
    for model in models.MODELS.values():
        assert model.is_calibrated == (model.kind != "baseline")
        assert isinstance(models.build(model), Calibrated) == model.is_calibrated
        if model.is_calibrated:
            assert not isinstance(models.build(model, calibrate=False), Calibrated)
    with pytest.raises(ConfigError, match="'calibrate'"):
        models.build("chance", calibrate=True)


def test_calibrate_is_reserved_for_models_of_plugins_too():
    class Own(models.Parameters):
        """Parameters of a plugin."""

        depth: int = models.parameter(3, "a depth")

    class Taken(models.Parameters):
        """Parameters of a plugin that uses the name."""

        calibrate: int = models.parameter(3, "a number of steps")

    described = {"summary": "", "kind": "classical", "features": "mfcc", "build": lambda seed, depth: Memory()}
    plugin = models.Model(name="own", schema=Own, **described)
    assert dict(plugin.parameters) == {"depth": 3, "calibrate": True}
    assert isinstance(models.build(plugin), Calibrated)
    assert plugin.is_external
    with pytest.raises(ConfigError, match="invalid value for calibrate of model 'own': expected true or false"):
        plugin.with_parameters({"calibrate": 1})
    with pytest.raises(ConfigError, match="reserved parameter 'calibrate'"):
        models.Model(name="taken", schema=Taken, **described)


class _ChangesSmallBatches(Calibrated):
    def calibrated(self, p):
        return np.full_like(p, 1 / p.shape[1]) if len(p) < 20 else super().calibrated(p)


def test_a_subclass_is_not_unwrapped_so_that_the_batch_check_sees_its_probabilities():
    sly = _ChangesSmallBatches(DummyClassifier())
    assert models.uncalibrated(sly) is sly
    assert models.uncalibrated(Calibrated(sly)) is sly
