"""Scores as plain functions over two equally long arrays of labels.

Conventions
-----------
``y_true`` and ``y_pred`` are one-dimensional and hold one label per clip, of any type that sorts.
Scores are fractions in [0, 1]. Nothing here knows of folds: pool first, then score.

A class that nobody spoke (absent from ``y_true``) has no recall, so UAR averages over the classes
present in ``y_true`` only, as scikit-learn's ``balanced_accuracy_score`` does. A class that was predicted
although nobody spoke it is a false alarm, so macro F1 counts it with 0, as scikit-learn's ``f1_score`` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def evaluate(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[str, float]:
    """Return ``accuracy``, ``uar`` and ``macro_f1`` by name; raises ValueError as they do."""
    return {
        "accuracy": accuracy(y_true, y_pred),
        "uar": uar(y_true, y_pred),
        "macro_f1": macro_f1(y_true, y_pred),
    }


def accuracy(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return the share of clips whose label is right; raises ValueError for unequal lengths or no clip."""
    true, predicted = _validate(y_true, y_pred)
    return float(np.mean(true == predicted))


def uar(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return the unweighted average recall over the classes in ``y_true``; raises ValueError as ``accuracy``.

    The field's measure for unbalanced classes (Schuller et al., The INTERSPEECH 2009 Emotion Challenge).
    """
    hits, spoken, _ = _counts(*_validate(y_true, y_pred))
    present = spoken > 0
    return float(np.mean(hits[present] / spoken[present]))


def macro_f1(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return the mean F1 over the classes spoken or predicted; raises ValueError as accuracy does."""
    hits, spoken, predicted = _counts(*_validate(y_true, y_pred))
    return float(np.mean(2 * hits / (spoken + predicted)))


def confusion(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: Sequence[object]) -> np.ndarray:
    """Return int64 counts of shape ``(len(labels), len(labels))``: rows are true, columns predicted.

    Raises ValueError for unequal lengths, no clip, a label named twice, or a label not in ``labels``.
    """
    true, predicted = _validate(y_true, y_pred)
    size = len(labels)
    rows, columns = _positions(true, labels), _positions(predicted, labels)
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)


def recall_per_class(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: Sequence[object]) -> np.ndarray:
    """Return float64 recalls of shape ``(len(labels),)``, NaN for a class absent from ``y_true``.

    Raises ValueError as :func:`confusion` does.
    """
    counts = confusion(y_true, y_pred, labels)
    spoken = counts.sum(axis=1)
    recalls = np.full(len(labels), np.nan)
    np.divide(np.diag(counts), spoken, out=recalls, where=spoken > 0)
    return recalls


def _validate(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    if true.ndim != 1 or true.shape != predicted.shape:
        raise ValueError(f"y_true {true.shape} and y_pred {predicted.shape} must be equally long lists of labels")
    if true.size == 0:
        raise ValueError("there is no clip to score")
    return true, predicted


def _counts(true: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count hits, clips spoken and clips predicted for each class that occurs in either array."""
    classes, codes = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    rows, columns = np.split(codes, 2)
    size = len(classes)
    return (
        np.bincount(rows[rows == columns], minlength=size),
        np.bincount(rows, minlength=size),
        np.bincount(columns, minlength=size),
    )


def _positions(values: np.ndarray, labels: Sequence[object]) -> np.ndarray:
    """Return each value's index in ``labels``."""
    place = {label: index for index, label in enumerate(labels)}
    if len(place) < len(labels):
        raise ValueError("labels must be distinct")
    classes, codes = np.unique(values, return_inverse=True)
    unknown = [value for value in classes.tolist() if value not in place]
    if unknown:
        raise ValueError(f"not among the labels: {', '.join(map(str, unknown))}")
    return np.array([place[value] for value in classes.tolist()])[codes]
