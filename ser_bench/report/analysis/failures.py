"""Where models fail: by class, by group of clips, by confidence and by clip; and which features they use.

Scores are fractions and repeats are pooled: a group of clips may lack a class within one repeat. A model with a missing
fold has NaN, as in :mod:`ser_bench.report.analysis.scores`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.metrics import UAR
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.intervals import bootstrap_scores
from ser_bench.report.analysis.models import BASELINES, trained_models
from ser_bench.report.analysis.scores import blank_incomplete, missing_folds
from ser_bench.runs.results import SavedRun

ATTRIBUTES = ("gender", "intensity", "text")
"""The attributes that group clips; ``text`` is the sentence."""

MAX_GROUPS = 12
"""Attributes with more values make no groups, because each would hold too few clips."""

BINS = 10
"""Equally wide bins of confidence."""

MIN_PROBABILITY = 0.001
"""Lower probabilities count as this one in losses, so that a single model with a zero does not decide the mean."""

_TINY = 1e-30
"""Least probability in the order of clips whose losses are equal, as those of a few confident models are."""

_GROUP_COLUMNS = ["model", "attribute", "group", "clips", "uar", "uar_shared"]
_GAP_COLUMNS = ["model", "attribute", "classes", "best", "worst", "gap", "low", "high"]
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
    hits = _hits(run, split)
    table = hits.groupby(["model", "true"])["hit"].mean().unstack()
    table = table.reindex(index=list(run.info.models), columns=list(run.labels))
    table.index.name, table.columns.name = "model", "label"
    return blank_incomplete(table, run, split)


@cached_per_run
def group_scores(run: SavedRun, split: str) -> pd.DataFrame:
    """Return UAR per model and group of clips that share the value of an attribute.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame
        ``model``, ``attribute`` (a value of :data:`ATTRIBUTES`), ``group``, ``uar`` over the classes of the group,
        ``uar_shared`` over the classes of every group (:func:`shared_classes`), and ``clips``, the distinct test clips
        of the shared classes, or of all classes where groups share none. Compare groups by ``uar_shared``. Clips
        without a value do not count; an attribute needs 2 to :data:`MAX_GROUPS` values.
    """
    parts = []
    for attribute in ATTRIBUTES:
        table = _recall_by_group(run, split, attribute)
        shared, hits = shared_classes(run, split, attribute), _hits(run, split)
        shared_hits = hits[hits["true"].isin(shared)] if shared else hits
        clips = shared_hits.groupby(_values(run, split, attribute))["clip"].nunique()
        scores = {"uar": table.mean(axis=1), "uar_shared": table[shared].mean(axis=1)}
        part = pd.DataFrame(scores).reset_index().assign(attribute=attribute)
        part["clips"] = part["group"].map(clips).astype("int64")
        parts.append(part[_GROUP_COLUMNS])
    joined = pd.concat(parts)
    order = joined["model"].map({model: index for index, model in enumerate(run.info.models)})
    return joined.iloc[np.argsort(order.to_numpy(dtype="int64"), kind="stable")].reset_index(drop=True)


def shared_classes(run: SavedRun, split: str, attribute: str) -> list[str]:
    """Return the labels that every group of an attribute has clips of.

    UAR depends on the number of classes: RAVDESS has neutral speech in normal intensity only, so its two intensities
    are comparable without neutral only.

    Parameters
    ----------
    run : SavedRun
    split, attribute : str

    Returns
    -------
    list of str
        In the order of the run's labels.
    """
    present = _recall_by_group(run, split, attribute, blank=False).notna().groupby(level="group").any()
    return [str(label) for label in present.columns[present.all()]] if len(present) else []


@cached_per_run
def group_gaps(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the difference between the best and the worst group per model and attribute, with its interval.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame
        ``model``, ``attribute``, ``classes`` (the number of :func:`shared_classes`), ``best`` and ``worst`` (groups,
        the first by name of equal ones), and ``gap`` in UAR over the shared classes, with its 95 % interval ``low`` and
        ``high`` (see :func:`_gap_interval`). Without a shared class, and for models with a missing fold, the names are
        empty and the numbers are NaN.
    """
    rows = []
    for (model, attribute), part in group_scores(run, split).groupby(["model", "attribute"], sort=False):
        shared = shared_classes(run, split, str(attribute))
        scores = part.set_index("group")["uar_shared"].dropna()
        if scores.empty:
            rows.append((model, attribute, len(shared), "", "", np.nan, np.nan, np.nan))
        else:
            best, worst, gap = str(scores.idxmax()), str(scores.idxmin()), float(scores.max() - scores.min())
            hits = _hits(run, split).assign(group=_values(run, split, str(attribute)))
            hits = hits[(hits["model"] == model) & hits["true"].isin(shared)]
            low, high = _gap_interval(hits, best, worst, gap, math.comb(len(scores), 2))
            rows.append((model, attribute, len(shared), best, worst, gap, low, high))
    return pd.DataFrame(rows, columns=_GAP_COLUMNS)


