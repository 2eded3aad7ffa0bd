"""The cross-validated score of a model: the folds of new speakers that a run of the same data has.

The fits have the keys of a run. Fits that a run with the same store has done cost nothing, and a later run reuses
these.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench import statistics
from ser_bench.audio.conditions import CLEAN
from ser_bench.core.errors import SplitError
from ser_bench.metrics import METRICS
from ser_bench.report.analysis.intervals import (
    SpeakerTallies,
    each_speakers_scores,
    scores_with_intervals,
    tally_labels,
)
from ser_bench.runs import plan
from ser_bench.runs.fit import SET_COVERAGE, FitResult
from ser_bench.runs.keys import fit_keys
from ser_bench.runs.tasks import carry_out_fits

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.options import Options
    from ser_bench.core.progress import Progress
    from ser_bench.runs.data import RunData

_COLUMNS = ("speaker", "label")

SPLIT = "actor"
"""The split whose folds test new speakers."""


@dataclass(frozen=True)
class Scored:
    """The outcome of a cross-validation.

    Parameters
    ----------
    content : dict or None
        The fields of :class:`ser_bench.deploy.manifest.CrossValidation`; None without a score.
    reason : str
        Why there is no score.
    conditions : tuple of dict
        ``name``, ``uar``, ``low``, ``high`` and ``clips`` of each recording condition, ``clean`` first.
    """

    content: dict[str, Any] | None
    reason: str = ""
    conditions: tuple[dict[str, Any], ...] = ()


NOT_SCORED = Scored(None, "--no-score")
"""The outcome without a cross-validation."""

TRANSDUCTIVE = Scored(None, "the model is transductive: the other test clips change its predictions")
"""The outcome for a model whose scores do not hold for the single clips that a file predicts."""


def cross_validate(
    entry: plan.PlannedModel,
    data: RunData,
    train_clips: Sequence[str],
    options: Options,
    store: Path,
    progress: Progress,
) -> Scored:
    """Score a model on speakers that it was not trained on, in the folds of the split ``actor``.

    Parameters
    ----------
    entry : PlannedModel
        The model and its feature sets.
    data : RunData
        The usable clips with labels, whose features are in the store.
    train_clips : sequence of str
        The clips that the model is trained on; they are divided into folds.
    options : Options
        The options of the training.
    store : Path
        Folder of the store.
    progress : Progress
        Receives the progress of the fits.

    Returns
    -------
    Scored
    """
    clips = data.clips.loc[list(train_clips)].reset_index(drop=True)
    options = plan.choose_protocol(clips, options.model_copy(update={"splits": (SPLIT,), "repeats": 1}))
    try:
        folds = plan.make_all_folds(clips, options)
    except SplitError as error:
        return Scored(None, str(error).splitlines()[0])
    planned = plan.plan_fits([entry], folds, options.seed)
    progress.info(f"score: {len(planned)} fits of split {SPLIT}, without those in the store; skip them with --no-score")
    results, _ = carry_out_fits(planned, fit_keys(planned, data), data, options, store, progress)
    done = {fit: result for fit, result in results.items() if isinstance(result, FitResult)}
    if failed := [result for result in results.values() if not isinstance(result, FitResult)]:
        return Scored(None, f"{len(failed)} of {len(planned)} fits failed ({failed[0].error})")
    if any(result.transductive for result in done.values()):
        return TRANSDUCTIVE
    content = _content(done, data)
    under = (_under_condition(condition.name, done, data) for condition in entry.conditions if condition.kind.audible)
    return Scored(content, conditions=(_as_recorded(content), *(scores for scores in under if scores)))


def _content(results: Mapping[plan.PlannedFit, FitResult], data: RunData) -> dict[str, Any]:
    """Return the scores of all test clips together."""
    tested = [data.clips.loc[list(fit.fold.test)] for fit in results]
    speakers = np.concatenate([clips["speaker"].to_numpy(dtype=str) for clips in tested])
    true = np.concatenate([clips["label"].to_numpy(dtype=str) for clips in tested])
    predicted = np.concatenate([result.predicted for result in results.values()])
    p = np.concatenate([result.probabilities for result in results.values()])
    codes = np.array([data.labels.index(label) for label in true])
    scores = metric_scores(tally_labels(speakers, true, predicted, data.labels))
    scores |= _probability_scores(p, codes, predicted == true, speakers)
    thresholds = [result.set_threshold for result in results.values()]
    if None not in thresholds:
        scores |= _set_scores(p, codes, np.repeat(np.array(thresholds, float), [len(c) for c in tested]), speakers)
    return {
        "split": SPLIT,
        "folds": len(results),
        "speakers": len(set(speakers)),
        "clips": len(true),
        "scores": scores,
        "set_coverage": SET_COVERAGE if None not in thresholds else None,
    }


def _as_recorded(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of clean clips as those of a condition."""
    uar = content["scores"]["uar"]
    return {"name": CLEAN, "uar": uar["value"], "low": uar["low"], "high": uar["high"], "clips": content["clips"]}


