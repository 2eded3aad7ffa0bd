"""UAR by group of clips: gender, intensity and sentence, within corpora.

Corpora differ in difficulty, so groups are compared within each corpus that has all of them, and then averaged over
these corpora. Repeats are pooled: a group of clips may lack a class within one repeat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.metrics import UAR
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.intervals import bootstrap_scores
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.scores import blank_incomplete, hits_of
from ser_bench.runs.results import SavedRun

ATTRIBUTES = ("gender", "intensity", "text")
"""The attributes that group clips; ``text`` is the sentence."""

MAX_GROUPS = 12
"""Attributes with more values make no groups, because each would hold too few clips."""

_GROUP_COLUMNS = ["model", "attribute", "group", "clips", "uar", "uar_shared"]
_GAP_COLUMNS = ["model", "attribute", "classes", "best", "worst", "gap", "low", "high", "low_of_all"]


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
        of the shared classes, or of all classes where groups share none. Scores of several corpora are means over
        :func:`compared_corpora`. Compare groups by ``uar_shared``. Clips without a value do not count; an attribute
        needs 2 to :data:`MAX_GROUPS` values.
    """
    parts = []
    for attribute in ATTRIBUTES:
        recalls = blank_incomplete(_recall_by_group(run, split, attribute), run, split)
        shared, hits = shared_classes(run, split, attribute), _grouped_hits(run, split, attribute)
        shared_hits = hits[hits["true"].isin(shared)] if shared else hits
        clips = shared_hits.groupby("group")["clip"].nunique()
        scores = {"uar": recalls.mean(axis=1), "uar_shared": recalls[shared].mean(axis=1)}
        means = pd.DataFrame(scores).groupby(level=["model", "group"], sort=False).mean()
        part = means.reset_index().assign(attribute=attribute)
        part["clips"] = part["group"].map(clips).astype("int64")
        parts.append(part[_GROUP_COLUMNS])
    joined = pd.concat(parts)
    order = joined["model"].map({model: index for index, model in enumerate(run.info.models)})
    return joined.iloc[np.argsort(order.to_numpy(dtype="int64"), kind="stable")].reset_index(drop=True)


@cached_per_run
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
    recalls = _recall_by_group(run, split, attribute)
    present = recalls.notna().groupby(level=["corpus", "group"]).any()
    return [str(label) for label in present.columns[present.all()]] if len(present) else []


