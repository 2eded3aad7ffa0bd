"""Confidence intervals of scores and significance tests between models, as plain functions over arrays.

Conventions
-----------
The speaker is the unit. Clips of one speaker resemble each other, so a bootstrap over clips gives intervals that are
too narrow; the bootstrap here draws whole speakers (a cluster bootstrap; Davison and Hinkley, Bootstrap Methods and
their Application, 1997, section 3.8), and tests between models compare one score per speaker. Scores of two models
from the same draws are paired, so ``first - second`` are the draws of their difference.

Intervals are t intervals over speakers with the bootstrap's standard error. Percentiles of the draws cover the true
score too rarely: 93 % with 24 speakers instead of 95 %, and 80 % with 4 (``benchmarks/coverage.py``).

Speakers and classes are codes 0, 1, ...; scores are fractions in [0, 1], and higher is better. Scores and their
differences are ranked after rounding to 12 decimals, so that the order of additions cannot decide a rank.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

DECIMALS = 12
"""Scores that are equal after rounding to so many decimals are tied; one clip weighs far more."""

ALPHA = 0.05
"""The significance level of every test."""

MIN_SPEAKERS = 6
"""Test speakers below which there is no interval, but the score of each speaker: so few do not show how they vary."""

MAX_ORDERS = 50_000
"""Largest number of orders of ranks for an exact Friedman test."""

EXACT = 50
"""Largest number of speakers for exact signed-rank tests; with more, the normal approximation is as good."""


Score = Callable[[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[np.float64]]
"""Clips recognised, recorded and predicted per class, of shape ``(..., classes)``, to scores of shape ``(...)``."""


@dataclass(frozen=True, eq=False)
class Tallies:
    """Numbers of clips, int64 of shape ``(..., speakers, classes)``; leading axes may be models, splits and repeats.

    Parameters
    ----------
    hits : ndarray
        Clips of the class that were recognised.
    recorded : ndarray
        Clips of the class.
    predicted : ndarray
        Clips predicted as the class.
    """

    hits: np.ndarray
    recorded: np.ndarray
    predicted: np.ndarray


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


@dataclass(frozen=True, eq=False)
class Calibration:
    """A reliability diagram.

    Parameters
    ----------
    confidence, accuracy : ndarray of float64, shape (bins,)
        Means over the clips of a bin, NaN for an empty bin.
    count : ndarray of int64, shape (bins,)
        Number of clips.
    ece : float
        Expected calibration error.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    ece: float


def speaker_draws(speakers: int, draws: int = 2000, seed: int = 0) -> np.ndarray:
    """Draw speakers with replacement.

    Parameters
    ----------
    speakers : int
        Number of speakers.
    draws : int
        Number of draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray of int64, shape (draws, speakers)
        How often each speaker is drawn; rows sum to ``speakers``.

    Raises
    ------
    ValueError
        For fewer than one speaker or draw.
    """
    if speakers < 1 or draws < 1:
        raise ValueError(f"speakers and draws must be at least 1; got {speakers} speakers and {draws} draws")
    # the stream of RandomState does not change between releases of NumPy, but it depends on the type
    drawn = np.random.RandomState(seed).randint(speakers, size=(draws, speakers), dtype=np.int64)
    cells = drawn + speakers * np.arange(draws)[:, np.newaxis]
    return np.bincount(cells.ravel(), minlength=draws * speakers).reshape(draws, speakers)


