"""One fit in a worker: train a model on one fold, predict the test clips, and measure permutation importance."""

from __future__ import annotations

import pickle
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ser_bench.runs.batch_check import BatchChecker, Permuted, copied, predict
from ser_bench.runs.early_stopping import trained_clips
from ser_bench.runs.workers.own_process import call_in_own_process

if TYPE_CHECKING:
    from ser_bench.models.base import Model

_Outcome = TypeVar("_Outcome")

_DROPPED_BITS = 12
"""Least significant bits of a float32 that probabilities under conditions do not keep."""

SET_COVERAGE = 0.9
"""Share of clips of new speakers whose prediction set holds the true label."""


@dataclass(frozen=True)
class ChangedClips:
    """The test clips of a fit under a recording condition.

    Attributes
    ----------
    matrix : Path
        File of the feature matrix of all clips under the condition, ``(n, d)`` or ``(n, t, d)``, float32.
    positions : ndarray of int, shape (m,)
        Positions in the test clips of those that the condition could change, ascending.
    """

    matrix: Path
    positions: np.ndarray


@dataclass(frozen=True)
class ChangedAnswers:
    """What a trained model predicts for test clips under a recording condition.

    Attributes
    ----------
    predicted : ndarray of str, shape (m,)
        The predicted labels.
    probabilities : ndarray of float32, shape (m, n_labels)
        A probability per label, calibrated as without the condition, to 12 significant bits.
    seconds : float
        Time spent in prediction.
    """

    predicted: np.ndarray
    probabilities: np.ndarray
    seconds: float = 0.0