def compared_corpora(run: SavedRun, split: str, attribute: str) -> tuple[str, ...]:
    """Return the corpora within which the groups of an attribute are compared: those that have every group.

    Parameters
    ----------
    run : SavedRun
    split, attribute : str

    Returns
    -------
    tuple of str
        Sorted; the empty string for a run of one corpus.
    """
    return tuple(sorted(_grouped_hits(run, split, attribute)["corpus"].unique()))


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
        ``high`` (see :func:`_gap_intervals`). ``low_of_all`` is the lower end corrected for the number of models, too:
        use it to count the models whose groups differ. Without a shared class, and for models with a missing fold, the
        names are empty and the numbers are NaN.
    """
    rows = []
    for (model, attribute), part in group_scores(run, split).groupby(["model", "attribute"], sort=False):
        shared = shared_classes(run, split, str(attribute))
        scores = part.set_index("group")["uar_shared"].dropna()
        if scores.empty:
            rows.append((model, attribute, len(shared), "", "", *[np.nan] * 4))
        else:
            best, worst, gap = str(scores.idxmax()), str(scores.idxmin()), float(scores.max() - scores.min())
            hits = _grouped_hits(run, split, str(attribute))
            hits = hits[(hits["model"] == model) & hits["true"].isin(shared)]
            pairs, models = math.comb(len(scores), 2), max(1, len(trained_models(run)))
            ends, (low_of_all, _) = _gap_intervals(hits, (best, worst), gap, (pairs, pairs * models))
            rows.append((model, attribute, len(shared), best, worst, gap, *ends, low_of_all))
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
    if not trained_models(run):
        return []
    return [attribute for attribute in ATTRIBUTES if shared_classes(run, split, attribute)]


@cached_per_run
def _grouped_hits(run: SavedRun, split: str, attribute: str) -> pd.DataFrame:
    """Return the predictions of clips with a known value, with ``group`` and ``corpus``; empty without groups."""
    recorded = run.clips.set_index("clip")[attribute]
    hits = hits_of(run, split)
    hits = hits.assign(group=hits["clip"].map(recorded[recorded != ""]), corpus="").dropna(subset=["group"])
    if not 2 <= hits["group"].nunique() <= MAX_GROUPS:
        return hits.iloc[:0]
    if run.info.corpus.corpora:
        hits["corpus"] = hits["clip"].str.split("/").str[0]
        complete = hits.groupby("corpus")["group"].nunique() == hits["group"].nunique()
        hits = hits[hits["corpus"].map(complete)]
    return hits


@cached_per_run
def _recall_by_group(run: SavedRun, split: str, attribute: str) -> pd.DataFrame:
    """Return the recall of each label (columns) per corpus, model and group."""
    hits = _grouped_hits(run, split, attribute)
    table = hits.groupby(["corpus", "model", "group", "true"])["hit"].mean().unstack()
    levels = [sorted(hits["corpus"].unique()), list(run.info.models), sorted(hits["group"].unique())]
    index = pd.MultiIndex.from_product(levels, names=["corpus", "model", "group"])
    return table.reindex(index=index, columns=list(run.labels)).astype("float64")


def _gap_intervals(
    hits: pd.DataFrame, groups: tuple[str, str], gap: float, choices: Sequence[int]
) -> list[tuple[float, float]]:
    """Return the intervals over speakers of the difference between two groups, one per number of ``choices``.

    Bonferroni's correction for the number of pairs of groups accounts for the choice of the extremes, and that for the
    number of models for the choice of a model. The difference of several corpora is the mean of theirs.
    """
    best, worst = groups
    if best == worst:
        return [(np.nan, np.nan)] * len(choices)
    parts = [part for _, part in hits[hits["group"].isin([best, worst])].groupby("corpus")]
    draws = np.mean([_difference_draws(part, best, worst) for part in parts], axis=0)
    count = int(hits.groupby("group")["speaker"].nunique()[[best, worst]].min())
    intervals = [statistics.difference_interval(draws, gap, count, 1 - statistics.ALPHA / n) for n in choices]
    return [(float(low), float(high)) for low, high in intervals]


def _difference_draws(hits: pd.DataFrame, best: str, worst: str) -> np.ndarray:
    """Return the difference between the UARs of two groups of one corpus in each draw of speakers.

    Groups that share speakers are paired: they get the same draws. Otherwise, as for genders, each group draws its own
    speakers.
    """
    groups = [hits[hits["group"] == name] for name in (best, worst)]
    speakers = [sorted(group["speaker"].unique()) for group in groups]
    if set(speakers[0]) & set(speakers[1]):
        speakers = [sorted({*speakers[0], *speakers[1]})] * 2
    labels = sorted(hits["true"].unique())
    first, second = (_draws(group, names, labels) for group, names in zip(groups, speakers, strict=True))
    return np.asarray(first - second)


def _draws(hits: pd.DataFrame, speakers: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """Return the UAR of some predictions in each draw of speakers."""
    counts = hits.groupby(["speaker", "true"])["hit"].agg(["sum", "count"])
    cells = pd.MultiIndex.from_product([speakers, labels])
    right, clips = counts.reindex(cells, fill_value=0).to_numpy().T.reshape(2, 1, len(speakers), len(labels))
    # UAR does not depend on the clips predicted as a class
    tallies = statistics.Tallies(hits=right, recorded=clips, predicted=clips)
    return bootstrap_scores((tuple(speakers), tallies), {"uar": UAR})["uar"]
