"""Counts of clips under recording conditions, paired with the same clips as recorded, and UAR in draws of speakers.

A condition may lack clips that it cannot change, such as clips that are too short to be cut. A comparison with the
clips as recorded uses the clips that both have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import statistics
from ser_bench.metrics import UAR
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.intervals import known_count, speaker_draws
from ser_bench.report.analysis.scores import missing_folds
from ser_bench.runs.results import SavedRun, condition_names
from ser_bench.statistics import Tallies

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_Axes = dict[str, Sequence[object]]
_NEEDED = ("model", "repeat", "fold", "condition", "clip", "speaker", "true", "predicted")


@dataclass(frozen=True, eq=False)
class ConditionCounts:
    """Counts of one split per model and condition, of the clips that the model has under the condition.

    Parameters
    ----------
    models, conditions : tuple of str
        In the order of the run; the first condition is ``clean``.
    speakers : tuple of str
    changed, clean : Tallies
        Predictions under the condition, and of the same clips as recorded, of shape
        ``(models, conditions, repeats, speakers, labels)``.
    label_changes : ndarray of int64, shape (models, conditions, repeats, speakers)
        Predictions whose label differs between the two.
    clips : ndarray of int64, shape (models, conditions)
        Different clips.
    complete : ndarray of bool, shape (models,)
        Whether the model has a result for every fold.
    """

    models: tuple[str, ...]
    conditions: tuple[str, ...]
    speakers: tuple[str, ...]
    changed: Tallies
    clean: Tallies
    label_changes: Counts
    clips: Counts
    complete: npt.NDArray[np.bool_]

    @property
    def speaker_counts(self) -> Counts:
        """Speakers with a clip per model and condition; 0 if some are unknown."""
        if not known_count(self.speakers):
            return np.zeros_like(self.clips)
        known: Counts = (self.changed.recorded.sum(axis=(2, 4)) > 0).sum(axis=-1)
        return known


@dataclass(frozen=True, eq=False)
class UarDraws:
    """UAR per model and condition, averaged over repeats, of all speakers and in each draw of them.

    Parameters
    ----------
    changed, clean : ndarray of float64, shape (models, conditions)
        UAR under the condition, and of the same clips as recorded; NaN where a fold is missing.
    changed_draws, clean_draws : ndarray of float64, shape (models, conditions, draws)
        The same in each draw. All models and conditions share the draws, so differences are paired.
    """

    changed: Floats
    clean: Floats
    changed_draws: Floats
    clean_draws: Floats


@cached_per_run
def condition_counts(run: SavedRun, split: str) -> ConditionCounts:
    """Count the clips of a split per model and condition.

    Parameters
    ----------
    run : SavedRun
        A run with conditions.
    split : str

    Returns
    -------
    ConditionCounts
    """
    parts = [frame.loc[frame["split"] == split, list(_NEEDED)] for frame in (run.predictions, run.under_conditions)]
    clean, rows = parts[0], pd.concat(parts, ignore_index=True)
    models, conditions, speakers = run.info.models, condition_names(run.info), _names(clean["speaker"]) or ("",)
    axes: _Axes = {"model": models, "condition": conditions, "speaker": speakers, "clip": _names(clean["clip"])}
    axes |= {name: sorted(clean[name].unique()) or [0] for name in ("repeat", "fold")}
    codes = {name: _codes(rows[name], values) for name, values in axes.items()}
    true, changed = (_codes(rows[name], run.labels) for name in ("true", "predicted"))
    recorded = changed[_rows_as_recorded(codes, axes, len(clean))]
    groups = ("model", "condition", "repeat", "speaker")
    shape = tuple(len(axes[name]) for name in groups)
    cells = np.ravel_multi_index([codes[name] for name in groups], shape)

    def tallies(predicted: Counts) -> Tallies:
        flat = statistics.tally(cells, true, predicted, int(np.prod(shape)), len(run.labels))
        parts = (part.reshape(*shape, len(run.labels)) for part in (flat.hits, flat.recorded, flat.predicted))
        return Tallies(*map(_frozen, parts))

    notes = missing_folds(run)
    return ConditionCounts(
        models=models,
        conditions=conditions,
        speakers=speakers,
        changed=tallies(changed),
        clean=tallies(recorded),
        label_changes=_frozen(np.bincount(cells[changed != recorded], minlength=int(np.prod(shape))).reshape(shape)),
        clips=_frozen(_distinct_clips(codes, axes)),
        complete=_frozen(np.array([notes[model, split] == "" for model in models])),
    )


@cached_per_run
def uar_draws(run: SavedRun, split: str) -> UarDraws:
    """Return the UAR of a split per model and condition, of all speakers and in each draw of them.

    Parameters
    ----------
    run : SavedRun
        A run with conditions.
    split : str

    Returns
    -------
    UarDraws
    """
    counts = condition_counts(run, split)
    draws, score = speaker_draws(counts.speakers), {"uar": UAR.score}

    def scored(tallies: Tallies) -> tuple[Floats, Floats]:
        uar = statistics.scores_of(tallies, score)["uar"].mean(axis=-1)
        drawn = statistics.bootstrap_scores(tallies, draws, score)["uar"].mean(axis=-2)
        uar[~counts.complete], drawn[~counts.complete] = np.nan, np.nan
        return _frozen(uar), _frozen(drawn)

    changed, changed_draws = scored(counts.changed)
    clean, clean_draws = scored(counts.clean)
    return UarDraws(changed, clean, changed_draws, clean_draws)


def ends(
    interval: statistics.Interval, draws: Floats, values: Floats, speakers: Counts, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return intervals of numbers that have different numbers of speakers.

    Parameters
    ----------
    interval : callable
        Such as :func:`ser_bench.statistics.score_interval`.
    draws : ndarray of float64, shape (..., draws)
    values : ndarray of float64, shape (...)
    speakers : ndarray of int64, shape (...)
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN for fewer than :data:`~ser_bench.report.analysis.intervals.MIN_SPEAKERS` speakers.
    """
    low, high = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for count in np.unique(speakers):
        chosen = (speakers == count) & ~np.isnan(values)
        if chosen.any():
            low[chosen], high[chosen] = interval(draws[chosen], values[chosen], int(count), confidence)
    return low, high


