"""Where models fail: by class, by group of clips, by confidence, by clip, and by what they go by.

All from a run's saved tables. Scores are fractions. Repeats are pooled: with fewer clips in a group than in
the whole, a repeat alone may lack a class. A model that missed a fold has NaN, as in
:mod:`ser_bench.report.analysis.scores`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.scores import BASELINES, cached_per_run, missing_folds
from ser_bench.runs.results import SavedRun

ATTRIBUTES = ("gender", "intensity", "text")
"""What is known of a clip besides speaker and label; ``text`` is the sentence."""

MOST_GROUPS = 12
"""Attributes with more values than this are left out: their groups are too small to say anything."""

BINS = 10
"""Equally wide bins of confidence."""

_GROUP_COLUMNS = ["model", "attribute", "group", "clips", "uar", "uar_shared"]
_GAP_COLUMNS = ["model", "attribute", "classes", "best", "worst", "gap"]
_CLIP_FACTS = ["speaker", "gender", "text", "intensity"]


def trained_models(run: SavedRun) -> list[str]:
    """Return the run's models that are no baselines, in the run's order."""
    return [model for model in run.info.models if model not in BASELINES]


@cached_per_run
def recall_by_class(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the recall of each label (columns) per model, hits over clips of all repeats.

    NaN for a label that nobody spoke, and in the rows of models that fell short.
    """
    hits = _hits(run, split)
    table = hits.groupby(["model", "true"])["hit"].mean().unstack()
    table = table.reindex(index=list(run.info.models), columns=list(run.labels))
    table.index.name, table.columns.name = "model", "label"
    return _without_short(table, run, split)


@cached_per_run
def group_scores(run: SavedRun, split: str) -> pd.DataFrame:
    """Return a row per model, attribute and group of clips that share its value.

    Columns: ``model``, ``attribute`` (see :data:`ATTRIBUTES`), ``group``, ``clips`` (different clips tested),
    ``uar`` over the classes spoken in the group, and ``uar_shared`` over those spoken in every group of the
    attribute (see :func:`shared_classes`), which alone may be compared between groups. Clips of unknown
    value are left out, and so are attributes with one value or more than :data:`MOST_GROUPS`.
    """
    parts = []
    for attribute in ATTRIBUTES:
        table = _recalls_by_group(run, split, attribute)
        clips = _hits(run, split).groupby(_values(run, split, attribute))["clip"].nunique()
        shared = shared_classes(run, split, attribute)
        scores = {"uar": table.mean(axis=1), "uar_shared": table[shared].mean(axis=1)}
        part = pd.DataFrame(scores).reset_index().assign(attribute=attribute)
        part["clips"] = part["group"].map(clips).astype("int64")
        parts.append(part[_GROUP_COLUMNS])
    joined = pd.concat(parts)
    places = joined["model"].map({model: place for place, model in enumerate(run.info.models)})
    return joined.iloc[np.argsort(places.to_numpy(dtype="int64"), kind="stable")].reset_index(drop=True)


def shared_classes(run: SavedRun, split: str, attribute: str) -> list[str]:
    """Return the labels spoken in every group of an attribute, in the run's order.

    A group's UAR depends on which classes it has to tell: RAVDESS has neutral speech in normal intensity
    only, so the groups of intensity may only be compared without it.
    """
    spoken = _recalls_by_group(run, split, attribute, blank=False).notna().groupby(level="group").any()
    return [str(label) for label in spoken.columns[spoken.all()]] if len(spoken) else []


@cached_per_run
def group_gaps(run: SavedRun, split: str) -> pd.DataFrame:
    """Return a row per model and attribute: how far apart its best and its worst group are.

    Columns: ``model``, ``attribute``, ``classes`` (how many all groups share, see :func:`shared_classes`),
    ``best`` and ``worst`` (names of groups, the first by name where several are equal), and ``gap``, the
    difference of their UARs over the shared classes. Without a shared class, as between genders when
    gender itself is the target, and for models that fell short, the names are empty and the gap is NaN.
    """
    rows = []
    for (model, attribute), part in group_scores(run, split).groupby(["model", "attribute"], sort=False):
        classes = len(shared_classes(run, split, str(attribute)))
        scores = part.set_index("group")["uar_shared"].dropna()
        if scores.empty:
            rows.append((model, attribute, classes, "", "", np.nan))
        else:
            gap = float(scores.max() - scores.min())
            rows.append((model, attribute, classes, scores.idxmax(), scores.idxmin(), gap))
    return pd.DataFrame(rows, columns=_GAP_COLUMNS)


def comparable_attributes(run: SavedRun, split: str) -> list[str]:
    """Return the attributes whose groups share a class, so that learners can be compared over them."""
    gaps = group_gaps(run, split)
    known = gaps[(gaps["classes"] > 0) & gaps["model"].isin(trained_models(run))]
    return list(dict.fromkeys(known["attribute"]))


def model_calibration(run: SavedRun, model: str, split: str) -> statistics.Calibration:
    """Compare a learner's highest probability per clip with how often its answer was right, in ten bins.

    Raises ValueError for a baseline, whose probabilities tell nothing of a voice, and for a model that fell short.
    """
    if model in BASELINES or missing_folds(run)[model, split]:
        raise ValueError(f"{model} is a baseline or misses folds of the {split} split: it has no calibration")
    frame = run.predictions
    part = frame[(frame["model"] == model) & (frame["split"] == split)]
    # Saved as float32, where 0.3 lies above and 0.7 below the edge of its bin: as many digits as float32 holds.
    confidence = part[[f"p_{label}" for label in run.labels]].max(axis=1).astype("float64").round(6)
    return statistics.calibration(confidence, part["true"] == part["predicted"], bins=BINS)


