"""Tests of differences between models, over speakers, folds and clips."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_bench.statistics.arrays import DECIMALS, check_lengths

ALPHA = 0.05
"""The significance level of every test."""


MAX_ORDERS = 50_000
"""Largest number of orders of ranks for an exact Friedman test."""


EXACT = 50
"""Largest number of speakers for exact signed-rank tests; with more, the normal approximation is as good."""


@dataclass(frozen=True, eq=False)
class Friedman:
    """Result of Friedman's test.

    Parameters
    ----------
    statistic : float
        Chi-squared statistic, corrected for ties.
    p : float
        The share of permutations with a statistic at least as large.
    exact : bool
        Whether ``p`` counts all permutations instead of random ones.
    mean_ranks : ndarray of float64, shape (models,)
        Mean rank of each model over speakers; 1 is the best.
    n : int
        Number of speakers.
    """

    statistic: float
    p: float
    exact: bool
    mean_ranks: np.ndarray
    n: int


def friedman(scores: npt.ArrayLike, permutations: int = 10_000, seed: int = 0) -> Friedman:
    """Test by permutation whether models differ at all.

    If the models do not differ, every order of a speaker's ranks is equally likely. All orders are counted where they
    are at most :data:`MAX_ORDERS`, else random ones. The chi-squared approximation is not used: with few speakers or
    ties its p values are wrong.

    Parameters
    ----------
    scores : array_like of float, shape (speakers, models)
        Finite scores of at least 3 models on at least 2 speakers.
    permutations : int
        Number of random permutations.
    seed : int
        Seed of the permutations.

    Returns
    -------
    Friedman
        With p = 1 if all models tie for every speaker.

    Raises
    ------
    ValueError
        For fewer models or speakers, or a score that is not finite.

    References
    ----------
    Friedman, The Use of Ranks to Avoid the Assumption of Normality, JASA 1937. Phipson and Smyth, Permutation P-values
    Should Never Be Zero, 2010, for (b + 1) / (m + 1).
    """
    ranks = _ranks(scores)
    speakers, models = ranks.shape
    if models < 3 or speakers < 2:
        raise ValueError(f"Friedman's test needs at least 3 models and 2 speakers, got {models} and {speakers}")
    centered = ranks - (models + 1) / 2
    spread = float((centered**2).sum())
    total = float((centered.sum(axis=0) ** 2).sum())
    statistic = (models - 1) * total / spread if spread else 0.0
    doubled = np.rint(2 * ranks).astype(np.int64)  # tied ranks may end in .5
    exact = math.factorial(models) ** (speakers - 1) <= MAX_ORDERS
    sums = _all_rank_sums(doubled) if exact else _random_rank_sums(doubled, permutations, seed)
    extreme = int(np.sum((sums**2).sum(axis=1) >= (doubled.sum(axis=0) ** 2).sum()))
    p = extreme / len(sums) if exact else (extreme + 1) / (len(sums) + 1)
    return Friedman(statistic=statistic, p=p, exact=exact, mean_ranks=ranks.mean(axis=0), n=speakers)


def mean_ranks(scores: npt.ArrayLike) -> np.ndarray:
    """Return the mean rank of each model over speakers; 1 is the best.

    Parameters
    ----------
    scores : array_like of float, shape (speakers, models)
        Finite scores.

    Returns
    -------
    ndarray of float64, shape (models,)
        Models that tie for a speaker share the mean of their ranks.

    Raises
    ------
    ValueError
        For a score that is not finite.
    """
    ranks: np.ndarray = _ranks(scores).mean(axis=0)
    return ranks


def needed_speakers(tests: int, alpha: float = ALPHA) -> int:
    """Return the smallest number of speakers with which a Wilcoxon test adjusted by :func:`holm` can be significant.

    Parameters
    ----------
    tests : int
        The number of tests, at least 1; of all pairs of models for :func:`wilcoxon_holm`.
    alpha : float
        Differences are significant where p is at most ``alpha``.

    Returns
    -------
    int
        Where one model is better on each of n speakers, p is ``2 ** (1 - n)`` times the number of tests.
    """
    return next(speakers for speakers in itertools.count(1) if tests * 2.0 ** (1 - speakers) <= alpha)


def wilcoxon_holm(scores: npt.ArrayLike) -> np.ndarray:
    """Test all pairs of models with two-sided Wilcoxon signed-rank tests, adjusted by :func:`holm`.

    Ranks of zero differences are split between both sides (``zero_method="zsplit"`` in scipy), as Demšar (Statistical
    Comparisons of Classifiers over Multiple Data Sets, JMLR 2006) recommends. Tests of up to ``EXACT`` speakers are
    exact, with ties too.

    Parameters
    ----------
    scores : array_like of float, shape (speakers, models)
        Finite scores.

    Returns
    -------
    ndarray of float64, shape (models, models)
        Adjusted p values, symmetric; 1 on the diagonal and for models that tie for every speaker.

    Raises
    ------
    ValueError
        For a score that is not finite.
    """
    table = _score_table(scores)
    models = table.shape[1]
    first, second = np.triu_indices(models, k=1)
    pairs = zip(first, second, strict=True)
    adjusted = holm([_wilcoxon(table[:, i] - table[:, j]) for i, j in pairs])
    p = np.ones((models, models))
    p[first, second] = p[second, first] = adjusted
    return p


def signed_rank_sums(scores: npt.ArrayLike) -> np.ndarray:
    """Return the direction of each signed-rank test of :func:`wilcoxon_holm`.

    Parameters
    ----------
    scores : array_like of float, shape (speakers, models)
        Finite scores.

    Returns
    -------
    ndarray of float64, shape (models, models)
        Ranks of the speakers on whom the model of the row has the higher score minus those of the others; above 0
        where that model is better.

    Raises
    ------
    ValueError
        For a score that is not finite.
    """
    from scipy import stats

    table = _score_table(scores)
    differences = np.round(table[:, :, np.newaxis] - table[:, np.newaxis, :], DECIMALS)
    sums: np.ndarray = (np.sign(differences) * stats.rankdata(np.abs(differences), axis=0)).sum(axis=0)
    return sums


def holm(p: npt.ArrayLike) -> np.ndarray:
    """Adjust p values for the number of tests (Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979).

    Parameters
    ----------
    p : array_like of float, shape (tests,)
        p values.

    Returns
    -------
    ndarray of float64, shape (tests,)
        Adjusted p values, in the same order.
    """
    raw = np.asarray(p, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * np.arange(raw.size, 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def cliques(mean_ranks: npt.ArrayLike, p: npt.ArrayLike, alpha: float = ALPHA) -> list[list[int]]:
    """Return the bars of a critical-difference diagram: groups of models without a significant difference.

    The diagram is that of Demšar (JMLR 2006), with p values of :func:`wilcoxon_holm` instead of the Nemenyi test, whose
    result for two models depends on the other models (Benavoli et al., Should We Really Use Post-Hoc Tests Based on
    Mean-Ranks?, JMLR 2016).

    Parameters
    ----------
    mean_ranks : array_like of float, shape (models,)
        Mean ranks; 1 is the best.
    p : array_like of float, shape (models, models)
        p values of all pairs.
    alpha : float
        Differences are significant where p is at most ``alpha``.

    Returns
    -------
    list of list of int
        Indices of two or more models with neighbouring ranks. No group is part of another.
    """
    order = np.argsort(mean_ranks, kind="stable")
    significant = (np.asarray(p) <= alpha)[np.ix_(order, order)]
    np.fill_diagonal(significant, False)
    groups: list[list[int]] = []
    last_end = 1  # a group that ends no further than an earlier one is part of it
    for start in range(len(order)):
        end = max(stop for stop in range(start + 1, len(order) + 1) if not significant[start:stop, start:stop].any())
        if end > last_end and end - start > 1:
            groups.append(order[start:end].tolist())
            last_end = end
    return groups


def corrected_t_test(differences: npt.ArrayLike, n_train: npt.ArrayLike, n_test: npt.ArrayLike) -> tuple[float, float]:
    """Test the mean difference of two models' scores with the corrected resampled t-test.

    The variance is corrected for training clips that fits share.

    Parameters
    ----------
    differences : array_like of float, shape (folds * repeats,)
        Differences of the scores.
    n_train, n_test : array_like of int
        Clips per fold: one number, or one per fold, whose mean is used.

    Returns
    -------
    t, p : float
        Statistic and two-sided p value. NaN for fewer than two folds; if all differences are equal, p is 1 if they
        are 0, else 0.

    Raises
    ------
    ValueError
        Without training clips.

    References
    ----------
    Nadeau and Bengio, Inference for the Generalization Error, Machine Learning 2003.
    """
    from scipy import stats

    values = np.round(np.asarray(differences, dtype=np.float64), DECIMALS)
    train, test = (float(np.mean(np.asarray(clips, dtype=np.float64))) for clips in (n_train, n_test))
    if not train > 0:
        raise ValueError(f"n_train must be above 0, got {train:g}")
    if values.size < 2:
        return np.nan, np.nan
    mean = float(values.mean())
    if np.ptp(values) == 0:  # rounding may give equal numbers a variance above 0
        return (float(np.copysign(np.inf, mean)), 0.0) if mean else (0.0, 1.0)
    t = mean / float(np.sqrt((1 / values.size + test / train) * values.var(ddof=1)))
    return t, float(2 * stats.t.sf(abs(t), df=values.size - 1))


def mcnemar_exact(first_right: npt.ArrayLike, second_right: npt.ArrayLike) -> tuple[int, int, float]:
    """Compare two models clip by clip with McNemar's exact test.

    The test assumes independent clips. Clips of one speaker are not independent, so a small p value is weaker evidence
    than one of :func:`wilcoxon_holm`.

    Parameters
    ----------
    first_right, second_right : array_like of bool, shape (clips,)
        Whether each model recognised the clip.

    Returns
    -------
    only_first, only_second : int
        Clips that only one of the models recognised.
    p : float
        Two-sided p value of the binomial test.

    Raises
    ------
    ValueError
        For unequal lengths.

    References
    ----------
    McNemar, Note on the Sampling Error of the Difference Between Correlated Proportions or Percentages, 1947.
    """
    from scipy import stats

    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    check_lengths(first, second)
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    differ = only_first + only_second
    p = float(stats.binomtest(only_first, differ).pvalue) if differ else 1.0
    return only_first, only_second, p


def _ranks(scores: npt.ArrayLike) -> np.ndarray:
    """Return the ranks of the models on each speaker, of shape (speakers, models)."""
    from scipy import stats

    ranks: np.ndarray = stats.rankdata(-np.round(_score_table(scores), DECIMALS), axis=1)
    return ranks


def _all_rank_sums(ranks: np.ndarray) -> np.ndarray:
    """Return the rank sums of every order of the speakers' ranks, of shape (orders, models).

    The ranks of the first speaker keep their order: another one exchanges the names of the models only.
    """
    sums = ranks[:1]
    for row in ranks[1:]:
        orders = np.array(list(itertools.permutations(row)))
        sums = (sums[:, np.newaxis] + orders).reshape(-1, len(row))
    return sums


def _random_rank_sums(ranks: np.ndarray, permutations: int, seed: int) -> np.ndarray:
    """Return the rank sums of random orders of each speaker's ranks, of shape (permutations, models)."""
    random = np.random.RandomState(seed)  # its stream does not change between releases of NumPy
    speakers = np.arange(len(ranks))[:, np.newaxis]
    parts = []
    for start in range(0, permutations, 500):  # in parts, to save memory
        keys = random.random_sample((min(500, permutations - start), *ranks.shape))
        parts.append(ranks[speakers, np.argsort(keys, axis=2)].sum(axis=1))
    return np.concatenate(parts)


