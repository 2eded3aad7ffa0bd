"""Where models fail: by class and by clip; and which features they use.

Scores are fractions and repeats are pooled. A model with a missing fold has NaN, as in
:mod:`ser_bench.report.analysis.scores`.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.exposure import ranked_learners
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.ranking import all_models_ranked
from ser_bench.report.analysis.scores import blank_incomplete, hits_of, missing_folds
from ser_bench.runs.results import SavedRun

_TINY = 1e-30
"""Least probability in the order of clips with equal means."""

_CLIP_COLUMNS = ["speaker", "gender", "text", "intensity"]


@cached_per_run
def recall_by_class(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the recall of each class per model.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame of float64, shape (models, labels)
        NaN for a label without test clips.
    """
    hits = hits_of(run, split)
    table = hits.groupby(["model", "true"])["hit"].mean().unstack()
    table = table.reindex(index=list(run.info.models), columns=list(run.labels))
    table.index.name, table.columns.name = "model", "label"
    return blank_incomplete(table, run, split)


@cached_per_run
def hardest_clips(run: SavedRun, split: str, per_label: int = 3) -> pd.DataFrame:
    """Return the clips of each label whose true label gets the lowest probability, over all complete models.

    The probability is the mean over repeats and the models that take a rank, or all but the baselines where none does.
    Clips that no model classifies wrongly
    are left out. A label's clips are of different speakers, or of as many as it has where these are fewer.

    Parameters
    ----------
    run : SavedRun
    split : str
    per_label : int
        The most clips to return of a label.

    Returns
    -------
    DataFrame
        In the order of the labels, the lowest probability first; of equal ones, the lowest mean logarithm.
        ``clip``, ``speaker``, ``gender``, ``text``, ``intensity``, ``true``, ``probability``,
        ``share_wrong`` of the predictions of all models and repeats, ``most_common_error`` (the most common wrong
        prediction, the first label of equally common ones), its ``most_common_share`` of all predictions, and ``path``.
    """
    hits = hits_of(run, split)
    hits = hits[hits["model"].isin(_complete_models(run, split))]
    answers = hits.groupby(["clip", "predicted"]).size().unstack(fill_value=0)
    answers = answers.reindex(columns=list(run.labels), fill_value=0)
    shares = answers.div(answers.sum(axis=1), axis=0)
    true = hits.groupby("clip")["true"].first()
    wrong = shares.mask(pd.DataFrame({label: true == label for label in run.labels}), -1.0)
    probabilities = _true_probabilities(run, split)[hits.index]
    table = pd.DataFrame(
        {
            "probability": probabilities.groupby(hits["clip"]).mean(),
            "log": np.log(probabilities.clip(lower=_TINY)).groupby(hits["clip"]).mean(),
            "share_wrong": 1 - hits.groupby("clip")["hit"].mean(),
        }
    )
    table["true"] = true
    table["most_common_error"] = wrong.idxmax(axis=1) if len(wrong) else ""
    table["most_common_share"] = wrong.max(axis=1)
    table = table.join(run.clips.set_index("clip")[[*_CLIP_COLUMNS, "path"]])
    table = table[table["share_wrong"] > 0].rename_axis("clip").reset_index()
    table["label"] = table["true"].map({label: index for index, label in enumerate(run.labels)}).astype("int64")
    table[["rank", "next"]] = table[["probability", "log"]].round(statistics.DECIMALS)
    table = table.sort_values(["label", "rank", "next", "clip"], ignore_index=True)
    columns = ["probability", "share_wrong", "most_common_error", "most_common_share"]
    return _spread(table, per_label)[["clip", *_CLIP_COLUMNS, "true", *columns, "path"]]


def _complete_models(run: SavedRun, split: str) -> list[str]:
    models = ranked_learners(run, split) or trained_models(run)
    return [model for model in models if not missing_folds(run)[model, split]]


def _spread(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the first ``most`` clips of each label, without more of one speaker than needed."""
    speakers = table.groupby("true")["speaker"].transform("nunique")
    share = np.ceil(most / speakers.clip(lower=1))
    table = table[table.groupby(["true", "speaker"]).cumcount() < share]
    return table[table.groupby("true").cumcount() < most].reset_index(drop=True)


@cached_per_run
def feature_importance(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the permutation importance of each group of features: the loss of UAR when its values are shuffled.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame of float64, shape (models, groups of features)
        Means over folds; NaN where a model does not use the group. Without baselines. Empty for a run without
        importance: a run measures it on speaker-independent splits only, and only with two groups or more.
    """
    rows = run.importance
    rows = rows[(rows["split"] == split) & rows["model"].isin(trained_models(run))]
    losses = (rows["uar"] - rows["uar_shuffled"]).groupby([rows["model"], rows["group"]]).mean().unstack()
    models = [model for model in trained_models(run) if model in losses.index]
    return blank_incomplete(losses.reindex(index=models, columns=list(dict.fromkeys(rows["group"]))), run, split)


def feature_losses(run: SavedRun, split: str, models: Collection[str]) -> pd.DataFrame:
    """Return the loss of UAR per fold when a group of features is shuffled, averaged over models.

    Parameters
    ----------
    run : SavedRun
    split : str
    models : collection of str
        Models with the same groups of features.

    Returns
    -------
    DataFrame of float64, index (repeat, fold)
        A column per group of features.
    """
    rows = run.importance
    rows = rows[(rows["split"] == split) & rows["model"].isin(models)]
    return (rows["uar"] - rows["uar_shuffled"]).groupby([rows["repeat"], rows["fold"], rows["group"]]).mean().unstack()


def feature_groups(run: SavedRun, split: str) -> dict[str, tuple[str, ...]]:
    """Return the groups of features that were shuffled for each model.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    dict of str to tuple of str
        Groups by model, in the order of ``importance.csv``.
    """
    rows = run.importance[run.importance["split"] == split]
    return {
        model: tuple(dict.fromkeys(rows.loc[rows["model"] == model, "group"]))
        for model in trained_models(run)
        if model in set(rows["model"])
    }


def importance_blocks(run: SavedRun, split: str) -> list[pd.DataFrame]:
    """Return the permutation importance as a table per set of feature groups that models share.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    list of DataFrame of float64, shape (models, groups of features)
        The set of the best model first; models in the order of the summary, groups in the saved order. NaN for a model
        with a missing fold.
    """
    table, used = feature_importance(run, split), feature_groups(run, split)
    ranked = [model for model in all_models_ranked(run) if model in used]
    return [
        table.loc[[model for model in ranked if used[model] == names], list(names)]
        for names in dict.fromkeys(used[model] for model in ranked)
    ]


def _true_probabilities(run: SavedRun, split: str) -> pd.Series:
    """Return the probability of the true label per row of the hits."""
    part = run.predictions[run.predictions["split"] == split]
    probabilities = part[[f"p_{label}" for label in run.labels]].to_numpy(dtype="float64")
    codes = pd.Categorical(part["true"].astype("str"), categories=list(run.labels)).codes
    return pd.Series(probabilities[np.arange(len(part)), codes], index=part.index)
