"""The batch check: transductive models are found, and inductive ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.runs.batch_check import BatchChecker, Permuted, copied, predict

LABELS = ("a", "b")
X = np.random.default_rng(0).standard_normal((60, 3)).astype(np.float32) + 1
HIGHEST = X[:, 0].max()


class Sign:
    """Predicts by the sign of the first column."""

    classes_ = np.array(LABELS)

    def scores(self, X):
        return X[:, 0]

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-self.scores(X)))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Centred(Sign):
    """Subtracts the mean of the batch."""

    def scores(self, X):
        return X[:, 0] - X[:, 0].mean()


class Neighbouring(Sign):
    """Averages over neighbouring rows."""

    def scores(self, X):
        return np.convolve(X[:, 0], np.ones(5) / 5, mode="same")[: len(X)]


class CentredLabels(Sign):
    """Hides the same behind equal probabilities."""

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)

    def predict(self, X):
        return self.classes_[(X[:, 0] > X[:, 0].mean()).astype(int)]


class Adaptive(Sign):
    """Changes with everything that it predicts."""

    seen = 0.0

    def scores(self, X):
        self.seen += len(X)
        return X[:, 0] - self.seen / 100


class NeedsTwo(Sign):
    """Fails on single clips."""

    def scores(self, X):
        if len(X) < 2:
            raise ValueError("one clip")
        return X[:, 0]


class Rounded(Sign):
    """Computes in float32, in an order that depends on the batch."""

    def scores(self, X):
        return X[:, 0] + np.float32(1e-7) * len(X)


class Tied(Sign):
    """Gives one row equal probabilities, and either label."""

    def predict_proba(self, X):
        p = super().predict_proba(X)
        p[X[:, 0] == HIGHEST] = 0.5
        return p

    def predict(self, X):
        tied = self.predict_proba(X)[:, 0] == 0.5
        return np.where(tied, "b" if len(X) > 5 else "a", super().predict(X))


def check(model, *, fit_seconds=1e9):
    checker = BatchChecker(copied(model), X, LABELS, seed=0)
    checker.predict_batches(fit_seconds)
    order = np.random.default_rng(1).permutation(len(X))
    return checker.compare(predict(Permuted(model, order), X, np.arange(len(X)), LABELS))


@pytest.mark.parametrize("model", [Centred, Neighbouring, CentredLabels, Adaptive, NeedsTwo])
@pytest.mark.parametrize("fit_seconds", [1e9, 0.0])
def test_a_model_that_uses_other_rows_is_transductive(model, fit_seconds):
    assert check(model(), fit_seconds=fit_seconds).transductive


@pytest.mark.parametrize("model", [Sign, Rounded, Tied])
def test_a_model_that_predicts_each_row_by_itself_is_not(model):
    outcome = check(model())
    assert not outcome.transductive
    assert outcome.difference < 1e-5


def test_the_largest_change_of_a_probability_is_reported():
    assert 0.05 < check(Centred()).difference <= 1


def test_the_scored_model_has_predicted_nothing_before():
    model = Adaptive()
    check(model)
    assert model.seen == 2 * len(X)  # probabilities and labels


def test_a_permuted_estimator_gets_the_rows_in_another_order_and_answers_in_theirs():
    order = np.random.default_rng(0).permutation(len(X))
    seen = []

    class Recorder(Sign):
        def predict(self, X):
            seen.append(X)
            return super().predict(X)

    np.testing.assert_array_equal(Permuted(Recorder(), order).predict(X), Sign().predict(X))
    np.testing.assert_array_equal(seen[0], X[order])
    np.testing.assert_array_equal(Permuted(Sign(), order).predict_proba(X), Sign().predict_proba(X))


def test_a_slow_model_predicts_at_least_one_clip_by_itself():
    sizes = []

    class Recorder(Sign):
        def scores(self, X):
            sizes.append(len(X))
            return super().scores(X)

    check(Recorder(), fit_seconds=0.0)
    assert min(sizes) == 1
    assert len(sizes) < 10