def _score_table(scores: npt.ArrayLike) -> np.ndarray:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ValueError("scores must be finite, with a row per speaker and a column per model")
    return table


def _wilcoxon(differences: np.ndarray) -> float:
    """Return the two-sided p value of a signed-rank test, exact for up to ``EXACT`` speakers.

    The exact test of scipy differs between releases for ties, and takes a second in some.
    """
    from scipy import stats

    # 2/3 - 1/3 and 1/3 - 0 tie; differences of rounded scores would differ in the last decimal
    rounded = np.round(differences, DECIMALS)
    if not rounded.any():
        return 1.0
    if rounded.size > EXACT:
        return float(stats.wilcoxon(rounded, zero_method="zsplit", method="asymptotic").pvalue)
    doubled = np.rint(2 * stats.rankdata(np.abs(rounded))).astype(np.int64)  # tied ranks may end in .5
    lesser = min(doubled[rounded > 0].sum(), doubled[rounded < 0].sum())  # ranks of zeros shift all sums alike
    probabilities = _rank_sum_probabilities(doubled[rounded != 0])
    return min(1.0, 2 * float(probabilities[: lesser + 1].sum()))


def _rank_sum_probabilities(ranks: np.ndarray) -> np.ndarray:
    """Return the probability of each sum of positive ranks if every sign is random."""
    probabilities = np.zeros(ranks.sum() + 1)
    probabilities[0] = 1
    for rank in ranks:
        positive = np.zeros_like(probabilities)
        positive[rank:] = probabilities[:-rank]
        probabilities = (probabilities + positive) / 2
    return probabilities
