"""A plugin for tests: a model that saves its data, a slow model, and models that fail, crash or hang."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import numpy as np

from ser_bench.models import LearnerParameters, Model, parameter


class FolderParameters(LearnerParameters):
    """The folder in which a model saves its data."""

    folder: str = parameter("", "folder for the data of fits")


class Recorder:
    """Saves its training and test data, and predicts the majority class."""

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
    """Raises an error."""

    def fit(self, X, y, groups=None):
        raise ValueError("failing on purpose")


class Faulty(Recorder):
    """Fails in the fold that tests speaker S01 while its folder contains the file ``fail``."""

    def fit(self, X, y, groups=None):
        if (self.file.parent / "fail").exists() and "S01" not in groups:
            self.fail()
        return super().fit(X, y, groups)


class Crashing(Faulty):
    """Reads an invalid address."""

    def fail(self):
        import ctypes

        ctypes.string_at(0)


class Hungry(Faulty):
    """Allocates more memory than its limit."""

    def fail(self):
        import resource

        before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 32, before[1]))
        try:
            bytearray(1 << 40)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)  # later fits reuse this worker


class Hanging(Faulty):
    """Does not return."""

    def fail(self):
        time.sleep(300)


class Slow(Recorder):
    """Fits for a second."""

    def fit(self, X, y, groups=None):
        time.sleep(1)
        return super().fit(X, y, groups)


class Fickle(Recorder):
    """Predicts the second class instead of the first once its folder has the data of two fits."""

    def fit(self, X, y, groups=None):
        super().fit(X, y, groups)
        self.most = len(list(self.file.parent.glob("*.npz"))) // 2
        return self


def _describe(name, kind):
    return Model(
        name=name,
        summary="for tests",
        kind="classical",
        features="mfcc",
        build=lambda seed, folder: kind(folder),
        accepts=("vector", "frames"),
        schema=FolderParameters,
        parameters={"calibrate": False},  # one fit per fold
        takes_groups=True,
    )


RECORDER = _describe("recorder", Recorder)
FAILING = _describe("failing", Failing)
CRASHING = _describe("crashing", Crashing)
HUNGRY = _describe("hungry", Hungry)
HANGING = _describe("hanging", Hanging)
SLOW = _describe("slow", Slow)
FICKLE = _describe("fickle", Fickle)
