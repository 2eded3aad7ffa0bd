"""Kernel ridge regression: the same solution as scikit-learn's, in other units."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge

from ser_bench.models.kernel_ridge import KernelRidgeClassifier


@pytest.fixture
def clips():
    rng = np.random.default_rng(5)
    y = np.array(["angry", "calm", "sad"])[np.r_[np.zeros(30, int), np.ones(20, int), np.full(10, 2)]]
    X = rng.normal(np.arange(60)[:, None] // 20, 1.5, size=(60, 8)).astype(np.float32)
    return X, y


@pytest.mark.parametrize("weighted", [False, True])
def test_outputs_are_those_of_kernel_ridge_regression(clips, weighted):
    X, y = clips
    ours = KernelRidgeClassifier(alpha=0.2, gamma=0.8, class_weight="balanced" if weighted else None).fit(X, y)
    targets = (y[:, None] == ours.classes_).astype(float)
    weights = 60 / (3 * np.array([30, 20, 10])[targets.argmax(axis=1)]) if weighted else None
    theirs = KernelRidge(alpha=0.2, kernel="rbf", gamma=0.1).fit(X, targets - ours.intercept_, weights)
    new = X[::7] + np.float32(0.1)
    np.testing.assert_allclose(ours.decision_function(new), theirs.predict(new) + ours.intercept_, atol=1e-5)


def test_balance_gives_every_class_the_same_share(clips):
    assert KernelRidgeClassifier(class_weight="balanced").fit(*clips).intercept_ == pytest.approx([1 / 3] * 3)


def test_another_number_of_columns_is_refused(clips):
    with pytest.raises(ValueError, match="X has 7 columns, but 8 in training"):
        KernelRidgeClassifier().fit(*clips).predict_proba(clips[0][:, :7])