@cached_per_run
def calibration_errors(run: SavedRun, split: str) -> pd.Series:
    """Return the expected calibration error per learner as a fraction, NaN for those that fell short."""
    notes = missing_folds(run)
    errors = {
        model: np.nan if notes[model, split] else model_calibration(run, model, split).ece
        for model in trained_models(run)
    }
    return pd.Series(errors, dtype="float64", name="ece").rename_axis("model")


@cached_per_run
def hardest_clips(run: SavedRun, split: str, most: int = 12) -> pd.DataFrame:
    """Return at most ``most`` clips that some learner got wrong, those that most got wrong first.

    Columns: ``clip``, ``speaker``, ``gender``, ``text``, ``intensity``, ``true``, ``share_wrong`` of the answers
    of all learners that finished and all repeats, ``commonest_answer`` (the right one included; the first
    label where several are equal) with its ``commonest_share``, and ``path``. Equally hard clips are
    ordered by name.
    """
    told = [model for model in trained_models(run) if not missing_folds(run)[model, split]]
    hits = _hits(run, split)
    hits = hits[hits["model"].isin(told)]
    answers = hits.groupby(["clip", "predicted"]).size().unstack(fill_value=0)
    answers = answers.reindex(columns=list(run.labels), fill_value=0)
    shares = answers.div(answers.sum(axis=1), axis=0)
    table = pd.DataFrame({"share_wrong": 1 - hits.groupby("clip")["hit"].mean()})
    table["true"] = hits.groupby("clip")["true"].first()
    table["commonest_answer"] = shares.idxmax(axis=1) if len(shares) else ""
    table["commonest_share"] = shares.max(axis=1)
    table = table.join(run.clips.set_index("clip")[[*_CLIP_FACTS, "path"]])
    table = table[table["share_wrong"] > 0].rename_axis("clip").reset_index()
    table = table.sort_values(["share_wrong", "clip"], ascending=[False, True], ignore_index=True).head(most)
    return table[["clip", *_CLIP_FACTS, "true", "share_wrong", "commonest_answer", "commonest_share", "path"]]


@cached_per_run
def feature_importance(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the UAR that shuffling a group of features (columns) costs each learner, the mean over folds.

    NaN where a learner does not use the group, and in the rows of learners that fell short. Empty where the
    run measured nothing: it does so only on new voices, and with two groups or more.
    """
    rows = run.importance
    rows = rows[(rows["split"] == split) & rows["model"].isin(trained_models(run))]
    lost = (rows["uar"] - rows["uar_shuffled"]).groupby([rows["model"], rows["group"]]).mean().unstack()
    told = [model for model in trained_models(run) if model in lost.index]
    return _without_short(lost.reindex(index=told, columns=list(dict.fromkeys(rows["group"]))), run, split)


def feature_groups(run: SavedRun, split: str) -> dict[str, tuple[str, ...]]:
    """Return the groups of features that were shuffled for each learner, in the order they were saved."""
    rows = run.importance[run.importance["split"] == split]
    return {
        model: tuple(dict.fromkeys(rows.loc[rows["model"] == model, "group"]))
        for model in trained_models(run)
        if model in set(rows["model"])
    }


@cached_per_run
def _hits(run: SavedRun, split: str) -> pd.DataFrame:
    """Return a row per prediction of a split, its names as plain text and ``hit`` where it was right."""
    part = run.predictions[run.predictions["split"] == split]
    names = {name: part[name].astype("str") for name in ("model", "clip", "true", "predicted")}
    return pd.DataFrame({**names, "hit": part["true"] == part["predicted"]})


@cached_per_run
def _values(run: SavedRun, split: str, attribute: str) -> pd.Series:
    """Return an attribute's value per row of :func:`_hits`, NaN where unknown or where groups say nothing."""
    known = run.clips.set_index("clip")[attribute]
    values = _hits(run, split)["clip"].map(known[known != ""]).rename("group")
    return values if 2 <= values.nunique() <= MOST_GROUPS else values.where(np.zeros(len(values), dtype=bool))


def _recalls_by_group(run: SavedRun, split: str, attribute: str, *, blank: bool = True) -> pd.DataFrame:
    """Return the recall of each label (columns) per model and group, NaN where it was not spoken.

    ``blank`` makes the rows of models that fell short NaN; groups are in the order of their names.
    """
    values, hits = _values(run, split, attribute), _hits(run, split)
    table = hits.groupby(["model", values, "true"])["hit"].mean().unstack()
    every = [run.info.models, sorted(values.dropna().unique())]
    index = pd.MultiIndex.from_product(every, names=["model", "group"])
    table = table.reindex(index=index, columns=list(run.labels)).astype("float64")
    return _without_short(table, run, split) if blank else table


def _without_short(table: pd.DataFrame, run: SavedRun, split: str) -> pd.DataFrame:
    """Make the rows of models that fell short NaN."""
    notes = missing_folds(run)
    complete = [notes[model, split] == "" for model in table.index.get_level_values("model")]
    table.loc[np.logical_not(complete)] = np.nan
    return table
