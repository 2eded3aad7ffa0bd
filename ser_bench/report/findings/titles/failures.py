"""Titles on what models get wrong: classes, confusions and clips."""

from __future__ import annotations

import numpy as np

from ser_bench.core.text import plural
from ser_bench.report.analysis.extremes import class_extremes
from ser_bench.report.analysis.ranking import scored_models
from ser_bench.report.analysis.scores import confusion_counts, confusion_shares, hits_of, missing_folds
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.findings.titles.wording import all_models, name_of, no_model, percents, short
from ser_bench.runs.results import SavedRun


def classes_title(run: SavedRun) -> str:
    """State how far the recall of the best model differs between classes.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda recognises 41 % of sad clips, but 75 % of angry clips"; the range of the recalls where the
        extremes do not differ significantly.
    """
    models = scored_models(run)
    if not models:
        return no_model(run, "classes are not compared")
    extremes, model = class_extremes(run, models[0], ranking_split(run.info.splits)), name_of(run, models[0])
    if extremes is None:
        return f"Recall of {model} by class"
    low, high = percents(extremes.low, extremes.high)
    worst, best = short(extremes.lowest), short(extremes.highest)
    if extremes.count == 1 or extremes.low == extremes.high:
        return f"{model} recognises {low} % of the clips of every class"
    if not extremes.significant:
        return f"The recall of {model} is between {low} % ({worst}) and {high} % ({best})"
    return f"{model} recognises {low} % of {worst} clips, but {high} % of {best} clips"


def confusion_title(run: SavedRun, model: str, split: str) -> str:
    """State the most frequent confusion of a model, by its share of the clips of the true class.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    str
        Such as "lda takes 31 % of calm clips for neutral (actor split)".
    """
    name, under = name_of(run, model), f"({short(split)} split)"
    if note := missing_folds(run)[model, split]:
        return f"{name} has no confusion matrix: {note} {under}"
    counts = confusion_counts(run, model, split)
    if np.count_nonzero(counts.sum(axis=0)) == 1:
        return f"{name} takes every clip for {short(run.labels[int(counts.sum(axis=0).argmax())])} {under}"
    shares = confusion_shares(run, model, split)
    np.fill_diagonal(shares, 0)
    if not shares.any():
        return f"{name} makes no mistake {under}"
    true, predicted = np.unravel_index(int(shares.argmax()), shares.shape)
    (share,) = percents(shares[true, predicted])
    return f"{name} takes {share} % of {short(run.labels[true])} clips for {short(run.labels[predicted])} {under}"


def clips_title(run: SavedRun) -> str:
    """State how many clips every model gets wrong.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "110 of 1,439 clips misled every model"; with several repeats a clip counts if it did in each.
    """
    models = scored_models(run)
    if not models:
        return no_model(run, "no clip counts as hard")
    hits = hits_of(run, ranking_split(run.info.splits))
    right = hits[hits["model"].isin(models)].groupby("clip")["hit"].agg(["any", "all"])
    clips, never, once = len(right), int((~right["any"]).sum()), int((~right["all"]).sum())
    each = " in every repeat" if run.fits["repeat"].nunique() > 1 else ""
    if len(models) == 1:
        return f"{name_of(run, models[0])} gets {never:,} of {plural(clips, 'clip')} wrong{each}"
    every = all_models(run, models)
    if not never:
        return f"No clip misled {every}{each}; {once:,} of {clips:,} misled at least one"
    return f"{never:,} of {plural(clips, 'clip')} misled {every}{each}"