@dataclass(frozen=True)
class FitTask:
    """What a worker needs for a fit; labels of the test clips are not in it.

    Attributes
    ----------
    model : Model
        The model to train.
    parameters : mapping
        Its parameters.
    seed : int
        Seed of the estimator and of the shuffling.
    matrix : Path
        File of the feature matrix, ``(n, d)`` or ``(n, t, d)``, float32.
    train, test : ndarray of int
        Row numbers of the training and test clips.
    y : ndarray of str
        Labels of the training clips.
    groups : ndarray
        Groups of the training clips that early stopping holds out whole: speakers, or takes.
    labels : tuple of str
        All labels, in the order of the probability columns.
    augmented : tuple of Path
        Matrices of changed copies of the same clips; only their training rows are used.
    columns : mapping of str to sequence of int
        Groups of columns to shuffle, one after another, for permutation importance.
    order_seed : int
        Seed of the order in which the model gets the test clips; it depends on no label and no name.
    speakers : ndarray of str or None
        Speakers of the training clips, if the groups are takes.
    conditions : mapping of str to ChangedClips
        Test clips under recording conditions, by name.
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
    augmented: tuple[Path, ...] = ()
    columns: Mapping[str, Sequence[int]] = field(default_factory=dict)
    order_seed: int = 0
    speakers: np.ndarray | None = None
    conditions: Mapping[str, ChangedClips] = field(default_factory=dict)

    @property
    def test_order(self) -> np.ndarray:
        """Positions in ``test`` in the order in which the model gets the clips.

        Clips are stored in the order of their names, which often tell the emotion.
        """
        return np.random.default_rng(self.order_seed).permutation(len(self.test))


@dataclass(frozen=True)
class FitResult:
    """The outcome of a fit.

    Attributes
    ----------
    predicted : ndarray of str, shape (n_test,)
        The predicted labels.
    probabilities : ndarray of float, shape (n_test, n_labels)
        A probability per label.
    fit_seconds, predict_seconds : float
        Time spent in ``fit`` and in prediction.
    history : mapping of str to list of float
        Learning curves by name, a value per epoch.
    warnings : tuple of str
        The first lines of warnings.
    model_bytes : int
        Size of the pickled model; 0 if it cannot be pickled.
    shuffled : mapping of str to ndarray of str
        The labels predicted with each group of columns shuffled.
    transductive : bool
        Whether predictions of a clip depended on the clips predicted with it, or on their order.
    batch_difference : float
        Largest change of a probability between batches.
    finished : str
        Time at which the fit was computed, in UTC as ISO 8601.
    commit : str
        Commit of the code that computed the fit; empty if unknown.
    trained : ndarray of bool, shape (n_train,) or None
        The training clips that were not held out for early stopping; None if the model does not state them.
    uncalibrated : ndarray of float, shape (n_test, n_labels) or None
        The probabilities before calibration; None if the model is not calibrated.
    temperature : float or None
        Divides the logarithms of the probabilities; None if the model is not calibrated.
    set_threshold : float or None
        A prediction set of :data:`SET_COVERAGE` holds the labels whose probability is at least 1 minus this threshold.
    calibration_clips, calibration_speakers : int or None
        Held-out training clips and speakers that the calibration was fitted on; None if it was not, or if unknown.
    n_weights : int
        Trainable weights of a network; 0 for other models.
    ended : mapping
        How the training of a network ended: ``epochs`` and ``best_epoch`` (int), ``why`` ("patience" or "last epoch").
    conditions : mapping of str to ChangedAnswers
        Predictions under the recording conditions of the task.
    """

    predicted: np.ndarray
    probabilities: np.ndarray
    fit_seconds: float
    predict_seconds: float
    history: Mapping[str, list[float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    model_bytes: int = 0
    shuffled: Mapping[str, np.ndarray] = field(default_factory=dict)
    transductive: bool = False
    batch_difference: float = 0.0
    finished: str = ""
    commit: str = ""
    trained: np.ndarray | None = None
    uncalibrated: np.ndarray | None = None
    temperature: float | None = None
    set_threshold: float | None = None
    calibration_clips: int | None = None
    calibration_speakers: int | None = None
    n_weights: int = 0
    ended: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, ChangedAnswers] = field(default_factory=dict)


def run_fit(task: FitTask) -> FitResult:
    """Train on the training clips, then read and predict the test clips in a random order.

    A copy of the model predicts single clips, small batches and another order too. A model defined outside this package
    is fitted in a process of its own, so that it cannot remember the labels of another fold. What this cannot exclude:
    such a model may read the corpus, leave data in files, or inspect the process that calls it.

    Parameters
    ----------
    task : FitTask
        The fit.

    Returns
    -------
    FitResult
        Predictions, times, learning curves and warnings.

    Raises
    ------
    ValueError
        If a probability is not finite.
    """
    return run_alone(_run_fit, task)


def run_alone(function: Callable[[FitTask], _Outcome], task: FitTask) -> _Outcome:
    """Call a function with a task, in a process of its own where the model is defined outside this package.

    Parameters
    ----------
    function : callable
        The function.
    task : FitTask
        The task.

    Returns
    -------
    object
        The return value.
    """
    if not task.model.is_external:
        return function(task)
    outcome: _Outcome = call_in_own_process(function, task)
    return outcome


def _run_fit(task: FitTask) -> FitResult:
    from ser_bench import models

    X = np.load(task.matrix, mmap_mode="r", allow_pickle=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator, fit_seconds = train_estimator(task, X)
        X_test = X[task.test]
        # a temperature could hide that probabilities depend on the batch
        classifier = models.uncalibrated(estimator)
        checker = BatchChecker(copied(classifier), X_test, task.labels, task.order_seed)
        checker.predict_batches(fit_seconds)
        permuted = Permuted(classifier, task.test_order)
        start = time.perf_counter()
        answers = predict(permuted, X_test, np.arange(len(X_test)), task.labels)
        predict_seconds = time.perf_counter() - start
        columns = {name: np.asarray(numbers) for name, numbers in task.columns.items()}
        shuffled = predict_shuffled(permuted, X_test, columns, task.seed)
    if not np.isfinite(answers.probabilities).all():
        raise ValueError("the model's probabilities are not finite")
    check = checker.compare(answers)
    history = {name: [float(v) for v in values] for name, values in getattr(classifier, "history_", {}).items()}
    return FitResult(
        predicted=answers.predicted,
        **_calibrated(estimator, task, answers.probabilities),
        fit_seconds=fit_seconds,
        predict_seconds=predict_seconds,
        history=history,
        warnings=warning_lines(caught),
        model_bytes=_pickled_size(estimator),
        shuffled=shuffled,
        transductive=check.transductive,
        batch_difference=check.difference,
        trained=trained_clips(task.model, estimator, len(task.train), 1 + len(task.augmented)),
        n_weights=int(getattr(classifier, "n_weights_", 0)),
        ended=dict(getattr(classifier, "ended_", {})),
        conditions=_predict_conditions(estimator, task),
    )


def _predict_conditions(estimator: Any, task: FitTask) -> dict[str, ChangedAnswers]:
    """Predict the test clips under each recording condition; warnings are those of the clips as recorded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: _predict_changed(estimator, task, clips) for name, clips in task.conditions.items()}


def _predict_changed(estimator: Any, task: FitTask, clips: ChangedClips) -> ChangedAnswers:
    """Predict test clips under a recording condition, in the order of the clips as recorded."""
    from ser_bench import models

    ranks = np.argsort(task.test_order)[clips.positions]
    X = _load_rows(clips.matrix, task.test[clips.positions])
    start = time.perf_counter()
    answers = predict(Permuted(models.uncalibrated(estimator), np.argsort(ranks)), X, np.arange(len(X)), task.labels)
    if not np.isfinite(answers.probabilities).all():
        raise ValueError("the model's probabilities are not finite")
    probabilities = _calibrated(estimator, task, answers.probabilities)["probabilities"]
    return ChangedAnswers(answers.predicted, _rounded(probabilities), time.perf_counter() - start)


def _rounded(probabilities: np.ndarray) -> np.ndarray:
    """Return float32 values with 12 significant bits, which compress well."""
    bits = np.asarray(probabilities, dtype=np.float32).view(np.uint32)
    half, mask = np.uint32(1 << (_DROPPED_BITS - 1)), np.uint32(0xFFFFFFFF << _DROPPED_BITS & 0xFFFFFFFF)
    return np.asarray(((bits + half) & mask).view(np.float32))


