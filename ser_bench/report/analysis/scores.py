"""Scores of a run, computed from its saved predictions.

Scores are fractions. They are pooled over the test clips of all folds of a split and repeat, then averaged over
repeats. A model without a result for every fold of a split has no score there: its other folds test fewer clips than
those of the other models.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import metrics
from ser_bench.metrics import METRICS, Metric
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.runs.results import SavedRun

_CELL = ["model", "split"]
_FIT = ["repeat", "fold"]


@cached_per_run
def missing_folds(run: SavedRun) -> pd.Series:
    """Describe the folds that each model misses.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Series of str, index (model, split)
        Empty for a complete model, else the status and the counts, such as ``failed 2/6``; ``unfinished`` for more than
        one status. A split has the folds for which any model has a row.
    """
    notes = {}
    for split in run.info.splits:
        fits = run.fits[run.fits["split"] == split]
        planned = len(fits[_FIT].drop_duplicates())
        for model in run.info.models:
            counts = fits.loc[fits["model"] == model, "status"].value_counts().to_dict()
            missing = planned - counts.pop("ok", 0)
            reason = next(iter(counts)) if list(counts.values()) == [missing] else "unfinished"
            notes[model, split] = f"{reason} {missing}/{planned}" if missing else "" if planned else "not run"
    return pd.Series(notes, dtype="object")


def metrics_of(run: SavedRun) -> dict[str, Metric]:
    """Return the metrics of a run that can be computed.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to Metric
        A plugin's metric is missing unless the plugin is loaded.
    """
    return {name: METRICS[name] for name in run.metrics if name in METRICS}


def page_metrics(run: SavedRun) -> dict[str, str]:
    """Return the titles of the metrics that tables for readers show.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to str
        Titles by name; UAR, which ranks the models, comes first.
    """
    shown = [metric for metric in metrics_of(run).values() if metric.on_page]
    return {metric.name: metric.title for metric in sorted(shown, key=lambda metric: metric.name != "uar")}


@cached_per_run
def pooled_scores(run: SavedRun) -> pd.DataFrame:
    """Return every metric per model and split.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame of float64, index (model, split)
        A column per metric of :func:`metrics_of`; NaN where a fold is missing.
    """
    frame = run.predictions
    codes = pd.DataFrame({"true": frame["true"].cat.codes, "predicted": frame["predicted"].cat.codes})
    keys = [frame["model"].astype("str"), frame["split"].astype("str"), frame["repeat"]]
    rows = {key: metrics.evaluate(part["true"], part["predicted"]) for key, part in codes.groupby(keys)}
    names = [*_CELL, "repeat"]
    index = pd.MultiIndex.from_tuples(list(rows), names=names) if rows else _empty_index(names)
    table = pd.DataFrame(list(rows.values()), index=index, columns=list(metrics_of(run)), dtype="float64")
    notes = missing_folds(run)
    means = table.groupby(level=_CELL).mean().reindex(notes.index)
    return means.where(notes == "")


def scores_by_speaker(run: SavedRun, split: str) -> pd.DataFrame:
    """Return UAR per model and speaker.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame of float64, shape (models, speakers)
        Means over the classes that the speaker has clips of; NaN rows for models with a missing fold. Unknown speakers
        have no column.
    """
    part = run.predictions[run.predictions["split"] == split]
    names = {name: part[name].astype("str") for name in ("model", "speaker", "true")}
    hits = pd.DataFrame({**names, "repeat": part["repeat"], "hit": part["true"] == part["predicted"]})
    recalls = hits.groupby(["model", "speaker", "repeat", "true"])["hit"].mean()
    table = recalls.groupby(["model", "speaker", "repeat"]).mean().groupby(["model", "speaker"]).mean().unstack()
    table = table.drop(columns="", errors="ignore")
    return blank_incomplete(table.reindex(index=list(run.info.models)), run, split)


@cached_per_run
def hits_of(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the predictions of a split with whether they are right.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame
        A row per prediction: ``model``, ``clip``, ``speaker``, ``true`` and ``predicted`` as plain text, and ``hit``.
    """
    part = run.predictions[run.predictions["split"] == split]
    names = {name: part[name].astype("str") for name in ("model", "clip", "speaker", "true", "predicted")}
    return pd.DataFrame({**names, "hit": part["true"] == part["predicted"]})


def blank_incomplete(table: pd.DataFrame, run: SavedRun, split: str) -> pd.DataFrame:
    """Set the rows of models with a missing fold to NaN, in place.

    Parameters
    ----------
    table : DataFrame
        Its index has a level ``model``, or is the models.
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame
        The same table.
    """
    notes = missing_folds(run)
    models = table.index.get_level_values("model")
    table.loc[[notes[model, split] != "" for model in models]] = np.nan
    return table


def confusion_counts(run: SavedRun, model: str, split: str) -> npt.NDArray[np.int64]:
    """Count clips by recorded and predicted label, summed over repeats.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    ndarray of int64, shape (labels, labels)
        Rows are recorded labels, columns predicted ones.
    """
    frame = run.predictions
    part = frame[(frame["model"] == model) & (frame["split"] == split)]
    size = len(run.labels)
    if part.empty:
        return np.zeros((size, size), dtype="int64")
    return metrics.confusion(part["true"].cat.codes, part["predicted"].cat.codes, range(size))


def confusion_shares(run: SavedRun, model: str, split: str) -> npt.NDArray[np.float64]:
    """Return the counts of :func:`confusion_counts` as shares of the clips of the recorded label.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    ndarray of float64, shape (labels, labels)
        A row without clips is 0.
    """
    counts = confusion_counts(run, model, split)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), dtype=np.float64)


@cached_per_run
def clips_by_class(run: SavedRun, split: str) -> list[int]:
    """Count the distinct clips of each class that a split tests.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    list of int
        In the order of the labels.
    """
    part = run.predictions.loc[run.predictions["split"] == split, ["clip", "true"]].astype("str").drop_duplicates()
    counts = part["true"].value_counts()
    return [int(counts.get(label, 0)) for label in run.labels]


def chance_levels(run: SavedRun) -> dict[str, float]:
    """Return the scores of a model that always predicts the most common label.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to float
        ``accuracy``, the share of the most common label, and ``uar``, one over the number of labels. Both count the
        labels of the test clips, or every label of a run without predictions.
    """
    counts = run.predictions["true"].value_counts()
    present = counts[counts > 0]
    if present.empty:
        return {"accuracy": 1 / len(run.labels), "uar": 1 / len(run.labels)}
    return {"accuracy": float(present.max() / present.sum()), "uar": 1 / len(present)}


def _empty_index(names: list[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[] for _ in names], names=names)
