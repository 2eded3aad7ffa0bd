"""What a model is: a description and a way to build a scikit-learn estimator from parameters and a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

SLOWER_AND_FASTER = (0.85, 1.17)
"""Speeds at which training clips sound like those of other speakers, with a longer and a shorter vocal tract."""
SPEEDS: tuple[list[float], ...] = ([], [*SLOWER_AND_FASTER], [0.9, 1.1])
"""What tuning tries of hearing training clips at other speeds, too."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """That a model's time grows with pairs of clips: how long one takes, and what to do instead.

    ``seconds`` is the measured time of a pair of rows and a column: of every two training rows, or where ``tested`` of
    every training and tested row. ``why`` and ``instead`` are for the user; in ``instead``, ``{name}`` stands for the
    model's name and ``{time}`` for how long the other way takes at ``instead_seconds`` a training row and column.
    """

    seconds: float
    why: str
    instead: str
    instead_seconds: float = 0.0
    tested: bool = False


def no_pairs(parameters: Mapping[str, Any]) -> Pairs | None:
    """Return None: the time grows with the clips."""
    return None


@dataclass(frozen=True, kw_only=True)
class Model:
    """A registered classifier.

    ``build(seed=…, **parameters)`` returns an unfitted estimator with ``fit(X, y)``, ``predict``,
    ``predict_proba`` and ``classes_``, which takes string labels, does its own scaling, uses one
    thread, and gives the same predictions for the same seed. ``parameters`` are the stated defaults,
    each settable from a configuration. Where ``grouped``, ``fit`` also takes ``groups=`` (a speaker per
    clip), from which it holds out whole training speakers for early stopping, and the fitted
    estimator has ``history_`` (a dict of equally long lists, one value per epoch: ``loss``,
    ``accuracy``, ``val_loss``, ``val_accuracy``).

    Where not ``seeded``, nothing in it is random: every seed gives the same model, unless a parameter has the value
    that ``seeded_by`` names. ``pairs`` returns what grows with the square of the clips, of the model with such
    parameters, None if nothing does.

    ``space`` holds, by parameter, the values that tuning draws from.

    The parameter ``speeds``, which every learner has, is not for ``build``: training clips are given at
    these speeds, too (see :meth:`ser_bench.features.base.FeatureSet.at_speed`).

    ``accepts`` says which kinds of features ``X`` may be: ``vector`` is float32 ``(n, d)``; ``frames``
    is float32 ``(n, t, d)``, padded with NaN behind each clip's end. ``cost`` is the usual fit time relative to
    other models; it orders a run's plan and paces its progress bar. ``source`` names the modules
    whose code decides the outcome; their text is part of a fit's key.
    """

    name: str
    summary: str
    kind: Literal["baseline", "classical", "network"]
    features: str
    build: Callable[..., Any] = field(repr=False)
    accepts: tuple[Literal["vector", "frames"], ...] = ("vector",)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict, repr=False)
    grouped: bool = False
    seeded: bool = True
    seeded_by: Mapping[str, Any] = field(default_factory=dict)
    pairs: Callable[[Mapping[str, Any]], Pairs | None] = field(default=no_pairs, repr=False)
    cost: float = 1.0
    needs: tuple[str, ...] = ("scikit-learn",)
    source: tuple[str, ...] = ()

    @property
    def speeds(self) -> tuple[float, ...]:
        """The speeds at which training clips are heard beside their own."""
        return tuple(self.parameters.get("speeds", ()))

    @property
    def draws(self) -> bool:
        """Whether anything in it, with these parameters, is random."""
        return self.seeded or any(self.parameters.get(name) == value for name, value in self.seeded_by.items())

    def estimator(self, seed: int, parameters: Mapping[str, Any]) -> Any:
        """Return an unfitted estimator with these parameters, which must be all of the model's."""
        return self.build(seed=seed, **{name: value for name, value in parameters.items() if name != "speeds"})