def comparable_attributes(run: SavedRun, split: str) -> list[str]:
    """Return the attributes whose groups share a class.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    list of str
    """
    gaps = group_gaps(run, split)
    comparable = gaps[(gaps["classes"] > 0) & gaps["model"].isin(trained_models(run))]
    return list(dict.fromkeys(comparable["attribute"]))


def model_calibration(run: SavedRun, model: str, split: str) -> statistics.Calibration:
    """Compare a model's confidence, its highest probability per clip, with its accuracy in :data:`BINS` bins.

    Parameters
    ----------
    run : SavedRun
    model, split : str

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        For a baseline, and for a model with a missing fold.
    """
    if model in BASELINES or missing_folds(run)[model, split]:
        raise ValueError(f"{model} is a baseline or misses folds of the {split} split; it has no calibration")
    frame = run.predictions
    part = frame[(frame["model"] == model) & (frame["split"] == split)]
    # Probabilities are saved as float32: rounding puts 0.3 and 0.7 back on the edges of their bins.
    confidence = part[[f"p_{label}" for label in run.labels]].max(axis=1).astype("float64").round(6)
    return statistics.calibration(confidence, part["true"] == part["predicted"], bins=BINS)


@cached_per_run
def calibration_errors(run: SavedRun, split: str) -> pd.Series:
    """Return the expected calibration error per model, without the baselines.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    Series of float64, index model
        Fractions; NaN for a model with a missing fold.
    """
    notes = missing_folds(run)
    errors = {
        model: np.nan if notes[model, split] else model_calibration(run, model, split).ece
        for model in trained_models(run)
    }
    return pd.Series(errors, dtype="float64", name="ece").rename_axis("model")


@cached_per_run
def hardest_clips(run: SavedRun, split: str, most: int = 12) -> pd.DataFrame:
    """Return the clips with the highest loss, over all complete models without the baselines.

    The loss is the mean of the negative natural logarithm of the true label's probability, over models and repeats.
    Clips that no model classifies wrongly are left out.

    Parameters
    ----------
    run : SavedRun
    split : str
    most : int
        The most clips to return.

    Returns
    -------
    DataFrame
        The highest loss first; of equal ones, the lowest probabilities.
        ``clip``, ``speaker``, ``gender``, ``text``, ``intensity``, ``true``, ``loss``,
        ``share_wrong`` of the predictions of all models and repeats, ``most_common_prediction`` (the first label of
        equally common ones; it may be the true one), its ``most_common_share``, and ``path``.
    """
    complete = [model for model in trained_models(run) if not missing_folds(run)[model, split]]
    hits = _hits(run, split)
    hits = hits[hits["model"].isin(complete)]
    answers = hits.groupby(["clip", "predicted"]).size().unstack(fill_value=0)
    answers = answers.reindex(columns=list(run.labels), fill_value=0)
    shares = answers.div(answers.sum(axis=1), axis=0)
    losses, exact = (
        _losses(run, split, least)[hits.index].groupby(hits["clip"]).mean() for least in (MIN_PROBABILITY, _TINY)
    )
    table = pd.DataFrame({"loss": losses, "exact": exact, "share_wrong": 1 - hits.groupby("clip")["hit"].mean()})
    table["true"] = hits.groupby("clip")["true"].first()
    table["most_common_prediction"] = shares.idxmax(axis=1) if len(shares) else ""
    table["most_common_share"] = shares.max(axis=1)
    table = table.join(run.clips.set_index("clip")[[*_CLIP_COLUMNS, "path"]])
    table = table[table["share_wrong"] > 0].rename_axis("clip").reset_index()
    table[["rank", "next"]] = -table[["loss", "exact"]].round(statistics.DECIMALS)
    table = table.sort_values(["rank", "next", "clip"], ignore_index=True).head(most)
    shares = ["loss", "share_wrong", "most_common_prediction", "most_common_share"]
    return table[["clip", *_CLIP_COLUMNS, "true", *shares, "path"]]


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


