"""A plugin for tests: a model that writes down what it was shown, one that fails, one that dies, and a slow one."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import numpy as np

from ser_bench.models.base import Model


class Recorder:
    """Remembers every clip it was fitted on and then asked about, and answers with its majority class."""

    def __init__(self, folder: str) -> None:
        self.file = Path(folder) / f"{uuid.uuid4().hex}.npz"

    def fit(self, X, y, groups=None):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.most = int(counts.argmax())
        self.seen = {"X": np.array(X), "y": y, "groups": groups}
        return self

    def predict_proba(self, X):
        np.savez(self.file, X_test=np.array(X), **self.seen)
        proba = np.zeros((len(X), len(self.classes_)))
        proba[:, self.most] = 1.0
        return proba

    def predict(self, X):
        return np.repeat(self.classes_[self.most], len(X))


class Failing(Recorder):
    """Raises on purpose."""

    def fit(self, X, y, groups=None):
        raise ValueError("failing on purpose")


class Dying(Recorder):
    """Takes its worker along."""

    def fit(self, X, y, groups=None):
        os._exit(9)


class Slow(Recorder):
    """Takes its time."""

    def fit(self, X, y, groups=None):
        time.sleep(1)
        return super().fit(X, y, groups)


def _describe(name, kind):
    return Model(
        name=name,
        summary="for tests",
        kind="classical",
        features="mfcc",
        build=lambda seed, folder: kind(folder),
        accepts=("vector", "frames"),
        parameters={"folder": "", "speeds": []},
        grouped=True,
    )


RECORDER = _describe("recorder", Recorder)
FAILING = _describe("failing", Failing)
DYING = _describe("dying", Dying)
SLOW = _describe("slow", Slow)
