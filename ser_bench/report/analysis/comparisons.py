"""Tests of differences between models, over speakers and over folds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.exposure import ranked_learners
from ser_bench.report.analysis.scores import pooled_scores, scores_by_speaker
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.runs.results import SavedRun
from ser_bench.statistics import ALPHA


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models compared by their UAR per speaker, the best mean rank first; without baselines and models with no rank.

    Parameters
    ----------
    split : str
    leader : str
        The model with the highest UAR; the first in the order of the run of equal ones.
    tied : tuple of str
        Other models with the same UAR as the leader.
    models : tuple of str
        In the order of their mean ranks.
    speakers : int
        The number of speakers compared on.
    friedman : Friedman or None
        The test whether the models differ at all; None for two models.
    mean_ranks : ndarray of float64, shape (models,)
        1 is the best.
    p : DataFrame of float64, shape (models, models)
        Wilcoxon p values of all pairs, adjusted by Holm's method.
    better : DataFrame of bool, shape (models, models)
        Whether the model of the row is significantly better than that of the column: neither test contradicts it.
    cliques : tuple of tuple of str
        Groups of neighbouring models without a significant difference: the bars of a critical-difference diagram.
    """

    split: str
    leader: str
    tied: tuple[str, ...]
    models: tuple[str, ...]
    speakers: int
    friedman: statistics.Friedman | None
    mean_ranks: npt.NDArray[np.float64]
    p: pd.DataFrame
    better: pd.DataFrame
    cliques: tuple[tuple[str, ...], ...]

    @property
    def others(self) -> tuple[str, ...]:
        """The models besides the leader."""
        return tuple(model for model in self.models if model != self.leader)

    @property
    def not_worse(self) -> tuple[str, ...]:
        """The models that the leader is not significantly better than."""
        return tuple(model for model in self.others if not self.better.at[self.leader, model])

    @property
    def better_than_leader(self) -> tuple[str, ...]:
        """The models that are significantly better than the leader, where speakers have unequal numbers of clips."""
        return tuple(model for model in self.others if self.better.at[model, self.leader])

    @property
    def similar_to_leader(self) -> tuple[str, ...]:
        """The leader and the models without a significant difference to it; empty without one, or without a test."""
        if self.too_few_speakers:
            return ()
        similar = tuple(model for model in self.not_worse if model not in self.better_than_leader)
        return (self.leader, *similar) if similar else ()

    @property
    def models_differ(self) -> bool:
        """Whether Friedman's test, or of two models Wilcoxon's, finds a difference."""
        p = self.p.to_numpy().min() if self.friedman is None else self.friedman.p
        return bool(p <= ALPHA)

    @property
    def too_few_speakers(self) -> bool:
        """Whether no difference between two models could be significant with this number of speakers."""
        return self.speakers < self.needed_speakers

    @property
    def needed_speakers(self) -> int:
        """The smallest number of speakers with which a difference between two models could be significant."""
        return statistics.needed_speakers(math.comb(len(self.models), 2))


def compare_models(scores: pd.DataFrame, uar: pd.Series, split: str) -> Comparison | None:
    """Compare models by their UAR per speaker.

    Parameters
    ----------
    scores : DataFrame of float64, shape (models, speakers)
        Rows of NaN, and columns with any NaN in the other rows, do not take part.
    uar : Series of float64, index model
        UAR over all speakers.
    split : str
        The split of the scores.

    Returns
    -------
    Comparison or None
        None for fewer than 2 models or speakers.
    """
    complete = scores.dropna(how="all").dropna(axis="columns")
    if len(complete) < 2 or complete.shape[1] < 2:
        return None
    table = complete.to_numpy().T
    ranks, friedman = statistics.mean_ranks(table), statistics.friedman(table) if len(complete) > 2 else None
    order = np.argsort(ranks, kind="stable")
    p, sums = statistics.wilcoxon_holm(table), statistics.signed_rank_sums(table)
    rejected = friedman is None or friedman.p <= ALPHA
    significant = (p <= ALPHA) & rejected
    names = [str(complete.index[i]) for i in order]

    def ordered(matrix: npt.NDArray[Any]) -> pd.DataFrame:
        return pd.DataFrame(matrix[np.ix_(order, order)], index=names, columns=names)

    rounded = uar.reindex(complete.index).round(statistics.DECIMALS)
    leader = str(rounded.idxmax())
    return Comparison(
        split=split,
        leader=leader,
        tied=tuple(str(model) for model in complete.index if model != leader and rounded[model] == rounded[leader]),
        models=tuple(names),
        speakers=complete.shape[1],
        friedman=friedman,
        mean_ranks=ranks[order],
        p=ordered(p),
        better=ordered(significant & (sums > 0)),
        cliques=tuple(
            tuple(str(complete.index[i]) for i in group)
            for group in statistics.cliques(ranks, np.where(significant, p, 1), ALPHA)
        ),
    )