@cached_per_run
def _hits(run: SavedRun, split: str) -> pd.DataFrame:
    """Return a row per prediction of a split, with names as plain text and ``hit`` where it is right."""
    part = run.predictions[run.predictions["split"] == split]
    names = {name: part[name].astype("str") for name in ("model", "clip", "speaker", "true", "predicted")}
    return pd.DataFrame({**names, "hit": part["true"] == part["predicted"]})


def _losses(run: SavedRun, split: str, least: float) -> pd.Series:
    """Return −log of the true label's probability, or of ``least`` where it is lower, per row of :func:`_hits`."""
    part = run.predictions[run.predictions["split"] == split]
    probabilities = part[[f"p_{label}" for label in run.labels]].to_numpy(dtype="float64")
    codes = pd.Categorical(part["true"].astype("str"), categories=list(run.labels)).codes
    chosen = probabilities[np.arange(len(part)), codes]
    return pd.Series(-np.log(np.maximum(chosen, least)), index=part.index)


@cached_per_run
def _values(run: SavedRun, split: str, attribute: str) -> pd.Series:
    """Return an attribute's value per row of :func:`_hits`; NaN where unknown, or everywhere if it makes no groups."""
    recorded = run.clips.set_index("clip")[attribute]
    values = _hits(run, split)["clip"].map(recorded[recorded != ""]).rename("group")
    return values if 2 <= values.nunique() <= MAX_GROUPS else values.where(np.zeros(len(values), dtype=bool))


def _recall_by_group(run: SavedRun, split: str, attribute: str, *, blank: bool = True) -> pd.DataFrame:
    """Return the recall of each label (columns) per model and group, groups sorted; ``blank`` incomplete models."""
    values, hits = _values(run, split, attribute), _hits(run, split)
    table = hits.groupby(["model", values, "true"])["hit"].mean().unstack()
    levels = [list(run.info.models), sorted(values.dropna().unique())]
    index = pd.MultiIndex.from_product(levels, names=["model", "group"])
    table = table.reindex(index=index, columns=list(run.labels)).astype("float64")
    return blank_incomplete(table, run, split) if blank else table


def _gap_interval(hits: pd.DataFrame, best: str, worst: str, gap: float, pairs: int) -> tuple[float, float]:
    """Return the interval over speakers of the difference between two groups, chosen among ``pairs`` pairs.

    Groups that share speakers are paired: they get the same draws. Otherwise, as for genders, each group draws its own
    speakers. Bonferroni's correction for the number of pairs accounts for the choice of the extremes.
    """
    groups = [hits[hits["group"] == name] for name in (best, worst)]
    speakers = [sorted(set(group["speaker"])) for group in groups]
    count = min(map(len, speakers))
    if best == worst:
        return np.nan, np.nan
    if set(speakers[0]) & set(speakers[1]):
        speakers = [sorted({*speakers[0], *speakers[1]})] * 2
    labels = sorted(set(hits["true"]))
    first, second = (_draws(group, names, labels) for group, names in zip(groups, speakers, strict=True))
    low, high = statistics.difference_interval(first - second, gap, count, 1 - statistics.ALPHA / pairs)
    return float(low), float(high)


def _draws(hits: pd.DataFrame, speakers: list[str], labels: list[str]) -> np.ndarray:
    """Return the UAR of some predictions in each draw of speakers."""
    counts = hits.groupby(["speaker", "true"])["hit"].agg(["sum", "count"])
    cells = pd.MultiIndex.from_product([speakers, labels])
    right, clips = counts.reindex(cells, fill_value=0).to_numpy().T.reshape(2, 1, len(speakers), len(labels))
    # UAR does not depend on the clips predicted as a class
    tallies = statistics.Tallies(hits=right, recorded=clips, predicted=clips)
    return bootstrap_scores((tuple(speakers), tallies), {"uar": UAR})["uar"]
