"""Kinds of conditions that a run tests at several levels, and the models that pictures of conditions name."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from ser_bench.audio.conditions import CLEAN
from ser_bench.report.analysis.conditions import audible_conditions, condition_matrix, heard_families
from ser_bench.report.analysis.models import trained_models
from ser_bench.report.analysis.robustness import robust_scores
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class LevelledKind:
    """A kind of conditions at two levels or more.

    Parameters
    ----------
    name, family, unit : str
        Such as ``white``, ``noise`` and ``dB SNR``.
    conditions : tuple of str
        Names of the conditions, the mildest first.
    levels : tuple of str
        Their levels as their names write them.
    """

    name: str
    family: str
    unit: str
    conditions: tuple[str, ...]
    levels: tuple[str, ...]

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the columns of :func:`~ser_bench.report.analysis.conditions.condition_matrix`, clean first."""
        return (CLEAN, *self.conditions)

    @property
    def ticks(self) -> tuple[str, ...]:
        """What an axis writes at each place."""
        return (CLEAN, *self.levels)


def levelled_kinds(run: SavedRun) -> tuple[LevelledKind, ...]:
    """Return the kinds of audible conditions that a run tests at several levels.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    tuple of LevelledKind
        In the order of the run; empty without any.
    """
    known = [condition for condition in audible_conditions(run) if condition.level is not None]
    kinds = []
    for _, group in itertools.groupby(known, key=lambda condition: condition.kind):
        same = list(group)
        names = tuple(condition.name for condition in same)
        levels = tuple(condition.name.removeprefix(f"{condition.kind}-") for condition in same)
        if len(same) > 1:
            kinds.append(LevelledKind(same[0].kind, same[0].family, same[0].unit, names, levels))
    return tuple(kinds)


def ranked_models(run: SavedRun) -> list[str]:
    """Return the models without baselines, the highest UAR on clean clips first.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
    """
    trained = set(trained_models(run))
    return [model for model in summarise(run)["model"] if model in trained]


def robust_model(run: SavedRun) -> str | None:
    """Return the model that pictures compare with the best one on clean clips.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str or None
        The highest robust score among the models that heard conditions in training, or among all where none did. None
        if no model has a score.
    """
    split = ranking_split(run.info.splits)
    models = _scored_models(run)
    models = [model for model in models if heard_families(run, model)] or models
    robust = robust_scores(run, split)["robust"].reindex(models).dropna()
    return str(robust.idxmax()) if len(robust) else next(iter(models), None)


def leading_models(run: SavedRun, most: int) -> list[str]:
    """Return the models that a picture names: the best ones on clean clips, and :func:`robust_model`.

    Parameters
    ----------
    run : SavedRun
    most : int
        The most models, at least 2.

    Returns
    -------
    list of str
        The highest UAR on clean clips first; without models that lack a score.
    """
    models, robust = _scored_models(run), robust_model(run)
    leaders = models[:most]
    return leaders if robust is None or robust in leaders else [*models[: most - 1], robust]


def _scored_models(run: SavedRun) -> list[str]:
    clean = condition_matrix(run, ranking_split(run.info.splits))[CLEAN]
    return [model for model in ranked_models(run) if not math.isnan(clean[model])]
