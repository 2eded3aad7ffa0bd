"""What a run should tell before it begins: fits that would take long since their time grows with the clips' square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_bench.core.progress import Progress
    from ser_bench.models.base import PairwiseCost
    from ser_bench.runs.plan import PlannedFit

LONG_SECONDS = 600.0
"""A fit that is expected to take longer is told of."""


def warn(todo: Sequence[PlannedFit], progress: Progress) -> None:
    """Warn once for each model, of the fits to be computed, whose pairs of clips take long; say what to do instead."""
    by_model: dict[int, list[PlannedFit]] = {}
    for fit in todo:
        by_model.setdefault(id(fit.entry), []).append(fit)
    for fits in by_model.values():
        model = fits[0].entry.model
        pairs = model.pairwise_cost(model.parameters)
        if pairs is None:
            continue
        longest = max(fits, key=lambda fit: seconds_of(fit, pairs))
        if seconds_of(longest, pairs) > LONG_SECONDS:
            progress.warning(_line(longest, pairs, len(fits)))


def rows_of(fit: PlannedFit) -> int:
    """Return how many rows a fit trains on: its clips, and their copies at other speeds."""
    return len(fit.fold.train) * (1 + len(fit.entry.copies))


def seconds_of(fit: PlannedFit, pairs: PairwiseCost) -> float:
    """Return about how long a fit's pairs of rows take on one core, from what one pair took when it was measured."""
    others = len(fit.fold.test) if pairs.test_rows else rows_of(fit)
    return pairs.seconds * rows_of(fit) * others * _columns(fit)


def _columns(fit: PlannedFit) -> int:
    return sum(feature_set.dimension for feature_set in fit.entry.sets)


def _line(fit: PlannedFit, pairs: PairwiseCost, count: int) -> str:
    name = fit.entry.model.name
    other = pairs.advised_seconds * rows_of(fit) * _columns(fit)
    instead = pairs.advice.format(name=name, time=f" (about {spoken(other)})" if other else "")
    many = f"each of {count} fits" if count > 1 else "a fit"
    return (
        f"{name}: {pairs.reason}: about {spoken(seconds_of(fit, pairs))} for {many} on {rows_of(fit):,} rows; {instead}"
    )


def spoken(seconds: float) -> str:
    """Return a time in the unit that suits it, rounded as an estimate deserves."""
    for size, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
