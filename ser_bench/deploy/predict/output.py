"""Answers as text: a table for people, JSON or CSV for programs.

The label is called ``emotion`` whatever the model predicts, so that programs need not ask what that is.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from ser_bench.core.text import escape_control_json
from ser_bench.deploy.predict.batch import Told


def as_json(told: Sequence[Told]) -> str:
    """Return a list of objects with ``clip``, ``emotion`` and ``probabilities``, or ``error``.

    Windows also have ``start`` and ``end`` in seconds.
    """
    return escape_control_json(json.dumps([_record(one) for one in told], indent=1, ensure_ascii=False))


def _record(one: Told) -> dict[str, Any]:
    place = {} if one.start is None else {"start": one.start, "end": one.end}
    if one.answer is None:
        return {"clip": one.clip, **place, "error": one.error}
    return {"clip": one.clip, **place, "emotion": one.answer.label, "probabilities": dict(one.answer.probabilities)}


def as_csv(told: Sequence[Told], labels: Sequence[str], *, over_time: bool) -> str:
    """Return a row per clip or window: ``clip``, ``start,end`` of windows, ``emotion``, ``p_<label>``, ``error``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    place = ["start", "end"] if over_time else []
    writer.writerow(["clip", *place, "emotion", *(f"p_{label}" for label in labels), "error"])
    for one in told:
        where = [one.start, one.end] if over_time else []
        p = [one.answer.probabilities[label] for label in labels] if one.answer else [""] * len(labels)
        writer.writerow([one.clip, *where, one.answer.label if one.answer else "", *p, one.error])
    return text.getvalue().rstrip("\n")


def as_table(told: Sequence[Told], *, over_time: bool) -> str:
    """Return the answers for people: the label, its probability, and the two next ones."""
    from tabulate import tabulate

    head = ["clip", *(["seconds"] if over_time else []), "emotion", "%", "then"]
    return tabulate([_row(one, over_time) for one in told], head, tablefmt="simple", disable_numparse=True)


def _row(one: Told, over_time: bool) -> list[str]:
    place = [] if not over_time else ["" if one.start is None else f"{one.start:.2f} to {one.end:.2f}"]
    if one.answer is None:
        return [one.clip, *place, "", "", one.error]
    p = one.answer.probabilities
    others = sorted((label for label in p if label != one.answer.label), key=lambda label: -p[label])[:2]
    then = ", ".join(f"{label} {100 * p[label]:.0f}" for label in others)
    return [one.clip, *place, one.answer.label, f"{100 * p[one.answer.label]:.0f}", then]
