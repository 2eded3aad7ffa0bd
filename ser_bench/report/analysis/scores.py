"""The numbers behind every table and chart, computed from a run's saved predictions.

Scores are fractions, pooled over all out-of-fold predictions of a split and repeat, then averaged over
repeats. A model that missed any fold of a split has no score there: the mean of the folds that
happened to finish would compare it on other clips than its rivals.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from copy import deepcopy
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from ser_bench import metrics
from ser_bench.metrics import METRICS, Metric
from ser_bench.runs.results import SavedRun

BASELINES = ("chance", "majority")
"""Models that learn nothing of the voice; shown below the others and never named the best."""

Computed = TypeVar("Computed")
Options = ParamSpec("Options")

_CELL = ["model", "split"]
_FIT = ["repeat", "fold"]


def cached_per_run(
    compute: Callable[Concatenate[SavedRun, Options], Computed],
) -> Callable[Concatenate[SavedRun, Options], Computed]:
    """Remember what was computed of a run as long as the run lives, since every chart asks again.

    Further arguments must be hashable. Callers get a copy, so that none can spoil what the next one sees.
    """
    known: WeakKeyDictionary[SavedRun, dict[Hashable, Computed]] = WeakKeyDictionary()

    @wraps(compute)
    def remembered(run: SavedRun, *args: Options.args, **options: Options.kwargs) -> Computed:
        answers = known.setdefault(run, {})
        key = (args, tuple(sorted(options.items())))
        if key not in answers:
            answers[key] = compute(run, *args, **options)
        return deepcopy(answers[key])

    return remembered


def is_speaker_independent(split: str) -> bool:
    """Say whether a split tests on speakers that were not trained on, its sentences aside."""
    return split.startswith("actor") or split in ("loso", "emobox")


def is_random(split: str) -> bool:
    """Say whether a split mixes each speaker's clips over training and test."""
    return split.startswith("random")


def gap_splits(splits: Sequence[str]) -> tuple[str, str] | None:
    """Return the splits whose difference is the leakage gap: the flattering one, then the honest one.

    ``random`` and ``actor`` where they were run, else the first of their kind; None without such a pair.
    """
    randoms = [name for name in splits if is_random(name)]
    actors = [name for name in splits if is_speaker_independent(name)]
    if not randoms or not actors:
        return None
    return "random" if "random" in randoms else randoms[0], "actor" if "actor" in actors else actors[0]


def ranking_split(splits: Sequence[str]) -> str:
    """Return the split that models are ranked by: new speakers where they were tested, else the first."""
    if "actor" in splits:
        return "actor"
    return next((name for name in splits if is_speaker_independent(name)), splits[0])


@cached_per_run
def missing_folds(run: SavedRun) -> pd.Series:
    """Return a string per (model, split): empty where every fold is there, else like ``failed 2/6``.

    A fold counts as planned when any model has a row for it. Folds that fell short for several
    reasons are called ``unfinished``.
    """
    notes = {}
    for split in run.info.splits:
        fits = run.fits[run.fits["split"] == split]
        planned = len(fits[_FIT].drop_duplicates())
        for model in run.info.models:
            counts = fits.loc[fits["model"] == model, "status"].value_counts().to_dict()
            done = counts.pop("ok", 0)
            missing = planned - done
            reason = next(iter(counts)) if list(counts.values()) == [missing] else "unfinished"
            notes[model, split] = f"{reason} {missing}/{planned}" if missing else "" if planned else "not run"
    return pd.Series(notes, dtype="object")


def metrics_of(run: SavedRun) -> dict[str, Metric]:
    """Return the run's metrics that can be computed: those of a plugin only where it is loaded."""
    return {name: METRICS[name] for name in run.metrics if name in METRICS}


def page_metrics(run: SavedRun) -> dict[str, str]:
    """Return the titles of the metrics that tables for people show, by name; UAR, which ranks models, comes first."""
    shown = [metric for metric in metrics_of(run).values() if metric.on_page]
    return {metric.name: metric.title for metric in sorted(shown, key=lambda metric: metric.name != "uar")}


@cached_per_run
def pooled_scores(run: SavedRun) -> pd.DataFrame:
    """Return each of :func:`metrics_of` per (model, split), NaN where a fold is missing."""
    frame = run.predictions
    codes = pd.DataFrame({"true": frame["true"].cat.codes, "predicted": frame["predicted"].cat.codes})
    keys = [frame["model"].astype("str"), frame["split"].astype("str"), frame["repeat"]]
    rows = {key: metrics.evaluate(part["true"], part["predicted"]) for key, part in codes.groupby(keys)}
    index = pd.MultiIndex.from_tuples(list(rows), names=[*_CELL, "repeat"]) if rows else _empty_index()
    table = pd.DataFrame(list(rows.values()), index=index, columns=list(metrics_of(run)), dtype="float64")
    notes = missing_folds(run)
    means = table.groupby(level=_CELL).mean().reindex(notes.index)
    return means.where(notes == "")


def scores_by_speaker(run: SavedRun, split: str) -> pd.DataFrame:
    """Return UAR per model and speaker (columns), NaN rows for models that fell short.

    A speaker's UAR averages over the classes that this speaker spoke.
    """
    part = run.predictions[run.predictions["split"] == split]
    names = {name: part[name].astype("str") for name in ("model", "speaker", "true")}
    hits = pd.DataFrame({**names, "repeat": part["repeat"], "hit": part["true"] == part["predicted"]})
    recalls = hits.groupby(["model", "speaker", "repeat", "true"])["hit"].mean()
    table = recalls.groupby(["model", "speaker", "repeat"]).mean().groupby(["model", "speaker"]).mean().unstack()
    table = table.reindex(index=list(run.info.models))
    complete = [missing_folds(run)[model, split] == "" for model in table.index]
    table.loc[np.logical_not(complete)] = np.nan
    return table


def confusion_counts(run: SavedRun, model: str, split: str) -> np.ndarray:
    """Return int64 counts of shape ``(labels, labels)`` summed over repeats: true by predicted."""
    frame = run.predictions
    part = frame[(frame["model"] == model) & (frame["split"] == split)]
    size = len(run.labels)
    if part.empty:
        return np.zeros((size, size), dtype="int64")
    return metrics.confusion(part["true"].cat.codes, part["predicted"].cat.codes, range(size))


def chance_levels(run: SavedRun) -> dict[str, float]:
    """Return what always naming the commonest label scores: ``accuracy``, and ``uar`` (one over the labels).

    From the labels that were tested; from the run's list of labels where nothing was.
    """
    counts = run.predictions["true"].value_counts()
    present = counts[counts > 0]
    if present.empty:
        return {"accuracy": 1 / len(run.labels), "uar": 1 / len(run.labels)}
    return {"accuracy": float(present.max() / present.sum()), "uar": 1 / len(present)}


def _empty_index() -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[], [], []], names=[*_CELL, "repeat"])
