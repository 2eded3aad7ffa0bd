"""How far a score can be trusted, and which models can be told apart: plain functions over arrays.

Conventions
-----------
The speaker is the unit. Clips of one speaker resemble one another, so a bootstrap over clips gives intervals
that are far too narrow; here whole speakers are drawn (a cluster bootstrap; Davison and Hinkley, Bootstrap
Methods and their Application, 1997, section 3.8), and tests between models compare one score per speaker.
Everything compared takes the same draws: scores of two models are paired draw by draw, so the interval of
their difference is ``interval(first - second)``.

Speakers and classes are codes 0, 1, …; scores are fractions in [0, 1] with the conventions of
``ser_bench.metrics``; higher is better. Scores, or their differences, are ranked after rounding to 12 decimals, so
that a difference in the order of additions is no difference between models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

DECIMALS = 12
"""Scores nearer than this are tied: far below one clip's weight, far above the rounding of a sum."""

EXACT = 50
"""The most speakers for whom signed-rank tests are exact; with more, the normal approximation is as good."""


Score = Callable[[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[np.float64]]
"""Clips recognised, recorded and predicted per class, of shape ``(..., classes)``, to scores of shape ``(...)``."""


@dataclass(frozen=True, eq=False)
class Tallies:
    """Clips per speaker and class, each of shape ``(..., speakers, classes)``.

    ``hits`` counts the clips of a class that were recognised, ``recorded`` those whose label it is and
    ``predicted`` those that were given it. Leading axes, such as model, split and repeat, are kept.
    """

    hits: np.ndarray
    recorded: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True, eq=False)
class Friedman:
    """Friedman's test: ``mean_ranks`` of shape ``(models,)``, 1 is the best, over ``n`` speakers."""

    statistic: float
    p: float
    mean_ranks: np.ndarray
    n: int


