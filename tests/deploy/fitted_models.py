"""Small fitted models, each fitted once in a process."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from ser_bench import models
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.model import TrainedModel

LABELS = ["calm", "bored", "sad", "angry"]
"""In another order than the classes of the models, and with a label that the models do not know."""

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


def fitted(
    name: str,
    kind: str = "vector",
    parameters: dict[str, Any] | None = None,
    classes: int = 3,
    bound: dict[str, Any] | None = None,
):
    """Return a fitted estimator and its features; the estimator is shared, so tests must not change it."""
    chosen = SMALL.get(f"{name} {kind}", SMALL.get(name, {})) if parameters is None else parameters
    return _fitted(name, kind, json.dumps(chosen, sort_keys=True), classes, json.dumps(bound or {}))


@cache
def _fitted(name: str, kind: str, parameters: str, classes: int, bound: str):
    X, y, groups = clusters(kind)
    rows = np.isin(y, ["angry", "calm", "sad"][:classes])
    model = dataclasses.replace(models.get(name), bound=json.loads(bound))
    estimator = models.build(model, **json.loads(parameters))
    return models.fit(model, estimator, X[rows], y[rows], groups[rows]), X[rows]


def manifest_of(name, kind, width, labels):
    """Return a manifest of a model that is fitted in a test."""
    columns = [f"c{k}" for k in range(width)]
    corpus = dict.fromkeys(("name", "title", "source", "citation", "fingerprint"), "x")
    return Manifest.model_validate(
        {
            "ser_bench": "0",
            "created": "2026-01-01",
            "model": {"name": name, "kind": "classical", "parameters": {}, "seed": 0},
            "target": "emotion",
            "labels": labels,
            "features": [
                {"name": "test", "kind": kind, "version": 3, "parameters": {}, "columns": columns, "key": "test-3"}
            ],
            "rate": None,
            "speeds": [],
            "corpus": {**corpus, "licence": "CC0", "clips": 1, "speakers": 1, "by_label": {}},
            "synthetic": True,
            "held_out": None,
            "versions": {},
            "intended_use": "Tests.",
            "limits": [],
        }
    )


def trained(name, kind="vector", parameters=None, classes=3, bound=None):
    """Return a model of :func:`clusters` and its features."""
    estimator, X = fitted(name, kind, parameters, classes, bound)
    sets = (SimpleNamespace(kind=kind, dimension=X.shape[-1]),)
    return TrainedModel(manifest_of(name, kind, X.shape[-1], LABELS), estimator, sets), X