def tally(
    speaker_codes: npt.ArrayLike, true_codes: npt.ArrayLike, predicted_codes: npt.ArrayLike, speakers: int, classes: int
) -> Tallies:
    """Count clips by speaker and class.

    Parameters
    ----------
    speaker_codes, true_codes, predicted_codes : array_like of int, shape (clips,)
        Speaker, recorded class and predicted class of each clip.
    speakers, classes : int
        Number of speakers and of classes.

    Returns
    -------
    Tallies
        Of shape ``(speakers, classes)``.

    Raises
    ------
    ValueError
        For unequal lengths or a code outside its range.
    """
    speaker = _codes(speaker_codes, speakers, "speaker")
    true = _codes(true_codes, classes, "true")
    predicted = _codes(predicted_codes, classes, "predicted")
    if not len(speaker) == len(true) == len(predicted):
        raise ValueError(
            f"codes must have one length; got {len(speaker)} speakers, {len(true)} labels, {len(predicted)} predictions"
        )

    def count(cells: np.ndarray) -> np.ndarray:
        return np.bincount(cells, minlength=speakers * classes).reshape(speakers, classes)

    recorded_cells, predicted_cells = speaker * classes + true, speaker * classes + predicted
    return Tallies(
        hits=count(recorded_cells[true == predicted]), recorded=count(recorded_cells), predicted=count(predicted_cells)
    )


def stack(tallies: Sequence[Tallies]) -> Tallies:
    """Join tallies along a new first axis.

    Parameters
    ----------
    tallies : sequence of Tallies
        At least one, of equal shapes.

    Returns
    -------
    Tallies

    Raises
    ------
    ValueError
        For unequal shapes or an empty sequence.
    """
    return Tallies(
        hits=np.stack([part.hits for part in tallies]),
        recorded=np.stack([part.recorded for part in tallies]),
        predicted=np.stack([part.predicted for part in tallies]),
    )


def scores_of(tallies: Tallies, scores: Mapping[str, Score]) -> dict[str, np.ndarray]:
    """Score all speakers' clips together.

    Parameters
    ----------
    tallies : Tallies
        Counts of shape ``(..., speakers, classes)``.
    scores : mapping of str to callable
        A function per name, of counts of shape ``(..., classes)``; see :class:`ser_bench.metrics.Metric`.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        NaN where there is no clip.
    """
    counts = [part.sum(axis=-2) for part in (tallies.hits, tallies.recorded, tallies.predicted)]
    return {name: score(*counts) for name, score in scores.items()}


def scores_by_speaker(tallies: Tallies, scores: Mapping[str, Score]) -> dict[str, np.ndarray]:
    """Score the clips of each speaker.

    Parameters
    ----------
    tallies : Tallies
        Counts of shape ``(..., speakers, classes)``.
    scores : mapping of str to callable
        As for :func:`scores_of`.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., speakers)
        NaN where there is no clip.
    """
    return {name: score(tallies.hits, tallies.recorded, tallies.predicted) for name, score in scores.items()}


def bootstrap_scores(tallies: Tallies, draws: np.ndarray, scores: Mapping[str, Score]) -> dict[str, np.ndarray]:
    """Score each draw of speakers.

    Parameters
    ----------
    tallies : Tallies
        Counts of shape ``(..., speakers, classes)``.
    draws : ndarray of int64, shape (draws, speakers)
        How often each speaker is drawn, from :func:`speaker_draws`.
    scores : mapping of str to callable
        As for :func:`scores_of`.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., draws)

    Raises
    ------
    ValueError
        If the number of speakers differs.
    """
    leading = tallies.recorded.shape[:-2]
    weights = np.asarray(draws, dtype=np.float64)  # a product of integers would not use BLAS; these are exact too
    drawn = {name: np.empty((*leading, len(weights))) for name in scores}
    for cell in np.ndindex(leading):  # one at a time: sums of all cells together would need a hundred times the memory
        sums = [weights @ part[cell] for part in (tallies.hits, tallies.recorded, tallies.predicted)]
        for name, score in scores.items():
            drawn[name][cell] = score(*sums)
    return drawn


