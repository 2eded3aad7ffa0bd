"""The svm with an approximated kernel: near the exact one, the same for a seed, kept in files; the default stays."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file import state
from ser_bench.deploy.onnx import estimators as exporting
from ser_bench.models.estimators import SoftmaxSVC, Standardizer


def rings(count: int = 240, seed: int = 0, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return points on rings, one inside the other, which no plane separates: float32 ``(count, 2)`` and labels."""
    rng = np.random.default_rng(seed)
    ring, angle = np.arange(count) % classes, rng.uniform(0, 2 * np.pi, count)
    points = (1.0 + 2 * ring)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return (points + rng.normal(0, 0.1, (count, 2))).astype(np.float32), np.array(["a", "b", "c"])[ring]


def nystroem(seed: int = 0, **parameters):
    return models.build("svm", seed=seed, kernel="nystroem", gamma="4/d", calibrate=False, **parameters)


@pytest.mark.parametrize("classes", [2, 3])
def test_it_tells_apart_what_only_a_kernel_can(classes):
    X, y = rings(classes=classes)
    fresh, true = rings(seed=1, classes=classes)
    fitted = nystroem(components=60).fit(X, y)
    assert (fitted.predict(fresh) == true).mean() > 0.97
    p = fitted.predict_proba(fresh)
    assert p.shape == (len(fresh), classes)
    np.testing.assert_allclose(p.sum(axis=1), 1)


def test_with_a_component_per_row_its_kernel_is_the_exact_one():
    X, y = rings(60)
    step = nystroem(components=1000).fit(X, y)
    Z = step[:-1].transform(X)
    mapped = step[-1].map_.transform(Z)
    distances = ((Z[:, None] - Z[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(mapped @ mapped.T, np.exp(-2.0 * distances), atol=1e-3)


def test_the_seed_decides_which_rows_stand_for_the_others():
    X, y = rings()
    first, again, other = (nystroem(seed, components=10).fit(X, y).predict_proba(X) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_default_is_the_exact_radial_kernel_as_it_was():
    X, y = rings()
    exact = make_pipeline(Standardizer(), SoftmaxSVC(C=100.0, kernel="rbf", gamma="0.05/d", class_weight="balanced"))
    np.testing.assert_array_equal(
        models.build("svm", calibrate=False).fit(X, y).predict_proba(X), exact.fit(X, y).predict_proba(X)
    )


def test_a_file_keeps_it():
    X, y = rings()
    fitted = nystroem(components=20).fit(X, y)
    again = state.unpack(state.pack(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_onnx_refuses_it_by_name():
    with pytest.raises(ModelFileError, match=re.escape(exporting.not_exported()["NystroemSVC"])):
        exporting.probabilities(None, nystroem()[-1], "x")
