"""A plugin for tests: models that gain from the order of the test clips, from their batch, or from other folds."""

from __future__ import annotations

import sys

import numpy as np

from ser_bench.models import Model, build


def seen_labels() -> dict[bytes, str]:
    """Return the label of every clip that any fit of this process was trained on.

    The dictionary is in another module, because a worker gets the globals of a plugin anew with each fit.
    """
    return vars(sys).setdefault("_labels_of_clips", {})


class Plain:
    """Linear discriminant analysis, as the model lda."""

    def fit(self, X, y):
        self.estimator_ = build("lda").fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X):
        return self.estimator_.predict_proba(X)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Blocks(Plain):
    """Assumes that labels come in blocks: averages over neighbouring rows."""

    def predict_proba(self, X):
        smoothed = [np.convolve(p, np.ones(7), mode="same") for p in super().predict_proba(X).T]
        return np.array(smoothed).T[: len(X)] / np.sum(smoothed, axis=0)[: len(X), None]


class Batch(Plain):
    """Standardises the batch that it predicts."""

    def predict_proba(self, X):
        return super().predict_proba((X - X.mean(axis=0)) / (X.std(axis=0) + 1e-6))


class Memory(Plain):
    """Remembers the labels of training clips, which are test clips of other folds."""

    def fit(self, X, y):
        seen_labels().update(zip((row.tobytes() for row in X), y, strict=True))
        return super().fit(X, y)

    def predict_proba(self, X):
        p, seen = super().predict_proba(X), seen_labels()
        for i, row in enumerate(X):
            if row.tobytes() in seen:
                p[i] = self.classes_ == seen[row.tobytes()]
        return p


def _describe(name, kind):
    return Model(name=name, summary="cheats", kind="classical", features="functionals", build=lambda seed: kind())


BLOCKS = _describe("blocks", Blocks)
BATCH = _describe("batch", Batch)
MEMORY = _describe("memory", Memory)
