"""One fit: one model trained on one fold, carried out in a worker. Arrays and plain values come back."""

from __future__ import annotations

import pickle
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.runs.importance import shuffled_predictions

if TYPE_CHECKING:
    from ser_bench.models.base import Model


@dataclass(frozen=True)
class FitTask:
    """What a worker needs for a fit. ``y`` and ``groups`` (labels and speakers) are of the training clips.

    ``copies`` are matrices of the same clips at other speeds, of which only the training rows are read.
    ``columns`` names groups of columns that are shuffled in turn once the test clips are predicted.
    """

    model: Model
    parameters: Mapping[str, Any]
    seed: int
    matrix: Path
    train: np.ndarray
    test: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    labels: tuple[str, ...]
    copies: tuple[Path, ...] = ()
    columns: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class FitResult:
    """What a fit leaves: a label and a probability per label for each test clip, times, curves, warnings.

    ``model_bytes`` is the size of the fitted model, serialised (0 if it cannot be); ``shuffled`` holds the labels
    predicted with each group of columns shuffled among the test clips.
    """

    predicted: np.ndarray
    probabilities: np.ndarray
    fit_seconds: float
    predict_seconds: float
    history: Mapping[str, list[float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    model_bytes: int = 0
    shuffled: Mapping[str, np.ndarray] = field(default_factory=dict)


def run_fit(task: FitTask) -> FitResult:
    """Train on the training clips alone, then predict the test clips.

    The test clips' labels are not in the task, and their features are read after the fit has ended.
    """
    from ser_bench import models

    X = np.load(task.matrix, mmap_mode="r", allow_pickle=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator, fit_seconds = fitted(task, X)
        begun = time.perf_counter()
        X_test = X[task.test]
        probabilities = models.aligned_proba(estimator, X_test, task.labels)
        predicted = np.asarray(estimator.predict(X_test)).astype(str)
        predict_seconds = time.perf_counter() - begun
        columns = {name: np.asarray(numbers) for name, numbers in task.columns.items()}
        shuffled = shuffled_predictions(estimator, X_test, columns, task.seed)
    if not np.isfinite(probabilities).all():
        raise ValueError("the model's probabilities are not finite")
    history = {name: [float(v) for v in values] for name, values in getattr(estimator, "history_", {}).items()}
    said = dict.fromkeys(str(w.message).splitlines()[0] for w in caught if matters(w.category))
    return FitResult(
        predicted,
        probabilities,
        fit_seconds,
        predict_seconds,
        history,
        tuple(said),
        _serialised_size(estimator),
        shuffled,
    )


def fitted(task: FitTask, X: np.ndarray) -> tuple[Any, float]:
    """Return an estimator trained on the training rows of ``X`` and their copies, and the seconds that took."""
    from ser_bench import models

    estimator = task.model.estimator(task.seed, task.parameters)
    X_train = with_copies(X[task.train], [_rows(path, task.train) for path in task.copies])
    times = 1 + len(task.copies)
    begun = time.perf_counter()
    models.fit(task.model, estimator, X_train, np.tile(task.y, times), np.tile(task.groups, times))
    return estimator, time.perf_counter() - begun


def with_copies(X: np.ndarray, copies: Sequence[np.ndarray]) -> np.ndarray:
    """Return the clips followed by their copies; frames are padded with NaN to the longest of all."""
    parts = [X, *copies]
    if X.ndim == 3:
        longest = max(part.shape[1] for part in parts)
        parts = [np.pad(p, ((0, 0), (0, longest - p.shape[1]), (0, 0)), constant_values=np.nan) for p in parts]
    return np.concatenate(parts) if copies else X


def _rows(path: Path, rows: np.ndarray) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)[rows]


def _serialised_size(estimator: Any) -> int:
    """Return the bytes that a fitted model takes when pickled; 0 for one that cannot be."""
    try:
        return len(pickle.dumps(estimator, protocol=5))
    except Exception:  # a plugin's model may hold anything
        return 0


def matters(category: type[Warning]) -> bool:
    """Say whether a user should hear of such a warning: not of those among libraries."""
    return not issubclass(category, DeprecationWarning | FutureWarning | PendingDeprecationWarning)