def score_interval(
    draws: npt.ArrayLike,
    estimate: npt.ArrayLike,
    speakers: int,
    confidence: float = 0.95,
    *,
    min_speakers: int = MIN_SPEAKERS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return t intervals over speakers of scores in [0, 1], computed on the logit scale.

    The standard error is the standard deviation of the draws, enlarged by ``sqrt(speakers / (speakers - 1))``, because
    a draw of speakers varies too little. The logit scale keeps the ends within [0, 1], and high scores, whose
    distribution is skewed, covered. Scores with draws outside [0, 1] stay on their own scale.

    A score of 1 holds for every speaker, so no draw differs. Its interval is the exact one of the share of speakers
    with that score (Clopper and Pearson, 1934): the mean cannot be below that share. Likewise for 0.

    Parameters
    ----------
    draws : array_like of float, shape (..., draws)
        Scores per draw, from :func:`bootstrap_scores`; NaN values are ignored.
    estimate : array_like of float, shape (...)
        Scores of all speakers.
    speakers : int
        Number of speakers that are drawn.
    confidence : float
        Between 0 and 1.
    min_speakers : int
        Fewer speakers have no interval.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN without an estimate, and for fewer than ``min_speakers`` speakers.

    Raises
    ------
    ValueError
        For fewer than two draws, or an invalid ``confidence``.
    """
    values, center = np.asarray(draws, dtype=np.float64), np.asarray(estimate, dtype=np.float64)
    margin = _t_margin(values, speakers, confidence, min_speakers)
    fractions = np.all(np.isnan(values) | ((values >= 0) & (values <= 1)), axis=-1)
    logit = fractions & (center > 0) & (center < 1)
    inner = np.where(logit, center, 0.5)
    log_odds, log_margin = np.log(inner / (1 - inner)), margin / (inner * (1 - inner))
    ends = []
    for sign in (-1, 1):
        end = np.where(fractions, np.clip(center + sign * margin, 0, 1), center + sign * margin)
        ends.append(np.where(logit, 0.5 * (1 + np.tanh((log_odds + sign * log_margin) / 2)), end))
    share = ((1 - confidence) / 2) ** (1 / max(speakers, 1))
    low = np.where(fractions & (center == 1), np.minimum(ends[0], share), ends[0])
    high = np.where(fractions & (center == 0), np.maximum(ends[1], 1 - share), ends[1])
    return low, high


def difference_interval(
    draws: npt.ArrayLike,
    estimate: npt.ArrayLike,
    speakers: int,
    confidence: float = 0.95,
    *,
    min_speakers: int = MIN_SPEAKERS,
) -> tuple[np.ndarray, np.ndarray]:
    """Return t intervals over speakers of differences between scores.

    The standard error is that of :func:`score_interval`.

    Parameters
    ----------
    draws : array_like of float, shape (..., draws)
        Differences per draw, those of one speaker list from the same draws; NaN values are ignored.
    estimate : array_like of float, shape (...)
        Differences over all speakers.
    speakers : int
        Number of speakers that are drawn; of two lists, that of the shorter one.
    confidence : float
        Between 0 and 1.
    min_speakers : int
        Fewer speakers have no interval.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN without an estimate, and for fewer than ``min_speakers`` speakers.

    Raises
    ------
    ValueError
        For fewer than two draws, or an invalid ``confidence``.
    """
    center = np.asarray(estimate, dtype=np.float64)
    margin = _t_margin(np.asarray(draws, dtype=np.float64), speakers, confidence, min_speakers)
    return np.clip(center - margin, -1, 1), np.clip(center + margin, -1, 1)


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
    _check_lengths(first, second)
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    differ = only_first + only_second
    p = float(stats.binomtest(only_first, differ).pvalue) if differ else 1.0
    return only_first, only_second, p


def calibration(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = 10) -> Calibration:
    """Compare the confidence of predictions with their accuracy.

    Parameters
    ----------
    confidence : array_like of float, shape (clips,)
        Probability of the predicted class.
    right : array_like of bool, shape (clips,)
        Whether the prediction is correct.
    bins : int
        Number of bins of equal width, each including its upper edge.

    Returns
    -------
    Calibration
        Its ``ece`` is the mean distance between confidence and accuracy, weighted by clips.

    Raises
    ------
    ValueError
        For unequal lengths, no clip, or a confidence outside [0, 1].

    References
    ----------
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    confidences, correct = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    _check_lengths(confidences, correct)
    if confidences.size == 0:
        raise ValueError("there is no clip to score")
    if not np.all((confidences >= 0) & (confidences <= 1 + 1e-6)):  # a softmax in float32 may round above 1
        raise ValueError("confidence must be between 0 and 1")
    # division rounds once, so that 3 / 10 is 0.3; np.linspace rounds twice
    bin_of = np.searchsorted(np.arange(1, bins) / bins, confidences, side="left")
    count = np.bincount(bin_of, minlength=bins)
    mean_confidence = _ratio(np.bincount(bin_of, weights=confidences, minlength=bins), count)
    accuracy = _ratio(np.bincount(bin_of, weights=correct, minlength=bins), count)
    ece = float(np.nansum(count * np.abs(accuracy - mean_confidence)) / confidences.size)
    return Calibration(confidence=mean_confidence, accuracy=accuracy, count=count, ece=ece)


def pareto_front(cost: npt.ArrayLike, score: npt.ArrayLike) -> np.ndarray:
    """Find the points that no other point dominates.

    A point dominates another if its cost is not higher, its score is not lower, and one of the two is better. Equal
    points stay together. A point with NaN is not on the front and dominates none.

    Parameters
    ----------
    cost, score : array_like of float, shape (points,)
        Lower costs and higher scores are better.

    Returns
    -------
    ndarray of bool, shape (points,)

    Raises
    ------
    ValueError
        For unequal lengths.
    """
    costs, scores = np.asarray(cost, dtype=np.float64), np.asarray(score, dtype=np.float64)
    _check_lengths(costs, scores)
    other_costs, other_scores = costs[:, np.newaxis], scores[:, np.newaxis]
    not_worse = (other_costs <= costs) & (other_scores >= scores)
    dominates = not_worse & ((other_costs < costs) | (other_scores > scores))
    front: npt.NDArray[np.bool_] = ~dominates.any(axis=0) & ~np.isnan(costs) & ~np.isnan(scores)
    return front


def _codes(values: npt.ArrayLike, size: int, name: str) -> np.ndarray:
    codes = np.asarray(values, dtype=np.int64)
    if codes.ndim != 1 or np.any((codes < 0) | (codes >= size)):
        raise ValueError(f"{name} codes must be integers from 0 to {size - 1}, in one dimension")
    return codes


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide; NaN, without a warning, where the denominator is 0."""
    ratio: np.ndarray = np.divide(
        numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0
    )
    return ratio


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


def _t_margin(draws: np.ndarray, speakers: int, confidence: float, min_speakers: int) -> np.ndarray:
    """Return half the width of a t interval, from scores per draw of speakers."""
    from scipy import special

    if draws.ndim == 0 or draws.shape[-1] < 2:
        raise ValueError(f"an interval needs two or more draws, got draws of shape {draws.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence}")
    if speakers < max(min_speakers, 2):
        return np.full(draws.shape[:-1], np.nan)
    counts = np.sum(~np.isnan(draws), axis=-1)
    center = _ratio(np.nansum(draws, axis=-1), counts)
    squares = np.nansum((draws - center[..., np.newaxis]) ** 2, axis=-1)
    deviation = np.sqrt(_ratio(squares, counts - 1.0))
    quantile = special.stdtrit(speakers - 1, (1 + confidence) / 2)
    margin: np.ndarray = quantile * np.sqrt(speakers / (speakers - 1)) * deviation
    return margin


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


def _check_lengths(first: np.ndarray, second: np.ndarray) -> None:
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"arrays must have one dimension and one length, got shapes {first.shape} and {second.shape}")
