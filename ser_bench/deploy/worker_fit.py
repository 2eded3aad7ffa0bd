"""The fit of a model file, in a worker process: train, predict held-out clips, and pack the model."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.core.progress import Progress
from ser_bench.deploy import novelty
from ser_bench.deploy.file import parts
from ser_bench.runs import fit as fitting
from ser_bench.runs import plan, tasks
from ser_bench.runs.batch_check import BatchChecker, Permuted, copied
from ser_bench.runs.batch_check import predict as predict_together
from ser_bench.runs.early_stopping import trained_clips
from ser_bench.runs.workers import run_tasks

if TYPE_CHECKING:
    from ser_bench.runs.data import RunData

_COMPARED_CLIPS = 32
_MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Fitted:
    """What a worker returns.

    Parameters
    ----------
    members : mapping of str to bytes
        The members of the file.
    predicted : ndarray of str
        A label per held-out clip.
    seconds : float
        Duration of the fit in seconds.
    warnings : tuple of str
        Warnings of the fit.
    trained : ndarray of bool or None
        The training clips that were not held out for early stopping.
    calibration : dict or None
        The fields of :class:`ser_bench.deploy.manifest.CalibrationInfo`.
    novelty : dict or None
        The fields of :class:`ser_bench.deploy.manifest.NoveltyInfo`.
    transductive : bool
        Whether predictions of a held-out clip depend on the others.
    """

    members: Mapping[str, bytes]
    predicted: np.ndarray
    seconds: float
    warnings: tuple[str, ...]
    trained: np.ndarray | None
    calibration: dict[str, Any] | None
    novelty: dict[str, Any] | None
    transductive: bool


def fit_in_worker(
    fit: plan.PlannedFit, data: RunData, engine: str, store: Path, progress: Progress, max_rows: int
) -> tuple[Fitted, np.ndarray]:
    """Fit in a worker process with one thread.

    Parameters
    ----------
    fit : PlannedFit
        The model, and the training and held-out clips.
    data : RunData
        The usable clips with labels, whose features are in the store.
    engine : str
        Where the worker runs.
    store : Path
        Folder of the store.
    progress : Progress
        Receives the start and the end of the fit.
    max_rows : int
        Limit of the second result.

    Returns
    -------
    fitted : Fitted
        The result of the worker.
    rows : ndarray of float32, shape (n, d) or (n, t, d)
        Features of some training clips.

    Raises
    ------
    ModelFileError
        If the fit fails, or no file may hold the model.
    """
    advance = progress.start(1, f"fitting {fit.model.name}", "fit", 1)
    with tasks.map_matrices({fit: ()}, data, store) as paths:
        task = tasks.make_task(fit, data, paths)
        requirements = tasks.prepare_workers([fit], tuple(paths.values()), engine, progress)
        (outcome,) = run_tasks(_fit, [("fit", task)], jobs=1, engine=engine, requirements=requirements)
        rows = _evenly_spaced(np.load(task.matrix, mmap_mode="r", allow_pickle=False), task.train, max_rows)
    advance(1)
    if outcome.status != "ok":
        raise ModelFileError(f"{fit.model.name}: {str(outcome.error).removeprefix('ModelFileError: ')}")
    return outcome.value, rows


def _evenly_spaced(X: np.ndarray, rows: np.ndarray, max_rows: int) -> np.ndarray:
    """Return evenly spaced rows of features, at most ``max_rows`` and at most 64 MiB."""
    count = min(len(rows), max_rows, max(1, _MAX_BYTES // X[0].nbytes))
    return np.asarray(X[rows[np.linspace(0, len(rows) - 1, count).astype(int)]])


def _fit(task: fitting.FitTask) -> Fitted:
    """Fit as the benchmark does, predict the held-out clips, and pack the model for its file."""
    return fitting.run_alone(_fit_and_pack, task)


def _fit_and_pack(task: fitting.FitTask) -> Fitted:
    models.MODELS.setdefault(task.model.name, task.model)  # the process of a plugin's model does not know its classes
    X = np.load(task.matrix, mmap_mode="r", allow_pickle=False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator, seconds = fitting.train_estimator(task, X)
        predicted, transductive = _predict_held_out(estimator, X, task, seconds)
    messages = fitting.warning_lines(caught)
    speakers = task.groups if task.speakers is None else task.speakers
    detector = _novelty_detector(task, X, speakers)
    members = parts.pack(estimator, detector)
    copy, _ = parts.unpack(members)
    _check_copy(estimator, copy, X[task.train[:_COMPARED_CLIPS]], task.labels)
    trained = trained_clips(task.model, estimator, len(task.train), 1 + len(task.augmented))
    known = {"quantile": novelty.QUANTILE, "speakers": len(set(speakers.tolist()))}
    calibration = _calibration(estimator, speakers)
    described = known if detector else None
    return Fitted(members, predicted, seconds, messages, trained, calibration, described, transductive)


def _novelty_detector(task: fitting.FitTask, X: np.ndarray, speakers: np.ndarray) -> novelty.NoveltyDetector | None:
    """Fit a novelty detector on the training clips and on their copies under recording conditions."""
    copies = task.augmented[len(task.augmented) - len(task.model.conditions) :]  # those at other speeds come before
    matrices = [X, *(np.load(path, mmap_mode="r", allow_pickle=False) for path in copies)]
    vectors = [novelty.clip_vectors(matrix[task.train]) for matrix in matrices]
    return novelty.fit(np.concatenate(vectors), np.tile(speakers, len(matrices)))


def _calibration(estimator: Any, speakers: np.ndarray) -> dict[str, Any] | None:
    """Describe the held-out clips of a calibrated model."""
    if not getattr(estimator, "is_calibrated", False):
        return None
    names = set(speakers[estimator.out_of_fold_].tolist()) - {""}
    return {
        "clips": len(estimator.out_of_fold_),
        "speakers": len(names),
        "temperature": float(estimator.temperature_),
    }


def _predict_held_out(estimator: Any, X: np.ndarray, task: fitting.FitTask, seconds: float) -> tuple[np.ndarray, bool]:
    """Predict the held-out clips in an order that does not tell their emotions; return whether that is transductive."""
    if not len(task.test):
        return np.array([], str), False
    classifier, X_test = models.uncalibrated(estimator), X[task.test]  # a calibration changes no label
    checker = BatchChecker(copied(classifier), X_test, task.labels, task.order_seed)
    checker.predict_batches(seconds)
    permuted = Permuted(classifier, task.test_order)
    answers = predict_together(permuted, X_test, np.arange(len(X_test)), task.labels)
    return answers.predicted, checker.compare(answers).transductive


def _check_copy(estimator: Any, copy: Any, X: np.ndarray, labels: Sequence[str]) -> None:
    """Raise :class:`ModelFileError` where the copy read from the file predicts differently."""
    expected, actual = (models.aligned_proba(model, X, labels) for model in (estimator, copy))
    if not np.allclose(expected, actual, rtol=0, atol=1e-6):
        raise ModelFileError("the model cannot be saved: its copy predicts differently")
