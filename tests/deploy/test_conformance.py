"""Every registered model can be kept, and answers from its file as it did before, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file import allowed, state
from tests.deploy.conftest import clusters

SMALL = {
    "tree": {"min_samples_leaf": 2},
    "forest": {"n_estimators": 10},
    "xgboost": {"n_estimators": 5},
    "mlp": {"hidden": [16], "epochs": 5},
    "mlp-keras": {"hidden": [16], "epochs": 2},
    "cnn1d": {"filters": [4, 4], "epochs": 2, "pool": 1, "batch_size": 16},
    "cnn2d": {"filters": [2, 2], "units": 4, "epochs": 2, "pool": 1, "batch_size": 16},
    "lstm": {"filters": [4], "units": 4, "epochs": 2, "pool": 1, "batch_size": 16},
}
CASES = [(name, kind) for name, model in models.MODELS.items() for kind in model.accepts]
VARIANTS = [
    ("knn", {"balance": True}),
    ("knn", {"p": 1.0}),
    ("mlp", {"balance": True}),
    ("tree", {"discriminants": True}),
    ("lda", {"solver": "eigen"}),
    ("ensemble", {"members": ["svm", "forest", "xgboost", "knn", "mlp"]}),
]


def fitted(name, kind, parameters):
    X, y, groups = clusters(kind)
    model = models.get(name)
    return models.fit(model, models.build(name, **parameters), X, y, groups), X


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_model_read_again_answers_bit_for_bit_alike(name, kind):
    estimator, X = fitted(name, kind, SMALL.get(name, {}))
    again = state.unpack(state.pack(estimator))
    np.testing.assert_array_equal(again.predict_proba(X), estimator.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
def test_other_parameters_bring_other_parts_which_are_kept_too(name, parameters):
    estimator, X = fitted(name, "vector", parameters)
    again = state.unpack(state.pack(estimator))
    np.testing.assert_array_equal(again.predict_proba(X), estimator.predict_proba(X))


@pytest.mark.parametrize("name", list(models.MODELS))
def test_the_same_model_gives_the_same_bytes(name):
    """Nothing of memory, such as an address or what lay between two fields, gets into a file."""
    estimator, _ = fitted(name, models.get(name).accepts[-1], SMALL.get(name, {}))
    members = state.pack(estimator)
    assert state.pack(state.unpack(members)) == members


@pytest.mark.parametrize("name", allowed.classes())
def test_the_classes_that_a_file_may_name_exist(name):
    assert allowed.class_named(name).__name__ == name


def test_a_model_of_somebody_else_s_making_is_not_kept():
    from sklearn.linear_model import LogisticRegression

    X, y, _ = clusters("vector")
    with pytest.raises(ModelFileError, match=r"cannot be saved: it contains a .*LogisticRegression"):
        state.pack(LogisticRegression().fit(X, y))
