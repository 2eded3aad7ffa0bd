"""Scores under recording conditions, and what a condition costs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.conditions.collapse import collapse_columns
from ser_bench.report.analysis.conditions.counts import condition_counts, ends, uar_draws
from ser_bench.report.analysis.conditions.tested import has_conditions, heard_families
from ser_bench.runs.results import SavedRun

COLUMNS = (
    *("model", "split", "condition", "family", "kind", "level", "unit"),
    *("uar", "uar_low", "uar_high", "loss", "loss_low", "loss_high", "heard_in_training", "clips"),
    *("excess_label", "predicted_share", "recorded_share", "clean_share", "collapsed"),
)
"""The columns of ``conditions.csv``."""


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
    table = table.assign(**_described(run, table), **collapse_columns(run, counts))
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