@dataclass(frozen=True, eq=False)
class Calibration:
    """A reliability diagram, each part of shape ``(bins,)``, and its ``ece``, all but ``count`` fractions.

    ``confidence`` and ``accuracy`` are means over the ``count`` clips of a bin, NaN where there is none.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray
    ece: float


def speaker_draws(speakers: int, draws: int = 2000, seed: int = 0) -> np.ndarray:
    """Return int64 counts of shape ``(draws, speakers)``: how often each speaker is drawn, with replacement.

    Rows sum to ``speakers``. Raises ValueError for fewer than one speaker or draw.
    """
    if speakers < 1 or draws < 1:
        raise ValueError(f"{draws} draws of {speakers} speakers: both must be at least 1")
    # RandomState's stream is frozen, Generator's is not; the type is named because the stream depends on it.
    drawn = np.random.RandomState(seed).randint(speakers, size=(draws, speakers), dtype=np.int64)
    cells = drawn + speakers * np.arange(draws)[:, np.newaxis]
    return np.bincount(cells.ravel(), minlength=draws * speakers).reshape(draws, speakers)


def tally(
    speaker_codes: npt.ArrayLike, true_codes: npt.ArrayLike, predicted_codes: npt.ArrayLike, speakers: int, classes: int
) -> Tallies:
    """Count clips, given as three equally long lists of codes, into int64 arrays ``(speakers, classes)``.

    Raises ValueError for unequal lengths or a code outside its range.
    """
    speaker = _codes(speaker_codes, speakers, "speaker")
    true = _codes(true_codes, classes, "true")
    predicted = _codes(predicted_codes, classes, "predicted")
    if not len(speaker) == len(true) == len(predicted):
        raise ValueError(f"{len(speaker)} speakers, {len(true)} labels and {len(predicted)} predictions for the clips")

    def count(cells: np.ndarray) -> np.ndarray:
        return np.bincount(cells, minlength=speakers * classes).reshape(speakers, classes)

    recorded, given = speaker * classes + true, speaker * classes + predicted
    return Tallies(hits=count(recorded[true == predicted]), recorded=count(recorded), predicted=count(given))


def stack(tallies: Sequence[Tallies]) -> Tallies:
    """Join tallies of equal shape along a new first axis; raises ValueError for unequal shapes or none."""
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


def interval(values: npt.ArrayLike, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper end, of shape ``(...)``, of the percentile interval of ``(..., draws)``.

    NaN are left out; an end is NaN where nothing else is there. Raises ValueError for no draw, or a
    ``confidence`` outside (0, 1).
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=-1)  # NaN go to the end
    if ordered.shape[-1] == 0:
        raise ValueError("there is no draw to take an interval of")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} must lie between 0 and 1")
    last = np.maximum(np.sum(~np.isnan(ordered), axis=-1) - 1, 0)
    tail = (1 - confidence) / 2
    return _quantile(ordered, last, tail), _quantile(ordered, last, 1 - tail)


def friedman(scores: npt.ArrayLike) -> Friedman:
    """Test whether the models of ``scores``, ``(speakers, models)``, differ at all (Friedman, 1937).

    Ties share their mean rank and the statistic is corrected for them; where all models tie for every
    speaker, p is 1. Raises ValueError for fewer than 3 models or 2 speakers, or a score that is not finite.
    """
    from scipy import stats

    table = np.round(_score_table(scores), DECIMALS)
    speakers, models = table.shape
    if models < 3 or speakers < 2:
        raise ValueError(f"Friedman's test needs 3 models and 2 speakers; there are {models} and {speakers}")
    mean_ranks = stats.rankdata(-table, axis=1).mean(axis=0)
    if np.all(table == table[:, :1]):  # the correction for ties would divide 0 by 0
        return Friedman(statistic=0.0, p=1.0, mean_ranks=mean_ranks, n=speakers)
    result = stats.friedmanchisquare(*table.T)
    return Friedman(statistic=float(result.statistic), p=float(result.pvalue), mean_ranks=mean_ranks, n=speakers)


def wilcoxon_holm(scores: npt.ArrayLike) -> np.ndarray:
    """Return p values ``(models, models)`` of all pairs of models of ``scores``, ``(speakers, models)``.

    Two-sided Wilcoxon signed-rank tests, adjusted together by :func:`holm`; symmetric, with 1 on the diagonal
    and for two models that tie for every speaker. Ranks of zero differences are split between both sides, as
    Demšar (2006) has it (``zero_method="zsplit"`` in scipy). Tests are exact for ties too, up to ``EXACT``
    speakers. Raises ValueError for a score that is not finite.
    """
    table = _score_table(scores)
    models = table.shape[1]
    first, second = np.triu_indices(models, k=1)
    pairs = zip(first, second, strict=True)
    adjusted = holm([_wilcoxon(table[:, one] - table[:, other]) for one, other in pairs])
    p = np.ones((models, models))
    p[first, second] = p[second, first] = adjusted
    return p


def holm(p: npt.ArrayLike) -> np.ndarray:
    """Return the p values ``(tests,)`` adjusted for being that many, in their order (Holm, 1979)."""
    raw = np.asarray(p, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * np.arange(raw.size, 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def cliques(mean_ranks: npt.ArrayLike, p: npt.ArrayLike, alpha: float = 0.05) -> list[list[int]]:
    """Return the bars of a critical-difference diagram: runs of models of which no two can be told apart.

    A run is two or more indices that follow one another in order of ``mean_ranks``, ``(models,)``; each is as
    long as can be and none lies inside another. Two models are told apart where ``p``, ``(models, models)``,
    is at most ``alpha``. The diagram is Demšar's (Statistical Comparisons of Classifiers over Multiple Data
    Sets, JMLR 2006); ``p`` from :func:`wilcoxon_holm` takes the place of his Nemenyi test, whose verdict on two
    models depends on the others (Benavoli et al., Should We Really Use Post-Hoc Tests Based on Mean-Ranks?,
    JMLR 2016).
    """
    order = np.argsort(mean_ranks, kind="stable")
    apart = (np.asarray(p) <= alpha)[np.ix_(order, order)]
    np.fill_diagonal(apart, False)
    runs: list[list[int]] = []
    reached = 1  # where the last run kept ends; a later run that ends no further lies inside it
    for start in range(len(order)):
        end = max(stop for stop in range(start + 1, len(order) + 1) if not apart[start:stop, start:stop].any())
        if end > reached and end - start > 1:
            runs.append(order[start:end].tolist())
            reached = end
    return runs


def corrected_t_test(differences: npt.ArrayLike, n_train: npt.ArrayLike, n_test: npt.ArrayLike) -> tuple[float, float]:
    """Return t and the two-sided p of the mean of ``differences``, ``(folds * repeats,)``, two models' scores.

    The resampled t-test, its variance corrected for training clips that the fits share (Nadeau and Bengio,
    Inference for the Generalization Error, Machine Learning 2003). ``n_train`` and ``n_test`` are clips per
    fold, one number or one for each fold, of which the mean counts. NaN for fewer than two folds; where all
    differences are equal, p is 1 if they are 0 and 0 otherwise. Raises ValueError for no training clip.
    """
    from scipy import stats

    values = np.round(np.asarray(differences, dtype=np.float64), DECIMALS)
    train, test = (float(np.mean(np.asarray(clips, dtype=np.float64))) for clips in (n_train, n_test))
    if not train > 0:
        raise ValueError("n_train must be more than 0")
    if values.size < 2:
        return np.nan, np.nan
    mean = float(values.mean())
    if np.ptp(values) == 0:  # the variance of equal numbers may come out a little above 0
        return (float(np.copysign(np.inf, mean)), 0.0) if mean else (0.0, 1.0)
    t = mean / float(np.sqrt((1 / values.size + test / train) * values.var(ddof=1)))
    return t, float(2 * stats.t.sf(abs(t), df=values.size - 1))


def mcnemar_exact(first_right: npt.ArrayLike, second_right: npt.ArrayLike) -> tuple[int, int, float]:
    """Return how many clips only the first and only the second model got right, and the exact two-sided p.

    Both are bool of shape ``(clips,)``, in the same order (McNemar, 1947; the binomial instead of chi squared).
    The test takes clips for independent, which those of one speaker are not: a small p here is weaker evidence
    than one from :func:`wilcoxon_holm`. Raises ValueError for unequal lengths.
    """
    from scipy import stats

    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    _equally_long(first, second)
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    differ = only_first + only_second
    p = float(stats.binomtest(only_first, differ).pvalue) if differ else 1.0
    return only_first, only_second, p


def calibration(confidence: npt.ArrayLike, right: npt.ArrayLike, bins: int = 10) -> Calibration:
    """Compare the probability that a model gave its predictions with how many of them were right.

    ``confidence`` are fractions and ``right`` bool, both ``(clips,)``. Bins are equally wide and hold their
    upper edge; ``ece``, the expected calibration error, is the mean distance between confidence and accuracy
    of a bin, weighted by its clips (Guo et al., On Calibration of Modern Neural Networks, ICML 2017). Raises
    ValueError for unequal lengths, no clip, or a confidence outside [0, 1].
    """
    given, correct = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=bool)
    _equally_long(given, correct)
    if given.size == 0:
        raise ValueError("there is no clip to score")
    if not np.all((given >= 0) & (given <= 1 + 1e-6)):  # a softmax in float32 may exceed 1 by its rounding
        raise ValueError("confidence must lie between 0 and 1")
    # Division rounds once, so that 3 / 10 is the 0.3 that a model gives; np.linspace rounds twice.
    places = np.searchsorted(np.arange(1, bins) / bins, given, side="left")
    count = np.bincount(places, minlength=bins)
    mean_confidence = _ratio(np.bincount(places, weights=given, minlength=bins), count)
    accuracy = _ratio(np.bincount(places, weights=correct, minlength=bins), count)
    ece = float(np.nansum(count * np.abs(accuracy - mean_confidence)) / given.size)
    return Calibration(confidence=mean_confidence, accuracy=accuracy, count=count, ece=ece)


def pareto_front(cost: npt.ArrayLike, worth: npt.ArrayLike) -> np.ndarray:
    """Return bool ``(points,)``: those that no other beats, by at most its cost and at least its worth.

    One of the two must be strictly better to beat, so equal points stay together. A point with NaN is never
    on the front and beats none. Raises ValueError for unequal lengths.
    """
    costs, worths = np.asarray(cost, dtype=np.float64), np.asarray(worth, dtype=np.float64)
    _equally_long(costs, worths)
    cheaper, dearer = costs[:, np.newaxis], costs
    better, worse = worths[:, np.newaxis], worths
    beats = (cheaper <= dearer) & (better >= worse) & ((cheaper < dearer) | (better > worse))
    return ~beats.any(axis=0) & ~np.isnan(costs) & ~np.isnan(worths)


def _codes(values: npt.ArrayLike, size: int, name: str) -> np.ndarray:
    codes = np.asarray(values, dtype=np.int64)
    if codes.ndim != 1 or np.any((codes < 0) | (codes >= size)):
        raise ValueError(f"{name} codes must be a list of numbers from 0 to {size - 1}")
    return codes


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide; NaN, without a warning, where ``bottom`` is 0."""
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)


