"""Small fitted models and model files, shared by all tests of the session."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_bench import models
from ser_bench.core.options import ModelTable, Options
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.deploy import train

SPEAKERS = ("S01", "S02", "S03", "S04", "S05", "S06")
EMOTIONS = ("happy", "neutral", "sad")
TABLES = {
    "xgboost": {"n_estimators": 5},
    "mlp-keras": {"hidden": [8], "epochs": 2, "speeds": []},
    "cnn1d": {"filters": [4, 4], "epochs": 2, "batch_size": 16},
}
"""Parameters of models that are trained on the corpus."""

SMALL: dict[str, dict[str, Any]] = {
    "tree": {"min_samples_leaf": 2},
    "forest": {"n_estimators": 10},
    "xgboost": {"n_estimators": 5},
    "mlp": {"hidden": [16], "epochs": 5},
    "mlp-keras": {"hidden": [16], "epochs": 1},
    "cnn1d": {"filters": [4, 4], "epochs": 1, "pool": 1, "batch_size": 16},
    "cnn1d vector": {"filters": [4], "chunk": 5, "epochs": 1, "batch_size": 16},
    "cnn2d": {"filters": [2, 2], "units": 4, "epochs": 1, "pool": 1, "batch_size": 16},
    "lstm": {"filters": [4], "units": 4, "epochs": 1, "pool": 3, "batch_size": 16},
    "lstm vector": {"bidirectional": False, "filters": [4], "units": 3, "epochs": 1, "batch_size": 16},
}
"""Parameters of models that are fitted on :func:`clusters`, by name, or by name and kind of input."""


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Path:
    """Return the manifest of 36 demo clips: six speakers, three emotions, two sentences."""
    folder = tmp_path_factory.mktemp("voices")
    paths = make_clips(folder, speakers=SPEAKERS, emotions=EMOTIONS, intensities=("normal",))
    codes = [path.stem.split("_") for path in paths]
    table = pd.DataFrame(codes, columns=["speaker", "emotion", "intensity", "text"])
    table["gender"] = ["male" if int(s[1:]) % 2 else "female" for s in table["speaker"]]
    table["path"] = [str(path.relative_to(folder)) for path in paths]
    table.to_csv(folder / "voices.csv", index=False)
    return folder / "voices.csv"


@pytest.fixture(scope="session")
def options(corpus, tmp_path_factory) -> Callable[..., Options]:
    """Return ``options(**changes)``: the small corpus, small models and a shared store."""
    store = tmp_path_factory.mktemp("store")
    tables = {name: ModelTable(base=name, parameters=small) for name, small in TABLES.items()}

    def create(**changes) -> Options:
        defaults = {"corpus": str(corpus), "features": "mfcc", "jobs": 1, "store": store, "model_tables": tables}
        return Options(**defaults | changes)

    return create


@pytest.fixture(scope="session")
def svm(options, tmp_path_factory) -> Path:
    """Return the file of a support vector machine that was trained without two speakers."""
    path = tmp_path_factory.mktemp("models") / "svm.ser"
    train.train(options(), "svm", path, NoProgress(), "actor:S01,S02", score=False)
    return path


@pytest.fixture(scope="session")
def clip(corpus) -> Path:
    """Return a clip of the corpus."""
    return sorted(corpus.parent.rglob("*.wav"))[0]


def clusters(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, labels and speakers of 48 clips in three clusters, as vectors or as frames padded with NaN."""
    rng = np.random.default_rng(7)
    codes = np.arange(48) % 3
    if kind == "vector":
        X = rng.normal(codes[:, None], 0.6, size=(48, 12))
    else:
        X = rng.normal(codes[:, None, None], 1.0, size=(48, 20, 8))
        X[:, :, 5] = 3.3  # a constant band
        for row, length in zip(X, rng.integers(9, 21, size=48), strict=True):
            row[length:] = np.nan
    return X.astype(np.float32), np.array(["angry", "calm", "sad"])[codes], np.array([f"s{k // 8}" for k in range(48)])


def fitted(name: str, kind: str = "vector", parameters: dict[str, Any] | None = None, classes: int = 3):
    """Return a fitted estimator and its features; the estimator is shared, so tests must not change it."""
    chosen = SMALL.get(f"{name} {kind}", SMALL.get(name, {})) if parameters is None else parameters
    return _fitted(name, kind, json.dumps(chosen, sort_keys=True), classes)


@cache
def _fitted(name: str, kind: str, parameters: str, classes: int):
    X, y, groups = clusters(kind)
    rows = np.isin(y, ["angry", "calm", "sad"][:classes])
    estimator = models.build(name, **json.loads(parameters))
    return models.fit(models.get(name), estimator, X[rows], y[rows], groups[rows]), X[rows]
