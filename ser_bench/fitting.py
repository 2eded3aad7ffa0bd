"""One fit: one model trained on one fold, carried out in a worker. Arrays and plain values come back."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ser_bench.models.base import Model


@dataclass(frozen=True)
class FitTask:
    """What a worker needs for a fit. ``y`` and ``groups`` (labels and speakers) are of the training clips."""

    model: Model
    parameters: Mapping[str, Any]
    seed: int
    matrix: Path
    train: np.ndarray
    test: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    labels: tuple[str, ...]


@dataclass(frozen=True)
class FitResult:
    """What a fit leaves: a label and a probability per label for each test clip, times, curves, warnings."""

    predicted: np.ndarray
    probabilities: np.ndarray
    fit_seconds: float
    predict_seconds: float
    history: Mapping[str, list[float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def run_fit(task: FitTask) -> FitResult:
    """Train on the training clips alone, then predict the test clips.

    The test clips' labels are not in the task, and their features are read after the fit has ended.
    """
    from ser_bench import models

    X = np.load(task.matrix, mmap_mode="r", allow_pickle=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator = task.model.build(seed=task.seed, **task.parameters)
        begun = time.perf_counter()
        models.fit(task.model, estimator, X[task.train], task.y, task.groups)
        fitted = time.perf_counter()
        X_test = X[task.test]
        probabilities = models.aligned_proba(estimator, X_test, task.labels)
        predicted = np.asarray(estimator.predict(X_test)).astype(str)
        predict_seconds = time.perf_counter() - fitted
    if not np.isfinite(probabilities).all():
        raise ValueError("the model's probabilities are not finite")
    history = {name: [float(v) for v in values] for name, values in getattr(estimator, "history_", {}).items()}
    said = dict.fromkeys(str(w.message).splitlines()[0] for w in caught if _matters(w.category))
    return FitResult(predicted, probabilities, fitted - begun, predict_seconds, history, tuple(said))


def _matters(category: type[Warning]) -> bool:
    return not issubclass(category, DeprecationWarning | FutureWarning | PendingDeprecationWarning)
