"""Runs to report on, made up once for all tests."""

from __future__ import annotations

import pytest

from tests.report.fake_run import Recipe, save_fake_run


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A run of real-looking speech in which every fit ended, repeated twice."""
    recipe = Recipe(models=("chance", "svm", "knn", "cnn1d"), repeats=2)
    return save_fake_run(tmp_path_factory.mktemp("whole"), recipe)


@pytest.fixture(scope="session")
def broken_run(tmp_path_factory):
    """A synthetic, speaker-normalised run in which a fold failed and another timed out."""
    shortfalls = {("knn", "actor", 0, 3): "failed", ("svm", "random", 0, 1): "timeout"}
    recipe = Recipe(
        models=("chance", "svm", "knn", "lda"),
        name="demo",
        title="synthetic RAVDESS",
        synthetic=True,
        normalize="speaker",
        shortfalls=shortfalls,
    )
    return save_fake_run(tmp_path_factory.mktemp("broken"), recipe)
