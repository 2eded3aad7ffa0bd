"""Every registered model can be saved, and predicts bit for bit the same after it is read from its file."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file import allowed, state
from tests.deploy.conftest import clusters, fitted

CASES = [(name, kind) for name, model in models.MODELS.items() for kind in model.accepts]
VARIANTS = [
    ("knn", {"balance": True}),
    ("knn", {"p": 1.0}),
    ("mlp", {"balance": True}),
    ("tree", {"discriminants": True}),
    ("lda", {"solver": "eigen"}),
    ("ensemble", {"members": ["svm", "forest", "xgboost", "knn", "mlp"]}),
]
"""Parameters that change the estimators of a model."""


def assert_copy_predicts_the_same(estimator, X):
    copy = state.unpack(state.pack(estimator))
    np.testing.assert_array_equal(copy.predict_proba(X), estimator.predict_proba(X))
    np.testing.assert_array_equal(copy.predict(X), estimator.predict(X))


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_model_read_from_its_file_predicts_bit_for_bit_the_same(name, kind):
    assert_copy_predicts_the_same(*fitted(name, kind))


@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_a_model_with_other_parts_predicts_bit_for_bit_the_same(name, parameters):
    assert_copy_predicts_the_same(*fitted(name, "vector", parameters))


@pytest.mark.parametrize("name", list(models.MODELS))
def test_the_same_model_gives_the_same_bytes(name):
    """No content of memory, such as an address or the padding of records, is saved."""
    estimator, _ = fitted(name, models.get(name).accepts[-1])
    members = state.pack(estimator)
    assert state.pack(state.unpack(members)) == members


@pytest.mark.parametrize("name", allowed.classes())
def test_the_classes_that_a_file_may_contain_exist(name):
    assert allowed.class_named(name).__name__ == name


def test_a_class_of_another_package_cannot_be_saved():
    from sklearn.linear_model import LogisticRegression

    X, y, _ = clusters("vector")
    with pytest.raises(ModelFileError, match=r"cannot be saved: it contains a .*LogisticRegression"):
        state.pack(LogisticRegression().fit(X, y))