def _under_condition(name: str, results: Mapping[plan.PlannedFit, FitResult], data: RunData) -> dict[str, Any] | None:
    """Return the scores of the test clips under a condition; None where it could change none of them."""
    answers = {fit: result.conditions[name] for fit, result in results.items() if name in result.conditions}
    rows = [data.row_numbers(fit.fold.test) for fit in answers]
    changed = data.is_changed(name)
    tested = [data.clips.iloc[numbers[changed[numbers]]] for numbers in rows]
    clips = sum(map(len, tested))
    if not clips:
        return None
    speakers, true = (np.concatenate([part[column].to_numpy(dtype=str) for part in tested]) for column in _COLUMNS)
    predicted = np.concatenate([answer.predicted for answer in answers.values()])
    cell = tally_labels(speakers, true, predicted, data.labels)
    uar = _score("UAR", *scores_with_intervals(cell, {"uar": METRICS["uar"]})["uar"])
    return {"name": name, "uar": uar["value"], "low": uar["low"], "high": uar["high"], "clips": clips}


def metric_scores(cell: SpeakerTallies) -> dict[str, dict[str, Any]]:
    """Return every metric with its interval and the score of each speaker.

    Parameters
    ----------
    cell : SpeakerTallies
        Counted clips by speaker.

    Returns
    -------
    dict of str to dict
        The fields of :class:`ser_bench.deploy.manifest.Score` by the name of the metric.
    """
    by_speaker = each_speakers_scores(cell, METRICS)
    return {
        name: _score(METRICS[name].title, *values, by_speaker=dict(zip(cell[0], by_speaker[name], strict=True)))
        for name, values in scores_with_intervals(cell, METRICS).items()
    }


def _probability_scores(
    p: np.ndarray, codes: np.ndarray, right: np.ndarray, speakers: np.ndarray
) -> dict[str, dict[str, Any]]:
    log_loss = statistics.mean_over_speakers(statistics.log_losses(p, codes), speakers, positive=True)
    error = statistics.calibration_error(np.minimum(p.max(axis=1), 1.0), right, speakers)
    return {"log_loss": _score("log loss", *log_loss), "ece": _score("ECE", *error)}


def _set_scores(
    p: np.ndarray, codes: np.ndarray, thresholds: np.ndarray, speakers: np.ndarray
) -> dict[str, dict[str, Any]]:
    members = statistics.prediction_sets(p, thresholds)
    held = members[np.arange(len(p)), codes].astype(float)
    each = {str(name): float(held[speakers == name].mean()) for name in np.unique(speakers)}
    size = members.sum(axis=1).mean()
    return {
        "coverage": _score("coverage", *statistics.mean_over_speakers(held, speakers), by_speaker=each),
        "set_size": _score("mean labels in a set", float(size), math.nan, math.nan),
    }


def _score(
    title: str, value: float, low: float, high: float, *, by_speaker: Mapping[str, float] | None = None
) -> dict[str, Any]:
    ends = [None if math.isnan(end) else float(end) for end in (low, high)]
    return {
        "title": title,
        "value": float(value),
        "low": ends[0],
        "high": ends[1],
        "by_speaker": dict(by_speaker or {}),
    }


def held_out_scores(clips: pd.DataFrame, predicted: np.ndarray, labels: Sequence[str]) -> dict[str, Any] | None:
    """Return the scores on held-out speakers.

    Parameters
    ----------
    clips : DataFrame
        Their clips with ``speaker`` and ``label``.
    predicted : ndarray of str, shape (n,)
        The predicted labels.
    labels : sequence of str
        All labels.

    Returns
    -------
    dict or None
        The fields of :class:`ser_bench.deploy.manifest.HeldOutScores`; None without clips.
    """
    if clips.empty:
        return None
    cell = tally_labels(clips["speaker"], clips["label"], predicted, labels)
    return {"speakers": list(cell[0]), "clips": len(clips), "scores": metric_scores(cell)}
