"""Every registered model predicts the same after it is read from its model file, and as an ONNX file.

One module tests both, so that each model is fitted once.
"""

from __future__ import annotations

import importlib.util
import re
from typing import Any

import numpy as np
import pytest

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy import onnx
from ser_bench.deploy.file import allowed, state
from ser_bench.deploy.onnx import check, estimators
from tests.deploy.fitted_models import clusters, fitted, trained

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

MORE = [
    *[("svm", {"kernel": kernel}) for kernel in ("linear", "poly", "sigmoid")],
    ("knn", {"weights": "uniform", "n_neighbors": 4}),
    ("knn", {"p": 3.0}),
    ("mlp", {"hidden": [8, 4], "epochs": 5}),
    ("cnn2d", {"filters": [2], "halvings": 0, "units": 4, "epochs": 1, "pool": 1, "batch_size": 16}),
    ("cnn2d", {"filters": [2, 2], "halvings": 2, "units": 4, "pooling": "attention", "epochs": 1, "pool": 1}),
    ("cnn1d", {"filters": [4, 4], "halvings": 0, "pooling": "attention", "heads": 2, "epochs": 1, "pool": 1}),
    ("cnn1d", {"filters": [4], "members": 2, "level_bands": 5, "epochs": 1, "pool": 2}),
    ("lstm", {"filters": [4], "units": 4, "memory": "gru", "pooling": "attention", "epochs": 1, "pool": 1}),
    ("lstm", {"filters": [], "units": 4, "memory": "gru", "bidirectional": False, "pooled_layers": "last", "pool": 2}),
]
"""Parameters that change the ONNX graph only, and networks with other layers."""

LAYERED = {"blocks": [[2, 5], [1, 2]]}
PLANS: dict[str, Any] = {
    "lda": {"base": "lda", "parameters": {}, "bound": {}, "columns": []},
    "own": {"base": "mlp", "parameters": {"hidden": [8], "epochs": 5, "balance": True}, "bound": {}}
    | {"columns": [[10, 12], [2, 7]]},
    "layered": {"base": "linear", "parameters": {}, "bound": {"blocks": [[3, 2]]}, "columns": [[4, 10]]},
}
BOUND = [
    ("linear", {}, LAYERED),
    ("ensemble", {"members": [*PLANS]}, {"member_plans": PLANS}),
    ("ensemble", {"members": ["own"]}, {"member_plans": PLANS}),
]
"""Models that take layers or members from the plan of a run."""

needs_onnx = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime")), reason="needs the extra [onnx]"
)


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


@pytest.mark.parametrize(("name", "parameters", "bound"), BOUND)
def test_a_model_with_layers_or_planned_members_predicts_bit_for_bit_the_same(name, parameters, bound):
    estimator, X = fitted(name, "vector", parameters, bound=bound)
    assert_copy_predicts_the_same(estimator, X)
    if name == "linear":
        weights = models.uncalibrated(state.unpack(state.pack(estimator)))[-1].layer_weights_
        assert [len(part) for part in weights] == [2, 1]


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
    from sklearn.linear_model import RidgeClassifier

    X, y, _ = clusters("vector")
    with pytest.raises(ModelFileError, match=r"cannot be saved: it contains a .*RidgeClassifier"):
        state.pack(RidgeClassifier().fit(X, y))


def assert_onnx_predicts_the_same(path, name, kind, parameters=None, classes=3, bound=None):
    """Write and compare a model: on random rows, on all of its clips, and on one clip."""
    from onnx import checker

    model, X = trained(name, kind, parameters, classes, bound)
    for rows, count in ((None, 256), (X, len(X)), (X[:1], 1)):
        agreement = onnx.write(model, path, rows)
        assert agreement.max_difference <= check.TOLERANCE / 10
        assert agreement.rows == count
    checker.check_model(str(path), full_check=True)


@needs_onnx
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_an_onnx_file_predicts_the_same_or_the_model_has_none(name, kind, tmp_path):
    if name == "chance":
        model, _ = trained(name, kind)
        with pytest.raises(ModelFileError, match=re.escape(estimators.not_exported()["Chance"])):
            onnx.write(model, tmp_path / "m.onnx")
        assert list(tmp_path.iterdir()) == []
    else:
        assert_onnx_predicts_the_same(tmp_path / "m.onnx", name, kind)


@needs_onnx
@pytest.mark.parametrize(("name", "parameters"), VARIANTS + MORE)
def test_an_onnx_file_of_other_parameters_predicts_the_same(name, parameters, tmp_path):
    kind = models.get(name).accepts[-1 if "pool" in parameters else 0]
    assert_onnx_predicts_the_same(tmp_path / "m.onnx", name, kind, parameters)


@needs_onnx
@pytest.mark.parametrize("name", [m.name for m in models.MODELS.values() if m.kind == "classical"])
def test_an_onnx_file_of_two_classes_predicts_the_same(name, tmp_path):
    assert_onnx_predicts_the_same(tmp_path / "m.onnx", name, "vector", classes=2)


@needs_onnx
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("name", "parameters", "bound"), BOUND)
def test_an_onnx_file_with_layers_or_planned_members_predicts_the_same(name, parameters, bound, classes, tmp_path):
    assert_onnx_predicts_the_same(tmp_path / "m.onnx", name, "vector", parameters, classes, bound)