def _names(column: pd.Series) -> tuple[str, ...]:
    """Return the different names of a column, sorted."""
    return tuple(sorted(map(str, pd.unique(column))))


def _codes(column: pd.Series, values: Sequence[object]) -> Counts:
    """Return the position of each value of a column."""
    return np.asarray(pd.Categorical(column).set_categories(list(values)).codes, dtype=np.int64)


def _rows_as_recorded(codes: dict[str, Counts], axes: _Axes, clean: int) -> Counts:
    """Return the row of the same fit and clip as recorded for each row; the first ``clean`` rows are as recorded."""
    key = ("model", "repeat", "fold", "clip")
    shape = tuple(max(1, len(axes[name])) for name in key)
    keys = np.ravel_multi_index([codes[name] for name in key], shape)
    order = np.argsort(keys[:clean], kind="stable")
    return order[np.searchsorted(keys[:clean], keys, sorter=order)]


def _distinct_clips(codes: dict[str, Counts], axes: _Axes) -> Counts:
    """Return the number of different clips per model and condition."""
    tested = np.zeros([len(axes[name]) for name in ("model", "condition", "clip")], dtype=bool)
    tested[codes["model"], codes["condition"], codes["clip"]] = True
    number: Counts = tested.sum(axis=-1)
    return number


def _frozen(array: np.ndarray) -> np.ndarray:
    """Make an array unchangeable, so that the cache need not copy it."""
    array.flags.writeable = False
    return array
