"""Points that no other point surpasses in cost and score."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ser_bench.statistics.arrays import check_lengths


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
    check_lengths(costs, scores)
    other_costs, other_scores = costs[:, np.newaxis], scores[:, np.newaxis]
    not_worse = (other_costs <= costs) & (other_scores >= scores)
    dominates = not_worse & ((other_costs < costs) | (other_scores > scores))
    front: npt.NDArray[np.bool_] = ~dominates.any(axis=0) & ~np.isnan(costs) & ~np.isnan(scores)
    return front
