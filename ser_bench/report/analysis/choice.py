"""The choice of a model: the highest UAR, the models that are not significantly worse, and the cheapest of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.splits import ranking_split
from ser_bench.report.analysis.summary import summarise
from ser_bench.runs.results import SavedRun

CHEAPER = 0.8
"""The largest share of the best model's cost that counts as cheaper; times vary from run to run."""


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
        The model of ``not_worse`` with the lowest cost; ``best`` where none costs at most :data:`CHEAPER` of it.
    tested : bool
        Whether differences are tested and the speakers are enough for a significant one; if not, ``not_worse`` is
        empty.
    """

    best: str
    not_worse: tuple[str, ...]
    cheapest: str
    tested: bool


def choice_of(run: SavedRun, models: Collection[str], costs: Mapping[str, float]) -> Choice | None:
    """Choose between models.

    Parameters
    ----------
    run : SavedRun
    models : collection of str
        Models without baselines.
    costs : mapping of str to float
        Costs by model; NaN where unknown.

    Returns
    -------
    Choice or None
        None if no model finished every fold.
    """
    table = summarise(run).set_index("model")
    scores = table[f"{ranking_split(run.info.splits)}_uar"].dropna()
    ranked = [str(model) for model in scores.index if model in models]
    if not ranked:
        return None
    best, compared = ranked[0], comparison(run)
    if compared is None or compared.too_few_speakers or best not in compared.models:
        return Choice(best, (), best, tested=False)
    not_worse = tuple(m for m in ranked[1:] if m in compared.models and not compared.better.at[best, m])
    cheaper = [model for model in not_worse if costs[model] <= CHEAPER * costs[best]]
    return Choice(best, not_worse, min(cheaper, key=costs.__getitem__, default=best), tested=True)
