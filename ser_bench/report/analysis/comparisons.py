"""Tests of differences between models, over speakers and over folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.scores import (
    BASELINES,
    cached_per_run,
    missing_folds,
    ranking_split,
    scores_by_speaker,
)
from ser_bench.runs.results import SavedRun

ALPHA = 0.05
"""The significance level of every test."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models compared by their UAR per speaker, the best mean rank first.

    Parameters
    ----------
    split : str
    models : tuple of str
        In the order of their mean ranks.
    speakers : int
        The number of speakers compared on.
    friedman : Friedman
        The test whether the models differ at all.
    mean_ranks : ndarray of float64, shape (models,)
        1 is the best.
    p : DataFrame of float64, shape (models, models)
        Wilcoxon p values of all pairs, adjusted by Holm's method.
    cliques : tuple of tuple of str
        Groups of neighbouring models without a significant difference: the bars of a critical-difference diagram.
    """

    split: str
    models: tuple[str, ...]
    speakers: int
    friedman: statistics.Friedman
    mean_ranks: npt.NDArray[np.float64]
    p: pd.DataFrame
    cliques: tuple[tuple[str, ...], ...]

    @property
    def best(self) -> tuple[str, ...]:
        """The model with the best mean rank, and those that do not differ significantly from it."""
        first = self.models[0]
        return tuple(model for model in self.models if model == first or self.p.at[first, model] > ALPHA)


def compare_models(scores: pd.DataFrame, split: str) -> Comparison | None:
    """Compare models by their UAR per speaker.

    Parameters
    ----------
    scores : DataFrame of float64, shape (models, speakers)
        Rows of NaN, and columns with any NaN in the other rows, do not take part.
    split : str
        The split of the scores.

    Returns
    -------
    Comparison or None
        None for fewer than 3 models or 2 speakers.
    """
    complete = scores.dropna(how="all").dropna(axis="columns")
    if len(complete) < 3 or complete.shape[1] < 2:
        return None
    friedman = statistics.friedman(complete.T)
    order = np.argsort(friedman.mean_ranks, kind="stable")
    p = statistics.wilcoxon_holm(complete.T)
    names = [str(complete.index[i]) for i in order]
    groups = statistics.cliques(friedman.mean_ranks, p, ALPHA)
    return Comparison(
        split=split,
        models=tuple(names),
        speakers=complete.shape[1],
        friedman=friedman,
        mean_ranks=friedman.mean_ranks[order],
        p=pd.DataFrame(p[np.ix_(order, order)], index=names, columns=names),
        cliques=tuple(tuple(str(complete.index[i]) for i in group) for group in groups),
    )


@cached_per_run
def comparison(run: SavedRun) -> Comparison | None:
    """Compare a run's models, baselines included, under the split that ranks them.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    Comparison or None
        As :func:`compare_models` returns.
    """
    split = ranking_split(run.info.splits)
    return compare_models(scores_by_speaker(run, split), split)


@cached_per_run
def comparisons_with_best(run: SavedRun) -> pd.DataFrame:
    """Compare every model with the one of the best mean rank, baselines excluded.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        A row per model but the best: ``model``, ``best``; ``wilcoxon_p`` over speakers, adjusted by Holm's method; the
        mean ``difference`` in UAR over ``folds``, with ``t`` and ``t_p`` of the corrected resampled t-test; the clips
        ``only_best`` and ``only_other`` recognises in the first repeat, with ``mcnemar_p``. Empty for fewer than two
        models.
    """
    compared = comparison(run)
    models = [model for model in compared.models if model not in BASELINES] if compared else []
    if compared is None or len(models) < 2:
        return pd.DataFrame()
    best, split = models[0], compared.split
    return pd.DataFrame(
        {"model": model, "best": best, "wilcoxon_p": compared.p.at[best, model]}
        | _over_folds(run, split, best, model)
        | _over_clips(run, split, best, model)
        for model in models[1:]
    )


def incomplete_models(run: SavedRun, split: str) -> list[str]:
    """Return the models that miss a fold of a split, with the reason in parentheses.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    list of str
    """
    notes = missing_folds(run)
    return [f"{model} ({notes[model, split]})" for model in run.info.models if notes[model, split]]


def _over_folds(run: SavedRun, split: str, best: str, model: str) -> dict[str, Any]:
    """Compare two models fold by fold with the corrected resampled t-test."""
    fits = run.fits[run.fits["split"] == split].set_index(["repeat", "fold"])
    first, second = (fits[fits["model"] == name] for name in (best, model))
    differences = (first["uar"] - second["uar"]).dropna()
    shared = first.loc[differences.index]
    t, p = statistics.corrected_t_test(differences, shared["n_train"].astype(float), shared["n_test"].astype(float))
    return {"difference": float(differences.mean()), "folds": len(differences), "t": t, "t_p": p}


def _over_clips(run: SavedRun, split: str, best: str, model: str) -> dict[str, Any]:
    """Count the clips of the first repeat that only one of two models recognises."""
    frame = run.predictions
    frame = frame[(frame["split"] == split) & (frame["repeat"] == frame["repeat"].min())]
    right = {
        name: part["predicted"].astype("str") == part["true"].astype("str")
        for name in (best, model)
        for part in (frame[frame["model"] == name].set_index(["fold", "clip"]),)
    }
    both = pd.DataFrame(right).dropna()
    only_best, only_other, p = statistics.mcnemar_exact(both[best].astype(bool), both[model].astype(bool))
    return {"only_best": only_best, "only_other": only_other, "mcnemar_p": p}
