"""Metrics: what they are called, and how they follow from counts or labels.

A metric is a function of three counts per class (clips recognised, clips recorded, clips predicted), so that one
function scores a fold, a run and every draw of a bootstrap. Scores are fractions in [0, 1]; higher is better.

A class without a recorded clip has no recall, so UAR averages over the recorded classes only, as scikit-learn's
``balanced_accuracy_score`` does. Macro F1 counts a class that was predicted but not recorded with 0, as
scikit-learn's ``f1_score`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Counts = npt.NDArray[Any]
    """Counts of clips, integers or floats of shape ``(..., classes)``."""

NAME_PATTERN = r"[a-z][a-z0-9_]*"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score of predictions.

    Parameters
    ----------
    name : str
        The column in ``fits.csv`` and part of the columns in ``summary.csv``: lower-case letters, digits and ``_``.
    title : str
        The name in tables, such as "UAR".
    summary : str
        One sentence that defines the metric.
    score : callable
        ``score(hits, recorded, predicted)`` takes counts of shape ``(..., classes)``: the clips of a class that were
        recognised, the clips of the class, and the clips predicted as the class. It returns float64 of shape
        ``(...)``, NaN where there is no clip.
    version : str
        Changes with the code of ``score``, so that a finished run is scored again; a plugin's is set on loading.
    on_page : bool
        Whether the page, ``summary.md`` and the terminal show the metric; ``summary.csv`` holds every metric.
    """

    name: str
    title: str
    summary: str
    score: Callable[[Counts, Counts, Counts], npt.NDArray[np.float64]] = field(repr=False)
    version: str = ""
    on_page: bool = True

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME_PATTERN, self.name):
            raise ValueError(f"invalid metric name {self.name!r}; use lower-case letters, digits and _")

    def __call__(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
        """Score predicted labels.

        Parameters
        ----------
        y_true, y_pred : array_like of shape (clips,)
            Recorded and predicted labels, of any type that sorts.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the lengths differ or there is no clip.
        """
        return float(self.score(*_class_counts(*_validate(y_true, y_pred))))


def _accuracy(hits: Counts, recorded: Counts, predicted: Counts) -> npt.NDArray[np.float64]:
    return _ratio(hits.sum(axis=-1), recorded.sum(axis=-1))


def _uar(hits: Counts, recorded: Counts, predicted: Counts) -> npt.NDArray[np.float64]:
    return _mean_ratio(hits, recorded)


def _macro_f1(hits: Counts, recorded: Counts, predicted: Counts) -> npt.NDArray[np.float64]:
    return _mean_ratio(2 * hits, recorded + predicted)


ACCURACY = Metric(
    name="accuracy",
    title="accuracy",
    summary="The share of clips whose label is predicted correctly.",
    score=_accuracy,
)
UAR = Metric(
    name="uar",
    title="UAR",
    summary=(
        "Unweighted average recall: the mean over classes of the share of their clips that are recognised, so that "
        "rare classes count as much as frequent ones (Schuller et al., The INTERSPEECH 2009 Emotion Challenge)."
    ),
    score=_uar,
)
MACRO_F1 = Metric(
    name="macro_f1",
    title="macro F1",
    summary="The mean over classes of F1, the harmonic mean of precision and recall.",
    score=_macro_f1,
    on_page=False,
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in (ACCURACY, UAR, MACRO_F1)}
"""Every metric by name, in the order of the columns of ``fits.csv`` and ``summary.csv``; plugins add theirs."""


def evaluate(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> dict[str, float]:
    """Return every metric of :data:`METRICS` by name.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (clips,)
        Recorded and predicted labels, of any type that sorts.

    Returns
    -------
    dict of str to float

    Raises
    ------
    ValueError
        If the lengths differ or there is no clip.
    """
    counts = _class_counts(*_validate(y_true, y_pred))
    return {name: float(metric.score(*counts)) for name, metric in METRICS.items()}


def confusion(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: Sequence[object]) -> npt.NDArray[np.int64]:
    """Count clips by recorded and predicted label.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (clips,)
        Recorded and predicted labels.
    labels : sequence
        The labels in the order of rows and columns.

    Returns
    -------
    ndarray of int64, shape (labels, labels)
        Rows are recorded labels, columns predicted ones.

    Raises
    ------
    ValueError
        If the lengths differ, there is no clip, a label is listed twice, or a clip has a label outside ``labels``.
    """
    import numpy as np

    true, predicted = _validate(y_true, y_pred)
    size = len(labels)
    rows, columns = _positions(true, labels), _positions(predicted, labels)
    return np.bincount(rows * size + columns, minlength=size * size).reshape(size, size)


def recall_per_class(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, labels: Sequence[object]) -> npt.NDArray[np.float64]:
    """Return the recall of each class.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (clips,)
        Recorded and predicted labels.
    labels : sequence
        The labels in the order of the result.

    Returns
    -------
    ndarray of float64, shape (labels,)
        NaN for a class without a recorded clip.

    Raises
    ------
    ValueError
        As :func:`confusion` does.
    """
    counts = confusion(y_true, y_pred, labels)
    return _ratio(counts.diagonal(), counts.sum(axis=1))


def _validate(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    import numpy as np

    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    if true.ndim != 1 or true.shape != predicted.shape:
        raise ValueError(f"y_true and y_pred must have one length; their shapes are {true.shape} and {predicted.shape}")
    if true.size == 0:
        raise ValueError("there is no clip to score")
    return true, predicted


def _class_counts(true: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> tuple[Counts, Counts, Counts]:
    """Count clips recognised, recorded and predicted for each class that occurs in either array."""
    import numpy as np

    classes, codes = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    rows, columns = np.split(codes, 2)
    size = len(classes)
    return (
        np.bincount(rows[rows == columns], minlength=size),
        np.bincount(rows, minlength=size),
        np.bincount(columns, minlength=size),
    )


def _positions(values: npt.NDArray[Any], labels: Sequence[object]) -> npt.NDArray[np.int64]:
    """Return each value's index in ``labels``."""
    import numpy as np

    index_of = {label: index for index, label in enumerate(labels)}
    if len(index_of) < len(labels):
        raise ValueError("labels must be distinct")
    classes, codes = np.unique(values, return_inverse=True)
    unknown = [value for value in classes.tolist() if value not in index_of]
    if unknown:
        raise ValueError(f"not among the labels: {', '.join(map(str, unknown))}")
    return np.array([index_of[value] for value in classes.tolist()])[codes]


def _mean_ratio(numerator: Counts, denominator: Counts) -> npt.NDArray[np.float64]:
    """Average over the last axis the ratios whose denominator is above 0."""
    import numpy as np

    present = denominator > 0
    if present.ndim == 1:  # zeros for the others would change the order of additions, and so the last digit
        numerator, denominator, present = numerator[present], denominator[present], present[present]
    ratios = np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=present)
    return _ratio(ratios.sum(axis=-1), present.sum(axis=-1))


def _ratio(numerator: Counts, denominator: Counts) -> npt.NDArray[np.float64]:
    """Divide; NaN, without a warning, where the denominator is 0."""
    import numpy as np

    ratio: npt.NDArray[np.float64] = np.divide(
        numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0
    )
    return ratio
