"""Predictions as text: a table for people, JSON or CSV for programs.

The label is called ``emotion`` for every target, so that programs find it under one name.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from ser_bench.core.text import escape_control_json
from ser_bench.deploy.predict.batch import ClipPrediction


def as_json(predictions: Sequence[ClipPrediction]) -> str:
    """Return a JSON list of objects with ``clip``, ``emotion``, ``probabilities`` and ``warnings``, or ``error``.

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
    probabilities = dict(clip.prediction.probabilities)
    label, warnings = clip.prediction.label, list(clip.warnings)
    return {"clip": clip.clip, **window, "emotion": label, "probabilities": probabilities, "warnings": warnings}


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
        Columns ``clip``, ``emotion``, ``p_<label>``, ``error`` and ``warnings``, with semicolons between warnings.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    window_columns = ["start", "end"] if over_time else []
    writer.writerow(["clip", *window_columns, "emotion", *(f"p_{label}" for label in labels), "error", "warnings"])
    for clip in predictions:
        window = [clip.start, clip.end] if over_time else []
        label = clip.prediction.label if clip.prediction else ""
        p = [clip.prediction.probabilities[name] for name in labels] if clip.prediction else [""] * len(labels)
        writer.writerow([clip.clip, *window, label, *p, clip.error, "; ".join(clip.warnings)])
    return text.getvalue().rstrip("\n")


def as_table(predictions: Sequence[ClipPrediction], *, over_time: bool) -> str:
    """Return a table with the label, its probability, and the next two labels.

    Parameters
    ----------
    predictions : sequence of ClipPrediction
        The predictions.
    over_time : bool
        Whether to add a column with the window.

    Returns
    -------
    str
        The table as plain text.
    """
    from tabulate import tabulate

    head = ["clip", *(["seconds"] if over_time else []), "emotion", "%", "then"]
    rows = [_row(clip, over_time) for clip in predictions]
    return tabulate(rows, head, tablefmt="simple", disable_numparse=True)


def _row(clip: ClipPrediction, over_time: bool) -> list[str]:
    window = [] if not over_time else ["" if clip.start is None else f"{clip.start:.2f} to {clip.end:.2f}"]
    if clip.prediction is None:
        return [clip.clip, *window, "", "", clip.error]
    label, p = clip.prediction.label, clip.prediction.probabilities
    next_two = sorted((name for name in p if name != label), key=lambda name: -p[name])[:2]
    then = ", ".join(f"{name} {100 * p[name]:.0f}" for name in next_two)
    return [clip.clip, *window, label, f"{100 * p[label]:.0f}", then]