@cached_per_run
def comparison(run: SavedRun, split: str = "") -> Comparison | None:
    """Compare the models of a run that take a rank, without the baselines.

    Parameters
    ----------
    run : SavedRun
    split : str
        The split; empty for the split that ranks the models.

    Returns
    -------
    Comparison or None
        As :func:`compare_models` returns.
    """
    split = split or ranking_split(run.info.splits)
    uar = pooled_scores(run)["uar"].xs(split, level=1)
    return compare_models(scores_by_speaker(run, split).loc[ranked_learners(run, split)], uar, split)


@cached_per_run
def comparisons_with_best(run: SavedRun) -> pd.DataFrame:
    """Compare every model that takes a rank with the one of the highest UAR, baselines excluded.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    DataFrame
        A row per model but the best: ``model``, ``best``; ``wilcoxon_p`` over speakers, adjusted by Holm's method; the
        mean ``difference`` in UAR over ``folds`` (folds that test the same clips count once), with ``t`` and ``t_p`` of
        the corrected resampled t-test; the clips ``only_best`` and ``only_other`` recognises in the first
        repeat, with ``mcnemar_p``. Empty for fewer than two models.
    """
    compared = comparison(run)
    if compared is None:
        return pd.DataFrame()
    best, split = compared.leader, compared.split
    return pd.DataFrame(
        {"model": model, "best": best, "wilcoxon_p": compared.p.at[best, model]}
        | _over_folds(run, split, best, model)
        | _over_clips(run, split, best, model)
        for model in compared.others
    )


def folds_recur(run: SavedRun, split: str) -> bool:
    """Return whether every repeat of a split tests the same groups of clips, under any numbers of the folds.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    bool
        Judged by the tested clips; True for one repeat.
    """
    tested = _tested_together(run, split)
    return bool(tested.nunique() <= tested.index.get_level_values("fold").nunique())


def _tested_together(run: SavedRun, split: str) -> pd.Series:
    """Return the set of clips that each fold tests, with index (repeat, fold)."""
    frame = run.predictions
    tested = frame.loc[frame["split"] == split, ["repeat", "fold", "clip"]].drop_duplicates()
    return tested.groupby(["repeat", "fold"], observed=True)["clip"].agg(frozenset)


def _over_folds(run: SavedRun, split: str, best: str, model: str) -> dict[str, Any]:
    """Compare two models fold by fold with the corrected resampled t-test.

    Folds of several repeats that test the same clips are one fold, so their differences are averaged before the test.
    """
    fits = run.fits[run.fits["split"] == split].set_index(["repeat", "fold"])
    first, second = (fits[fits["model"] == name] for name in (best, model))
    differences = (first["uar"] - second["uar"]).dropna()
    sizes = first.loc[differences.index, ["n_train", "n_test"]].astype(float)
    fold = pd.factorize(_tested_together(run, split).loc[differences.index])[0]
    differences, sizes = (table.groupby(fold).mean() for table in (differences, sizes))
    t, p = statistics.corrected_t_test(differences, sizes["n_train"], sizes["n_test"])
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
