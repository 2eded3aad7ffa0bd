"""A plugin for tests: models that write down what they see, a slow one, and some that fail, die or fall ill once."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import numpy as np

from ser_bench.models import LearnerParameters, Model, parameter


class FolderParameters(LearnerParameters):
    """The folder that a model writes into."""

    folder: str = parameter("", "folder for what the model sees")


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


class Ill(Recorder):
    """Takes ill in the fold whose test clips are those of speaker S01, as long as its folder says so."""

    def fit(self, X, y, groups=None):
        if (self.file.parent / "ill").exists() and "S01" not in groups:
            self.suffer()
        return super().fit(X, y, groups)


class Crashing(Ill):
    """Reads where nothing is."""

    def suffer(self):
        import ctypes

        ctypes.string_at(0)


class Hungry(Ill):
    """Asks for more memory than it may have."""

    def suffer(self):
        import resource

        before = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 32, before[1]))
        try:
            bytearray(1 << 40)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)  # other tests' fits may meet this worker


class Hanging(Ill):
    """Does not end."""

    def suffer(self):
        time.sleep(300)


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
        schema=FolderParameters,
        takes_groups=True,
    )


RECORDER = _describe("recorder", Recorder)
FAILING = _describe("failing", Failing)
CRASHING = _describe("crashing", Crashing)
HUNGRY = _describe("hungry", Hungry)
HANGING = _describe("hanging", Hanging)
SLOW = _describe("slow", Slow)
