"""Scores under recording conditions, what a condition costs, and the label that predictions collapse to.

Predictions collapse to a label if the model predicts it too often under a condition, and more often than for the same
clips as recorded. Too often is twice its recorded share, or half of the clips of other labels where these are fewer,
and at least the share of a label if all were equally frequent. The test is a paired interval over speakers with
Bonferroni's correction for labels and conditions, because the data choose both.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.condition_counts import ConditionCounts, Floats, condition_counts, ends, uar_draws
from ser_bench.report.analysis.intervals import speaker_draws
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import ConditionInfo

COLUMNS = (
    *("model", "split", "condition", "family", "kind", "level", "unit"),
    *("uar", "uar_low", "uar_high", "loss", "loss_low", "loss_high", "heard_in_training", "clips"),
    *("excess_label", "predicted_share", "recorded_share", "clean_share", "collapsed"),
)
"""The columns of ``conditions.csv``."""


def has_conditions(run: SavedRun) -> bool:
    """Return whether a run tested its models under recording conditions.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    bool
    """
    return bool(run.info.conditions)


@cached_per_run
def audible_conditions(run: SavedRun) -> tuple[ConditionInfo, ...]:
    """Return the conditions of a run that change a clip audibly, without those that could change no clip.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of ConditionInfo
        In the order of the run.
    """
    tested = set(run.under_conditions["condition"].unique())
    return tuple(condition for condition in run.info.conditions if condition.audible and condition.name in tested)


def heard_families(run: SavedRun, model: str) -> tuple[str, ...]:
    """Return the families of conditions that a model heard in training.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    tuple of str
        In the order in which the model states them; empty for a model that trains on clips as recorded.
    """
    return tuple(dict.fromkeys(run.info.trained_under.get(model, {}).values()))


@cached_per_run
def condition_scores(run: SavedRun) -> pd.DataFrame:
    """Return UAR and its loss per model, split and condition, the table of ``conditions.csv``.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`; per model and split a row for ``clean`` and one per condition, in the order of the run.
        ``uar`` is pooled over folds and averaged over repeats, of the ``clips`` that the model has under the condition.
        ``loss`` is the UAR of the same clips as recorded minus ``uar``, NaN for ``clean``. Both have 95 % intervals
        over speakers, NaN for fewer than :data:`~ser_bench.report.analysis.intervals.MIN_SPEAKERS` speakers.
        ``heard_in_training`` is ``yes`` if the model heard a condition of the family in training, and for ``clean``.
        ``excess_label`` is the label that exceeds its recorded share, and its predicted share of the same clips as
        recorded, most; empty if none does. ``collapsed`` is ``yes`` or ``no``, empty where it is not tested. Numbers
        are NaN where a fold is missing. Empty for a run without conditions.
    """
    splits = run.info.splits if has_conditions(run) else ()
    tables = [_table(run, split) for split in splits]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def scores_under(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the rows of :func:`condition_scores` of one split.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame, index (model, condition)
    """
    table = condition_scores(run)
    return table[table["split"] == split].set_index(["model", "condition"])


def condition_matrix(run: SavedRun, split: str, column: str = "uar") -> pd.DataFrame:
    """Return a column of :func:`condition_scores` by model and condition.

    Parameters
    ----------
    run : SavedRun
    split : str
    column : str

    Returns
    -------
    DataFrame, shape (models, conditions)
        In the order of the run, ``clean`` first.
    """
    table = condition_scores(run)
    table = table[table["split"] == split]
    cells = table.pivot(index="model", columns="condition", values=column)
    return cells.reindex(index=list(run.info.models), columns=list(dict.fromkeys(table["condition"])))


def _table(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the rows of one split."""
    counts, uar = condition_counts(run, split), uar_draws(run, split)
    speakers, loss = counts.speaker_counts, uar.clean - uar.changed
    loss[:, 0] = np.nan
    low, high = ends(statistics.score_interval, uar.changed_draws, uar.changed, speakers)
    loss_draws = uar.clean_draws - uar.changed_draws
    loss_low, loss_high = ends(statistics.difference_interval, loss_draws, loss, speakers)
    numbers: dict[str, np.ndarray] = {"uar": uar.changed, "uar_low": low, "uar_high": high}
    numbers |= {"loss": loss, "loss_low": loss_low, "loss_high": loss_high, "clips": counts.clips}
    cells = pd.MultiIndex.from_product([counts.models, counts.conditions], names=["model", "condition"])
    table = cells.to_frame(index=False).assign(split=split, **{name: part.ravel() for name, part in numbers.items()})
    table = table.assign(**_described(run, table), **_collapse(run, counts))
    return table[list(COLUMNS)]


def _described(run: SavedRun, table: pd.DataFrame) -> dict[str, list[object]]:
    """Return what the run says about the condition of each row, and whether its model heard the family."""
    facts = {condition.name: condition for condition in run.info.conditions}
    rows = [facts.get(name) for name in table["condition"]]
    heard = {model: heard_families(run, model) for model in run.info.models}
    return {
        "family": [row.family if row else "" for row in rows],
        "kind": [row.kind if row else "" for row in rows],
        "level": [np.nan if row is None or row.level is None else row.level for row in rows],
        "unit": [row.unit if row else "" for row in rows],
        "heard_in_training": [
            "yes" if row is None or row.family in heard[model] else "no"
            for row, model in zip(rows, table["model"], strict=True)
        ],
    }


def _collapse(run: SavedRun, counts: ConditionCounts) -> dict[str, object]:
    """Return the label in excess of each cell, its shares, and whether predictions collapse to it."""
    changed, clean, recorded = _shares(counts)
    excess = np.minimum(changed - recorded, changed - clean)
    label = np.nanargmax(np.nan_to_num(excess, nan=-1.0), axis=-1)
    exceeds = np.take_along_axis(excess, label[..., np.newaxis], -1)[..., 0] > 0
    shares = [
        np.where(exceeds, np.take_along_axis(part, label[..., np.newaxis], -1)[..., 0], np.nan)
        for part in (changed, clean, recorded)
    ]
    lowest = _lowest_excess(run, counts, label, shares)
    often = shares[0] >= np.maximum(np.minimum(2 * shares[2], (1 + shares[2]) / 2), 1 / len(run.labels))
    tested = counts.complete[:, np.newaxis] & (counts.speaker_counts >= statistics.MIN_SPEAKERS)
    tested[:, 0] = False
    collapsed = np.where(tested, np.where(often & (lowest > 0), "yes", "no"), "")
    names = np.where(exceeds, np.array(run.labels, dtype=object)[label], "")
    columns = {"excess_label": names, "predicted_share": shares[0], "recorded_share": shares[2]}
    columns |= {"clean_share": shares[1], "collapsed": collapsed}
    return {name: part.ravel() for name, part in columns.items()}


def _shares(counts: ConditionCounts) -> tuple[Floats, Floats, Floats]:
    """Return the share of each label: predicted, predicted as recorded, and recorded; NaN where a fold is missing."""
    parts = [
        part.sum(axis=(2, 3)).astype(np.float64)
        for part in (counts.changed.predicted, counts.clean.predicted, counts.changed.recorded)
    ]
    total = parts[2].sum(axis=-1, keepdims=True)
    total[(total == 0) | ~counts.complete[:, np.newaxis, np.newaxis]] = np.nan
    first, second, third = (part / total for part in parts)
    return first, second, third


def _lowest_excess(run: SavedRun, counts: ConditionCounts, label: np.ndarray, shares: list[Floats]) -> Floats:
    """Return the lower end of the excess over both shares, per cell; NaN for too few speakers."""
    draws = speaker_draws(counts.speakers).astype(np.float64)
    tests = len(run.labels) * max(1, len(counts.conditions) - 1)

    def drawn(part: np.ndarray) -> Floats:
        of_label = np.take_along_axis(part.sum(axis=2), label[..., np.newaxis, np.newaxis], -1)[..., 0]
        return of_label @ draws.T

    total = counts.changed.recorded.sum(axis=(2, 4)) @ draws.T
    total[total == 0] = np.nan
    changed = drawn(counts.changed.predicted)
    low = [
        ends(
            statistics.difference_interval,
            (changed - drawn(part)) / total,
            shares[0] - share,
            counts.speaker_counts,
            1 - statistics.ALPHA / tests,
        )[0]
        for part, share in zip((counts.clean.predicted, counts.changed.recorded), shares[1:], strict=True)
    ]
    return np.minimum(*low)
