"""Robustness of models: mean UAR over families of recording conditions that no model of the run heard in training.

A model that heard noise in training does well in noise, which says little about a room. The robust score therefore
counts the same families for every model, and each family equally.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.conditions.counts import Counts, Floats, condition_counts, ends, uar_draws
from ser_bench.report.analysis.conditions.tested import audible_families, heard_families
from ser_bench.report.analysis.exposure import ranked_learners
from ser_bench.report.analysis.models import model_parameters, settings_except, trained_models
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class RobustFamilies:
    """The families of a run's audible conditions.

    Parameters
    ----------
    counted : dict of str to tuple of str
        The conditions of each family that no model heard in training: those of the robust score.
    heard : dict of str to tuple of str
        The models that heard each of the other families in training.
    """

    counted: dict[str, tuple[str, ...]]
    heard: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class RobustLeader:
    """The model with the highest robust score.

    Parameters
    ----------
    model : str
    others : int
        Number of further models with a robust score.
    similar : tuple of str
        Those whose score is not significantly lower, the highest first.
    tested : bool
        Whether the speakers are enough to tell; if not, ``similar`` is empty.
    """

    model: str
    others: int
    similar: tuple[str, ...]
    tested: bool


@cached_per_run
def robust_families(run: SavedRun) -> RobustFamilies:
    """Return the families that the robust score counts, and those that some model heard in training.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    RobustFamilies
        In the order of the run. Inaudible conditions and those that could change no clip are in neither.
    """
    tested = audible_families(run)
    heard = {family: tuple(m for m in run.info.models if family in heard_families(run, m)) for family in tested}
    return RobustFamilies(
        counted={family: names for family, names in tested.items() if not heard[family]},
        heard={family: models for family, models in heard.items() if models},
    )


@cached_per_run
def family_scores(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the mean UAR of each model over the conditions of a family.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame of float64, shape (models, families)
        Audible families in the order of the run; NaN where a fold is missing. Empty for a run without conditions.
    """
    families = audible_families(run)
    if not families:
        return pd.DataFrame(index=list(run.info.models))
    uar = uar_draws(run, split).changed
    columns = {family: uar[:, _positions(run, family)].mean(axis=1) for family in families}
    return pd.DataFrame(columns, index=list(run.info.models))


@cached_per_run
def robust_scores(run: SavedRun, split: str) -> pd.DataFrame:
    """Return the robust score of each model.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame of float64, index model
        ``robust``, the mean over the counted families of :func:`robust_families` of :func:`family_scores`, with its
        95 % interval over speakers ``robust_low`` and ``robust_high``, and ``clean``, the UAR without a condition. NaN
        where a fold is missing. Empty without a counted family.
    """
    if not robust_families(run).counted:
        return pd.DataFrame(columns=["robust", "robust_low", "robust_high", "clean"], dtype="float64")
    scores, draws = _robust(run, split)
    low, high = ends(statistics.score_interval, draws, scores, _fewest_speakers(run, split))
    columns = {"robust": scores, "robust_low": low, "robust_high": high, "clean": uar_draws(run, split).changed[:, 0]}
    return pd.DataFrame(columns, index=list(run.info.models))


@cached_per_run
def robust_leader(run: SavedRun, split: str) -> RobustLeader | None:
    """Find the model with the highest robust score, and the models whose score is not significantly lower.

    The test is a paired interval of the difference with Bonferroni's correction for the number of pairs of models,
    because the data choose the leader.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    RobustLeader or None
        None if no model that takes a rank has a robust score.
    """
    scored = robust_scores(run, split)["robust"].dropna()
    scored = scored[scored.index.isin(ranked_learners(run, split))].sort_values(ascending=False, kind="stable")
    if scored.empty:
        return None
    scores, draws = _robust(run, split)
    first, *others = (run.info.models.index(model) for model in scored.index)
    fewest = _fewest_speakers(run, split)
    difference, confidence = scores[first] - scores[others], 1 - statistics.ALPHA / max(1, math.comb(len(scored), 2))
    speakers = np.minimum(fewest[first], fewest[others])
    low, _ = ends(statistics.difference_interval, draws[first] - draws[others], difference, speakers, confidence)
    similar = tuple(run.info.models[model] for model, end in zip(others, low, strict=True) if end <= 0)
    return RobustLeader(str(scored.index[0]), len(others), similar, not np.isnan(low).any())


@cached_per_run
def robust_gains(run: SavedRun, split: str) -> pd.DataFrame:
    """Compare the robust score of each model that heard conditions in training with the same model that did not.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    DataFrame
        ``model``; ``plain``, its variant without conditions; ``gain``, the difference of their robust scores with its
        95 % interval ``low`` and ``high`` from paired draws of speakers. Without models that have no variant.
    """
    columns = ["model", "plain", "gain", "low", "high"]
    pairs = variants_without_conditions(run) if robust_families(run).counted else {}
    if not pairs:
        return pd.DataFrame(columns=columns)
    scores, draws = _robust(run, split)
    position = {model: index for index, model in enumerate(run.info.models)}
    heard, plain = ([position[name] for name in names] for names in (pairs, pairs.values()))
    gain, speakers = scores[heard] - scores[plain], _fewest_speakers(run, split)
    paired = np.minimum(speakers[heard], speakers[plain])
    low, high = ends(statistics.difference_interval, draws[heard] - draws[plain], gain, paired)
    rows = {"model": list(pairs), "plain": list(pairs.values()), "gain": gain, "low": low, "high": high}
    return pd.DataFrame(rows, columns=columns).dropna(subset="gain").reset_index(drop=True)


def variants_without_conditions(run: SavedRun) -> dict[str, str]:
    """Find the models that differ from another one only in the conditions that they heard in training.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    dict of str to str
        The model that heard none by the model that heard some, which has the same base and features and otherwise
        equal parameters.
    """
    learners = [model for model in model_parameters(run) if model in trained_models(run)]
    settings = {model: settings_except(run, model, "conditions") for model in learners}
    variants: dict[str, str] = {}
    for model, own in settings.items():
        plain = [name for name, values in settings.items() if values == own and not heard_families(run, name)]
        if heard_families(run, model) and plain:
            variants[model] = plain[0]
    return variants


def _robust(run: SavedRun, split: str) -> tuple[Floats, Floats]:
    """Return the robust score per model, and in each draw of speakers."""
    uar, families = uar_draws(run, split), robust_families(run).counted
    scores = np.mean([uar.changed[:, _positions(run, family)].mean(axis=1) for family in families], axis=0)
    draws = np.mean([uar.changed_draws[:, _positions(run, family)].mean(axis=1) for family in families], axis=0)
    return scores, draws


def _positions(run: SavedRun, family: str) -> list[int]:
    """Return the positions of a family's audible conditions among those of the counts, where ``clean`` is first."""
    names = audible_families(run)[family]
    return [index for index, condition in enumerate(run.info.conditions, start=1) if condition.name in names]


def _fewest_speakers(run: SavedRun, split: str) -> Counts:
    """Return the fewest speakers of a counted condition per model."""
    positions = [index for family in robust_families(run).counted for index in _positions(run, family)]
    fewest: Counts = condition_counts(run, split).speaker_counts[:, positions].min(axis=1)
    return fewest