def _quantile(ordered: np.ndarray, last: np.ndarray, share: float) -> np.ndarray:
    """Interpolate between the sorted values 0 to ``last`` as np.quantile does, whose NaN-aware twin is slow."""
    place = last * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, last)
    low, high = (np.take_along_axis(ordered, at[..., np.newaxis], axis=-1)[..., 0] for at in (below, above))
    return low + (high - low) * (place - below)


def _score_table(scores: npt.ArrayLike) -> np.ndarray:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ValueError("scores must be finite, one row per speaker and one column per model")
    return table


def _wilcoxon(differences: np.ndarray) -> float:
    """Return the two-sided p of one signed-rank test, exact up to ``EXACT`` speakers, ties or not.

    scipy's own choice differs between its releases where ranks tie, and takes a second per test in some.
    """
    from scipy import stats

    # 2/3 - 1/3 and 1/3 - 0 share a rank; of scores already rounded, they would differ in the last decimal kept.
    rounded = np.round(differences, DECIMALS)
    if not rounded.any():
        return 1.0
    if rounded.size > EXACT:
        return float(stats.wilcoxon(rounded, zero_method="zsplit", method="asymptotic").pvalue)
    doubled = np.rint(2 * stats.rankdata(np.abs(rounded))).astype(np.int64)  # ranks that tie may end in a half
    lesser = min(doubled[rounded > 0].sum(), doubled[rounded < 0].sum())  # halves of zeros' ranks shift all alike
    chances = _rank_sum_chances(doubled[rounded != 0])
    return min(1.0, 2 * float(chances[: lesser + 1].sum()))


def _rank_sum_chances(ranks: np.ndarray) -> np.ndarray:
    """Return the probability of each sum of the positive ranks where every sign is a fair coin."""
    chances = np.zeros(ranks.sum() + 1)
    chances[0] = 1
    for rank in ranks:
        positive = np.zeros_like(chances)
        positive[rank:] = chances[:-rank]
        chances = (chances + positive) / 2
    return chances


def _equally_long(first: np.ndarray, second: np.ndarray) -> None:
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"{first.shape} and {second.shape} must be equally long lists")
