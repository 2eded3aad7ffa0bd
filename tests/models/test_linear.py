"""Logistic regression, and its learned mixture of the layers of a network."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize
from sklearn.linear_model import LogisticRegression

from ser_bench import models
from ser_bench.models.layers import LayeredLogisticRegression, LayerProblem

BLOCKS = ((3, 4), (1, 2), (2, 3))
"""A set of three layers, one without layers, and one of two layers: 20 columns."""


def rows(classes=3, count=60, blocks=BLOCKS):
    """Return rows of unequal classes; only the second layer of the first set separates the classes."""
    rng = np.random.default_rng(5)
    codes = np.minimum(np.arange(count) % (classes + 1), classes - 1)
    X = rng.normal(size=(count, sum(layers * width for layers, width in blocks)))
    width = blocks[0][1]
    X[:, width : 2 * width] += 1.5 * np.eye(max(classes, width))[codes][:, :width]
    return X.astype(np.float32), codes


def test_the_gradient_is_that_of_finite_differences():
    X, codes = rows(count=12)
    weights = np.linspace(0.5, 2.0, 12)
    problem = LayerProblem(X, codes, weights, BLOCKS, 0.3)
    unknowns = np.random.default_rng(0).normal(size=problem.size)
    assert problem.size == 3 * (4 + 2 + 3 + 1) + 3 + 2
    numeric = approx_fprime(unknowns, lambda v: problem.loss(v)[0], 1e-7)
    np.testing.assert_allclose(problem.loss(unknowns)[1], numeric, atol=1e-6)


def plain_loss(unknowns, X, codes, C):
    """Return the penalised cross-entropy of balanced classes, written row by row."""
    W, b, logits = unknowns[:9].reshape(3, 3), unknowns[9:12], unknowns[12:]
    layer_weights = np.exp(logits) / np.exp(logits).sum()
    counts = np.bincount(codes)
    means = np.array([layer_weights[0] * row[:3] + layer_weights[1] * row[3:] for row in X.astype(float)])
    total = 0.0
    for mean, code in zip(means / np.sqrt((means**2).mean()), codes, strict=True):
        scores = W @ mean + b
        total += len(X) / 3 / counts[code] * (np.log(np.exp(scores).sum()) - scores[code])
    return C * total + 0.5 * (W**2).sum()


def test_the_fit_reaches_the_minimum_of_an_independent_loss():
    X, codes = rows(count=24, blocks=((2, 3),))
    start = np.zeros(14)
    reference = minimize(plain_loss, start, args=(X, codes, 0.5), method="BFGS", options={"gtol": 1e-5})
    fitted = LayeredLogisticRegression(((2, 3),), C=0.5, class_weight="balanced", tol=1e-7).fit(X, codes)
    expected = np.exp(reference.x[12:]) / np.exp(reference.x[12:]).sum()
    np.testing.assert_allclose(fitted.layer_weights_[0], expected, atol=1e-3)
    scale = np.sqrt(np.mean((X.reshape(-1, 2, 3).transpose(0, 2, 1) @ expected) ** 2))
    coefficients = np.kron(expected, reference.x[:9].reshape(3, 3)) / scale
    np.testing.assert_allclose(fitted.coef_, coefficients, atol=2e-3 * abs(coefficients).max())


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_sets_without_layers_give_the_probabilities_of_scikit_learn(classes, class_weight):
    X, codes = rows(classes)
    own = LayeredLogisticRegression(((1, 12), (1, 8)), C=0.2, class_weight=class_weight, tol=1e-8).fit(X, codes)
    reference = LogisticRegression(C=0.2, class_weight=class_weight, tol=1e-8, max_iter=1000).fit(
        X.astype(np.float64), codes
    )
    np.testing.assert_allclose(own.predict_proba(X), reference.predict_proba(X.astype(np.float64)), atol=1e-5)
    assert own.coef_.shape == reference.coef_.shape


def test_the_layer_that_holds_the_classes_gets_the_most_weight():
    X, codes = rows(count=200)
    fitted = LayeredLogisticRegression(BLOCKS).fit(X, codes)
    first, single, second = fitted.layer_weights_
    assert [part.sum() for part in fitted.layer_weights_] == pytest.approx([1, 1, 1])
    assert first.argmax() == 1
    assert first.max() > 0.7
    assert (len(first), len(single), len(second)) == (3, 1, 2)


def test_layers_whose_noise_cancels_are_averaged():
    """A single layer has the largest variance; variance alone must not decide the weights."""
    rng = np.random.default_rng(2)
    centres, codes = rng.normal(size=(3, 400)), np.arange(80) % 3
    X = rng.normal(size=(80, 4, 400)) + 0.15 * centres[codes][:, None]
    fitted = LayeredLogisticRegression(((4, 400),), C=0.01).fit(X.reshape(80, -1).astype(np.float32), codes)
    np.testing.assert_allclose(fitted.layer_weights_[0], 0.25, atol=0.05)


def test_layers_of_constant_columns_decide_nothing():
    X, codes = rows()
    X[:, :12] = 0
    assert np.isfinite(LayeredLogisticRegression(BLOCKS).fit(X, codes).coef_).all()


def test_chunks_change_nothing(monkeypatch):
    X, codes = rows()
    whole = LayeredLogisticRegression(BLOCKS).fit(X, codes).coef_
    monkeypatch.setattr("ser_bench.models.layers._CHUNK", 50)
    np.testing.assert_allclose(LayeredLogisticRegression(BLOCKS).fit(X, codes).coef_, whole, rtol=1e-6)


def test_layers_of_other_width_than_the_features_are_an_error():
    with pytest.raises(ValueError, match="X has 20 columns, but the layers 12"):
        LayeredLogisticRegression(((3, 4),)).fit(*rows())


def test_the_model_learns_layer_weights_where_a_set_has_layers():
    plain = models.uncalibrated(models.build("linear"))
    assert isinstance(plain[-1], LogisticRegression)
