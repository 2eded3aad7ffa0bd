"""Planned fits over tables without audio, as a run makes them from a corpus."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pandas as pd

from ser_bench.models import Model
from ser_bench.runs.data import RunData
from ser_bench.splits import FoldSettings, make_folds, take_numbers

ORIGINALS = ()
"""The feature sets of clips at their own speed, for the matrices of ``make_task``."""


class Planned(SimpleNamespace):
    """A planned fit; like the real ones, equal only to itself."""

    __hash__ = object.__hash__


def make_data(clips: pd.DataFrame, labels: Sequence[str]) -> RunData:
    """Return the data of a run from a table of clips."""
    clips = clips.assign(take=take_numbers(clips), key=clips["clip"]).set_index("clip", drop=False)
    return RunData(clips, tuple(labels), "fingerprint", "none")


def make_planned(split: str, data: RunData, model: Model, settings: FoldSettings | None = None) -> list[Planned]:
    """Return the fits of a model under a split; copies at each of its speeds have a matrix of their own."""
    all_sets = [ORIGINALS, *((speed,) for speed in model.speeds)]
    facts = {"features": "", "skipped": "", "conditions": (), "tested_sets": {}}
    planned = SimpleNamespace(definition=model, name=model.name, sets=(), all_sets=all_sets, **facts)
    planned.effort = "full"
    described = {"model": planned, "split": split, "repeat": 0, "seed": 0, "shuffled_columns": {}, "importance": False}
    folds = make_folds(split, data.clips.reset_index(drop=True), settings)
    return [Planned(**described, fold_number=number, fold=fold) for number, fold in enumerate(folds)]