def _calibrated(estimator: Any, task: FitTask, uncalibrated: np.ndarray) -> dict[str, Any]:
    """Return what a result holds about probabilities; a label that the estimator does not know keeps 0."""
    from ser_bench import models

    if models.uncalibrated(estimator) is estimator or not estimator.is_calibrated:
        return {"probabilities": uncalibrated}
    columns = [task.labels.index(label) for label in estimator.classes_]
    probabilities = np.zeros_like(uncalibrated)
    probabilities[:, columns] = estimator.calibrated(uncalibrated[:, columns])
    speakers = np.unique((task.groups if task.speakers is None else task.speakers)[estimator.out_of_fold_])
    return {
        "probabilities": probabilities,
        "uncalibrated": uncalibrated,
        "temperature": float(estimator.temperature_),
        "set_threshold": float(estimator.threshold(SET_COVERAGE)),
        "calibration_clips": len(estimator.out_of_fold_),
        "calibration_speakers": None if "" in speakers else len(speakers),
    }


def train_estimator(task: FitTask, X: np.ndarray) -> tuple[Any, float]:
    """Train an estimator on the training rows of ``X`` and of the matrices of changed copies.

    Parameters
    ----------
    task : FitTask
        The fit.
    X : ndarray, shape (n, d) or (n, t, d)
        The feature matrix of all clips.

    Returns
    -------
    estimator : object
        The trained estimator.
    seconds : float
        Time spent in ``fit``.
    """
    from ser_bench import models

    estimator = task.model.estimator(task.seed, task.parameters)
    X_train = stack_augmented(X[task.train], [_load_rows(path, task.train) for path in task.augmented])
    copies = 1 + len(task.augmented)
    start = time.perf_counter()
    models.fit(
        task.model,
        estimator,
        X_train,
        np.tile(task.y, copies),
        groups=np.tile(task.groups, copies),
        speakers=None if task.speakers is None else np.tile(task.speakers, copies),
        originals=np.arange(len(X_train)) < len(task.train),
    )
    return estimator, time.perf_counter() - start


def stack_augmented(X: np.ndarray, augmented: Sequence[np.ndarray]) -> np.ndarray:
    """Return the clips followed by their augmented copies; frames are padded with NaN to the longest clip.

    Parameters
    ----------
    X : ndarray, shape (n, d) or (n, t, d)
        The clips.
    augmented : sequence of ndarray
        Copies of the same clips; ``t`` may differ.

    Returns
    -------
    ndarray, shape (copies * n, d) or (copies * n, t_max, d)
    """
    parts = [X, *augmented]
    if X.ndim == 3:
        n_frames = max(part.shape[1] for part in parts)
        parts = [np.pad(p, ((0, 0), (0, n_frames - p.shape[1]), (0, 0)), constant_values=np.nan) for p in parts]
    return np.concatenate(parts) if augmented else X


def predict_shuffled(
    estimator: Any, X: np.ndarray, groups: Mapping[str, np.ndarray], seed: int
) -> dict[str, np.ndarray]:
    """Predict with each group of columns shuffled among the test clips: grouped permutation importance.

    Columns are shuffled in groups because a model compensates for a single one with correlated columns.

    Parameters
    ----------
    estimator : object
        A trained estimator.
    X : ndarray, shape (n, d) or (n, t, d)
        Features of the test clips; frames after the end of a clip are NaN.
    groups : mapping of str to ndarray of int
        Column numbers by group.
    seed : int
        Seed of the permutations.

    Returns
    -------
    dict of str to ndarray of str
        Predicted labels by group; empty for fewer than two groups or clips.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45(1), 5-32.
    """
    if len(groups) < 2 or len(X) < 2:
        return {}
    generator = np.random.RandomState(seed)
    predicted = {}
    for name, columns in groups.items():
        permutation = generator.permutation(len(X))
        shuffled = np.array(X)
        if X.ndim == 2:
            shuffled[:, columns] = X[permutation][:, columns]
        else:
            _shuffle_frames(shuffled, X, permutation, columns)
        predicted[name] = np.asarray(estimator.predict(shuffled)).astype(str)
    return predicted


def _shuffle_frames(shuffled: np.ndarray, X: np.ndarray, permutation: np.ndarray, columns: np.ndarray) -> None:
    """Give each clip the columns of another one, repeated or cut to its own length."""
    lengths = (~np.isnan(X[:, :, 0])).sum(axis=1)
    for i, j in enumerate(permutation):
        if lengths[i] and lengths[j]:
            shuffled[i, : lengths[i], columns] = X[j, np.arange(lengths[i]) % lengths[j]][:, columns].T


def warning_lines(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """Return the first line of each warning once, without deprecations inside libraries.

    Parameters
    ----------
    caught : sequence of warnings.WarningMessage
        The warnings.

    Returns
    -------
    tuple of str
    """
    internal = (DeprecationWarning, FutureWarning, PendingDeprecationWarning)
    return tuple(dict.fromkeys(str(w.message).splitlines()[0] for w in caught if not issubclass(w.category, internal)))


def _load_rows(path: Path, rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)[rows])


def _pickled_size(estimator: Any) -> int:
    try:
        return len(pickle.dumps(estimator, protocol=5))
    except Exception:  # a plugin's model may hold anything
        return 0
