"""The title on other corpora: what a model loses on corpora that it was not trained on."""

from __future__ import annotations

from ser_bench.report.analysis.transfer import (
    heard_elsewhere,
    is_within_corpus,
    transfer_losses,
    transfer_models,
    transfer_scores,
)
from ser_bench.report.findings.titles.wording import from_to, name_of, points_range
from ser_bench.runs.results import SavedRun


def transfer_title(run: SavedRun) -> str:
    """State what the best model loses on corpora that it was not trained on.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "svm loses 12 to 31 points of UAR on corpora that it was not trained on", where every loss is
        significant; else the range of its UARs.
    """
    models = [model for model in transfer_models(run) if not heard_elsewhere(run, model)]
    if not models and transfer_models(run):
        return "The features of every model have heard a corpus that is tested here"
    if not models:
        return "No score on corpora that a model was not trained on"
    model, losses = name_of(run, models[0]), transfer_losses(run, models[0])
    significant = losses[losses["low"] > 0]
    if len(losses) and len(significant) == len(losses):
        points = points_range(losses["loss"].min(), losses["loss"].max())
        return f"{model} loses {points} of UAR on corpora that it was not trained on"
    if len(significant):
        count = f"{len(significant)} of {len(losses)} corpora that it was not trained on"
        return f"{model} loses UAR significantly on {count}"
    scores = transfer_scores(run)
    scores = scores[scores["model"] == models[0]]
    across = [not is_within_corpus(row.trained_on, row.tested_on) for row in scores.itertuples()]
    uar = scores["uar"][across]
    return f"{model} has a UAR of {from_to(uar.min(), uar.max())} % on corpora that it was not trained on"
