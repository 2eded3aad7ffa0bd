"""Which models can be told apart: tests over speakers and over folds, and what each says in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_bench import statistics
from ser_bench.report.analysis.scores import BASELINES, cached_per_run, missing_folds, ranking_split, scores_by_speaker
from ser_bench.runs.results import SavedRun

ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models compared by their UAR per speaker, best mean rank first.

    ``p`` holds Holm-adjusted Wilcoxon p values of all pairs; ``cliques`` are runs of models, by name,
    of which no two can be told apart; ``best`` those that cannot be told from the first.
    """

    split: str
    models: tuple[str, ...]
    speakers: int
    friedman: statistics.Friedman
    mean_ranks: np.ndarray
    p: pd.DataFrame
    cliques: tuple[tuple[str, ...], ...]

    @property
    def best(self) -> tuple[str, ...]:
        """The models that cannot be told apart from the one with the best mean rank, it included."""
        first = self.models[0]
        return tuple(m for m in self.models if m == first or self.p.at[first, m] > ALPHA)


def compare_models(scores: pd.DataFrame, split: str) -> Comparison | None:
    """Compare the rows (models) of UAR per speaker (columns); None for fewer than 3 models or 2 speakers."""
    complete = scores.dropna(how="all").dropna(axis="columns")
    if len(complete) < 3 or complete.shape[1] < 2:
        return None
    friedman = statistics.friedman(complete.T)
    order = np.argsort(friedman.mean_ranks, kind="stable")
    p = statistics.wilcoxon_holm(complete.T)
    names = [str(complete.index[i]) for i in order]
    cliques = [tuple(str(complete.index[i]) for i in run) for run in statistics.cliques(friedman.mean_ranks, p, ALPHA)]
    table = pd.DataFrame(p[np.ix_(order, order)], index=names, columns=names)
    ranks = friedman.mean_ranks[order]
    return Comparison(split, tuple(names), complete.shape[1], friedman, ranks, table, tuple(cliques))


@cached_per_run
def comparison(run: SavedRun) -> Comparison | None:
    """Compare a run's models, baselines included, on the speakers of the split that ranks them."""
    split = ranking_split(run.info.splits)
    return compare_models(scores_by_speaker(run, split), split)


@cached_per_run
def comparisons_with_best(run: SavedRun) -> pd.DataFrame:
    """Return a row per learner but the best (highest mean rank), which it is compared with.

    Columns: ``model``, ``best``; ``difference`` of UAR and ``folds``, ``t`` and ``t_p`` of the corrected
    resampled t-test over folds and repeats; ``only_best`` and ``only_other``, clips that one alone got
    right, and ``mcnemar_p``, counted in the first repeat; ``wilcoxon_p`` over speakers, Holm-adjusted.
    """
    compared = comparison(run)
    if compared is None:
        return pd.DataFrame()
    learners = [model for model in compared.models if model not in BASELINES]
    if len(learners) < 2:
        return pd.DataFrame()
    best, split = learners[0], compared.split
    rows = []
    for model in learners[1:]:
        fold = _over_folds(run, split, best, model)
        rows.append({"model": model, "best": best, "wilcoxon_p": compared.p.at[best, model], **fold})
        rows[-1] |= _over_clips(run, split, best, model)
    return pd.DataFrame(rows)


def _over_folds(run: SavedRun, split: str, best: str, other: str) -> dict[str, float]:
    fits = run.fits[run.fits["split"] == split].set_index(["repeat", "fold"])
    first, second = (fits[fits["model"] == model] for model in (best, other))
    differences = (first["uar"] - second["uar"]).dropna()
    shared = first.loc[differences.index]
    t, p = statistics.corrected_t_test(differences, shared["n_train"].astype(float), shared["n_test"].astype(float))
    return {"difference": float(differences.mean()), "folds": len(differences), "t": t, "t_p": p}


def _over_clips(run: SavedRun, split: str, best: str, other: str) -> dict[str, float]:
    frame = run.predictions
    frame = frame[(frame["split"] == split) & (frame["repeat"] == frame["repeat"].min())]
    right = {
        model: part["predicted"].astype("str") == part["true"].astype("str")
        for model in (best, other)
        for part in (frame[frame["model"] == model].set_index(["fold", "clip"]),)
    }
    both = pd.DataFrame(right).dropna()
    only_best, only_other, p = statistics.mcnemar_exact(both[best].astype(bool), both[other].astype(bool))
    return {"only_best": only_best, "only_other": only_other, "mcnemar_p": p}


def incomplete_models(run: SavedRun, split: str) -> list[str]:
    """Return the models that could not be compared under a split, with the reason."""
    notes = missing_folds(run)
    return [f"{model} ({notes[model, split]})" for model in run.info.models if notes[model, split]]
