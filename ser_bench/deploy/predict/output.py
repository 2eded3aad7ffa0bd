"""Predictions as text: a table for people, JSON or CSV for programs.

The label is called ``emotion`` for every target, so that programs find it under one name.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from ser_bench.core.table import fitted_table
from ser_bench.core.text import escape_control_json
from ser_bench.deploy.condition_texts import speech
from ser_bench.deploy.coverage import COVERAGE
from ser_bench.deploy.model import Prediction
from ser_bench.deploy.predict.batch import ClipPrediction
from ser_bench.deploy.sounds import Resemblance


def as_json(predictions: Sequence[ClipPrediction]) -> str:
    """Return a JSON list of objects with ``clip`` and the fields of :func:`prediction_fields`, or ``error``.

    Parameters
    ----------
    predictions : sequence of ClipPrediction
        The predictions; windows also give ``start`` and ``end`` in seconds.

    Returns
    -------
    str
        JSON without control characters.
    """
    objects = [_object(prediction) for prediction in predictions]
    return escape_control_json(json.dumps(objects, indent=1, ensure_ascii=False))


def _object(clip: ClipPrediction) -> dict[str, Any]:
    window = {} if clip.start is None else {"start": clip.start, "end": clip.end}
    if clip.prediction is None:
        return {"clip": clip.clip, **window, "error": clip.error}
    return {"clip": clip.clip, **window, **prediction_fields(clip.prediction)}


def prediction_fields(prediction: Prediction) -> dict[str, Any]:
    """Return the values of a prediction for JSON.

    Parameters
    ----------
    prediction : Prediction
        The prediction.

    Returns
    -------
    dict
        ``emotion``, ``probabilities``, ``confidence``, ``set`` (None for a model that is not calibrated),
        ``reliable``, ``reasons``, ``warnings`` and ``condition``: None, or the tested recording condition that the
        clip resembles most, as ``name``, ``speech`` (such as ``speech on the telephone``), ``like`` (False for
        a clip unlike every one of them), ``uar``, ``low``, ``high`` and ``heard``.
    """
    members = prediction.prediction_set
    return {
        "emotion": prediction.label,
        "probabilities": dict(prediction.probabilities),
        "confidence": prediction.confidence,
        "set": None if members is None else list(members),
        "reliable": prediction.reliable,
        "reasons": list(prediction.reasons),
        "warnings": list(prediction.warnings),
        "condition": None if prediction.condition is None else _condition(prediction.condition),
    }


def _condition(resemblance: Resemblance) -> dict[str, Any]:
    condition = resemblance.condition
    scores = {name: getattr(condition, name) for name in ("uar", "low", "high", "heard")}
    return {"name": condition.name, "speech": speech(condition), "like": resemblance.like, **scores}


def as_csv(predictions: Sequence[ClipPrediction], labels: Sequence[str], *, over_time: bool) -> str:
    """Return CSV with a row per clip or window.

    Parameters
    ----------
    predictions : sequence of ClipPrediction
        The predictions.
    labels : sequence of str
        The labels of the model, for the columns ``p_<label>``.
    over_time : bool
        Whether to add the columns ``start`` and ``end``.

    Returns
    -------
    str
        Columns ``clip``, ``emotion``, ``p_<label>``, ``confidence``, ``set``, ``reliable``, ``error``, ``warnings``,
        ``condition``, ``condition_like`` and ``condition_uar``, with semicolons between the labels of a set and between
        warnings.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    window_columns = ["start", "end"] if over_time else []
    shares = [f"p_{label}" for label in labels]
    added = ["confidence", "set", "reliable"]
    conditions = ["condition", "condition_like", "condition_uar"]
    writer.writerow(["clip", *window_columns, "emotion", *shares, *added, "error", "warnings", *conditions])
    for clip in predictions:
        window = [clip.start, clip.end] if over_time else []
        cells = [*_cells(clip.prediction, labels), clip.error, "; ".join(clip.warnings)]
        writer.writerow([clip.clip, *window, *cells, *_condition_cells(clip.prediction)])
    return text.getvalue().rstrip("\n")


def _cells(prediction: Prediction | None, labels: Sequence[str]) -> list[Any]:
    """Return the cells from ``emotion`` to ``reliable``."""
    if prediction is None:
        return [""] * (len(labels) + 4)
    members = "; ".join(prediction.prediction_set or ())
    p = [prediction.probabilities[name] for name in labels]
    return [prediction.label, *p, prediction.confidence, members, str(prediction.reliable).lower()]


def _condition_cells(prediction: Prediction | None) -> list[Any]:
    """Return the cells from ``condition``; empty where it is not known."""
    if prediction is None or prediction.condition is None:
        return ["", "", ""]
    nearest = prediction.condition
    return [nearest.condition.name, str(nearest.like).lower(), nearest.condition.uar]


def as_table(
    predictions: Sequence[ClipPrediction], *, over_time: bool, coverage: float = COVERAGE, width: int | None = None
) -> str:
    """Return a table with the label, its probability, the prediction set, and whether the prediction is reliable.

    Parameters
    ----------
    predictions : sequence of ClipPrediction
        The predictions.
    over_time : bool
        Whether to add a column with the window.
    coverage : float
        The coverage of the prediction sets, for the head of their column.
    width : int, optional
        The most characters on a line; a longer path stays whole. Default: no limit, so that each clip has one line.

    Returns
    -------
    str
        The table as plain text. For a model that is not calibrated, it has the next two labels instead of a set.
    """
    from tabulate import tabulate

    calibrated = any(clip.prediction and clip.prediction.prediction_set for clip in predictions)
    sets = f"{100 * coverage:g} % set" if calibrated else "then"
    head = ["clip", *(["seconds"] if over_time else []), "emotion", "%", sets, "reliable"]
    rows = [_row(clip, over_time) for clip in predictions]
    if width is not None:
        return fitted_table(head, rows, width)
    return tabulate(rows, head, tablefmt="simple", disable_numparse=True)


def _row(clip: ClipPrediction, over_time: bool) -> list[str]:
    window = [] if not over_time else ["" if clip.start is None else f"{clip.start:.2f} to {clip.end:.2f}"]
    if clip.prediction is None:
        return [clip.clip, *window, f"error: {clip.error}", "", "", ""]
    prediction = clip.prediction
    confidence = f"{100 * prediction.confidence:.0f}"
    reliable = "yes" if prediction.reliable else "no"
    return [clip.clip, *window, prediction.label, confidence, _others(prediction), reliable]


def _others(prediction: Prediction) -> str:
    """Return the labels of the set, or for a model that is not calibrated the next two labels with probabilities."""
    if prediction.prediction_set is not None:
        return ", ".join(prediction.prediction_set)
    p = prediction.probabilities
    next_two = sorted((name for name in p if name != prediction.label), key=lambda name: -p[name])[:2]
    return ", ".join(f"{name} {100 * p[name]:.0f}" for name in next_two)
