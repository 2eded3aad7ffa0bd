"""The choice of a model: the highest UAR, and the cheapest model that loses little of it.

A difference that is not significant may still be large. A cheaper model counts as a replacement where the interval of
its loss stays below a margin, as in a test of non-inferiority.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.exposure import ranked_learners
from ser_bench.report.analysis.intervals import speaker_tallies, uar_difference
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.runs.results import SavedRun

CHEAPER = 0.8
"""The largest share of the best model's cost that counts as cheaper; times vary from run to run."""

MARGIN = 0.05
"""The largest loss of UAR of a replacement, at the upper end of its 95 % interval."""


@dataclass(frozen=True)
class Choice:
    """The best of several models, and the models that can replace it.

    Parameters
    ----------
    best : str
        The model with the highest UAR under the split that ranks models.
    not_worse : tuple of str
        The models that it is not significantly better than, the highest UAR first.
    cheapest : str
        The model with the lowest cost of those that cost at most :data:`CHEAPER` of the best one and lose at most
        :data:`MARGIN`; ``best`` where no model does.
    loss : float
        The upper end of the interval of the loss of ``cheapest``; 0 for ``best``.
    tested : bool
        Whether differences are tested and the speakers are enough for a significant one; if not, ``not_worse`` is
        empty.
    """

    best: str
    not_worse: tuple[str, ...]
    cheapest: str
    loss: float
    tested: bool


def choice_of(run: SavedRun, models: Collection[str], costs: Mapping[str, float]) -> Choice | None:
    """Choose between models.

    Parameters
    ----------
    run : SavedRun
    models : collection of str
        Models without baselines; those that take no rank are not chosen.
    costs : mapping of str to float
        Costs by model; NaN where unknown.

    Returns
    -------
    Choice or None
        None if no model that takes a rank finished every fold.
    """
    table = summarise(run).set_index("model")
    scores = table[f"{ranking_split(run.info.splits)}_uar"].dropna()
    ranked = [str(model) for model in scores.index if model in models and model in ranked_learners(run)]
    if not ranked:
        return None
    best, compared = ranked[0], comparison(run)
    if compared is None or compared.too_few_speakers or best not in compared.models:
        return Choice(best, (), best, 0.0, tested=False)
    not_worse = tuple(m for m in ranked[1:] if m in compared.models and not compared.better.at[best, m])
    losses = {model: _largest_loss(run, best, model) for model in cheaper_models(ranked, costs)}
    close = [model for model, loss in losses.items() if loss <= MARGIN]
    cheapest = min(close, key=costs.__getitem__, default=best)
    return Choice(best, not_worse, cheapest, losses.get(cheapest, 0.0), tested=True)


def cheaper_models(ranked: Sequence[str], costs: Mapping[str, float]) -> list[str]:
    """Return the models that are clearly cheaper than the first one.

    Parameters
    ----------
    ranked : sequence of str
        The best model first.
    costs : mapping of str to float

    Returns
    -------
    list of str
        Those that cost at most :data:`CHEAPER` of the first one.
    """
    return [model for model in ranked[1:] if costs[model] <= CHEAPER * costs[ranked[0]]]


def _largest_loss(run: SavedRun, best: str, model: str) -> float:
    """Return the upper end of the 95 % interval of a model's loss of UAR; infinite for too few speakers."""
    split = ranking_split(run.info.splits)
    _, _, high = uar_difference(*(speaker_tallies(run, name, split) for name in (best, model)))
    return math.inf if math.isnan(high) else high
