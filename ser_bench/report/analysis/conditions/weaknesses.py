"""Where models are weak under recording conditions: the largest losses, and other models that are better there.

The data choose the largest loss, and the better models, so Bonferroni's correction counts every comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.conditions.counts import condition_counts, ends, uar_draws
from ser_bench.report.analysis.conditions.levels import LevelledKind, levelled_kinds
from ser_bench.report.analysis.conditions.tested import audible_conditions, heard_families
from ser_bench.report.analysis.exposure import ranked_learners
from ser_bench.report.analysis.ranking import best_model
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import ConditionInfo


@dataclass(frozen=True)
class WorstCondition:
    """The common condition with the largest loss of a model, under the split that ranks the models.

    Parameters
    ----------
    model : str
    condition : ConditionInfo
    clean, uar : float
        UAR of the same clips as recorded and under the condition, fractions.
    low, high : float
        The interval of the loss, corrected for the number of conditions; NaN for too few speakers.
    conditions : int
        The number of common conditions with a loss.
    heard : bool
        Whether the model heard the family of the condition in training.
    clips, all_clips : int
        Clips under the condition, and all clips.
    """

    model: str
    condition: ConditionInfo
    clean: float
    uar: float
    low: float
    high: float
    conditions: int
    heard: bool
    clips: int
    all_clips: int


@cached_per_run
def corrected_losses(run: SavedRun, model: str, conditions: tuple[str, ...]) -> pd.DataFrame:
    """Return what a model loses under conditions, with intervals that hold for all of them together.

    Parameters
    ----------
    run : SavedRun
    model : str
    conditions : tuple of str

    Returns
    -------
    DataFrame, index condition
        ``clean`` and ``uar``, of the same clips as recorded and under the condition; ``loss``, their difference with
        its interval ``low`` and ``high`` under Bonferroni's correction; ``clips``. Under the split that ranks the
        models. Without conditions that have no score.
    """
    split, row = ranking_split(run.info.splits), run.info.models.index(model)
    counts, uar = condition_counts(run, split), uar_draws(run, split)
    tested = [counts.conditions.index(name) for name in conditions]
    clean, changed = uar.clean[row, tested], uar.changed[row, tested]
    low, high = ends(
        statistics.difference_interval,
        uar.clean_draws[row, tested] - uar.changed_draws[row, tested],
        clean - changed,
        counts.speaker_counts[row, tested],
        1 - statistics.ALPHA / max(1, len(tested)),
    )
    columns = {"clean": clean, "uar": changed, "loss": clean - changed, "low": low, "high": high}
    table = pd.DataFrame(columns, index=list(conditions)).assign(clips=counts.clips[row, tested])
    return table.dropna(subset="loss")


@cached_per_run
def worst_common(run: SavedRun, model: str = "") -> WorstCondition | None:
    """Return the common condition under which a model loses most.

    Parameters
    ----------
    run : SavedRun
    model : str
        Empty for :func:`best_model`.

    Returns
    -------
    WorstCondition or None
        None without a common condition or a model with a score.
    """
    common = {condition.name: condition for condition in run.info.conditions if condition.common}
    name = (model or best_model(run)) if common else None
    losses = corrected_losses(run, name, tuple(common)) if name else pd.DataFrame()
    if name is None or losses.empty:
        return None
    row = losses.loc[losses["loss"].idxmax()]
    condition, counts = common[str(row.name)], condition_counts(run, ranking_split(run.info.splits))
    return WorstCondition(
        model=name,
        condition=condition,
        **{column: float(row[column]) for column in ("clean", "uar", "low", "high")},
        conditions=len(losses),
        heard=condition.family in heard_families(run, name),
        clips=int(row["clips"]),
        all_clips=int(counts.clips[run.info.models.index(name), 0]),
    )


@cached_per_run
def steepest_kind(run: SavedRun) -> LevelledKind | None:
    """Return the kind of conditions whose levels cost the best model most, from the mildest to the hardest.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    LevelledKind or None
        None without a model, or a kind with a UAR at several levels.
    """
    kinds, best = levelled_kinds(run), best_model(run)
    if best is None or not kinds:
        return None
    uar = corrected_losses(run, best, tuple(name for kind in kinds for name in kind.conditions))["uar"]
    scored = [kind for kind in kinds if all(name in uar for name in kind.conditions)]
    return max(scored, key=lambda kind: uar[kind.conditions[0]] - uar[kind.conditions[-1]], default=None)


@cached_per_run
def worst_against(run: SavedRun, best: str, model: str) -> ConditionInfo | None:
    """Return the common condition under which a model is most below another one.

    Parameters
    ----------
    run : SavedRun
    best, model : str

    Returns
    -------
    ConditionInfo or None
        None where the model is not significantly worse under any common condition, with Bonferroni's correction.
    """
    common = [condition for condition in run.info.conditions if condition.common]
    if not common:
        return None
    difference, _, high = _differences(run, best, [model], [condition.name for condition in common])
    worse = np.where(high[0] < 0, difference[0], 0.0)
    return common[int(worse.argmin())] if worse.min() < 0 else None


@cached_per_run
def overtaken(run: SavedRun) -> pd.DataFrame:
    """Return the models that are significantly better than the best model under an audible condition.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        ``condition`` and ``model``; ``difference``, the UAR of the model minus that of the model that is best on clips
        as recorded, with its interval ``low`` and ``high`` from paired draws of speakers under Bonferroni's correction
        for models and conditions; ``heard``, whether the model heard the family in training. In the order of the run,
        under the split that ranks the models. Two models that lack different clips are not compared.
    """
    best, columns = best_model(run), ["condition", "model", "difference", "low", "high", "heard"]
    others = [name for name in ranked_learners(run) if name != best]
    audible = audible_conditions(run)
    if best is None or not audible or not others:
        return pd.DataFrame(columns=columns)
    difference, low, high = _differences(run, best, others, [condition.name for condition in audible])
    rows = []
    for column, row in zip(*np.nonzero((low > 0).T), strict=True):
        condition, model = audible[column], others[row]
        heard = condition.family in heard_families(run, model)
        rows.append((condition.name, model, difference[row, column], low[row, column], high[row, column], heard))
    return pd.DataFrame(rows, columns=columns)


def _differences(
    run: SavedRun, best: str, others: Sequence[str], conditions: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the UAR of other models minus that of the best one per condition, with corrected intervals."""
    split = ranking_split(run.info.splits)
    uar, counts = uar_draws(run, split), condition_counts(run, split)
    rows = [counts.models.index(name) for name in others]
    columns, leader = [counts.conditions.index(name) for name in conditions], [counts.models.index(best)]
    cells, reference = np.ix_(rows, columns), np.ix_(leader, columns)
    difference = uar.changed[cells] - uar.changed[reference]
    recorded = counts.changed.recorded
    difference[(recorded[cells] != recorded[reference]).any(axis=(2, 3, 4))] = np.nan
    low, high = ends(
        statistics.difference_interval,
        uar.changed_draws[cells] - uar.changed_draws[reference],
        difference,
        counts.speaker_counts[cells],
        1 - statistics.ALPHA / difference.size,
    )
    return difference, low, high
