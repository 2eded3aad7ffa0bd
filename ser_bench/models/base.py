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
class Model:
    """A registered classifier.

    ``build(seed=…, **parameters)`` returns an unfitted estimator with ``fit(X, y)``, ``predict``,
    ``predict_proba`` and ``classes_``, which takes string labels, does its own scaling, uses one
    thread, and gives the same predictions for the same seed. ``parameters`` are the stated defaults,
    each settable from a configuration. Where ``grouped``, ``fit`` also takes ``groups=`` (a speaker per
    clip), from which it holds out whole training speakers for early stopping, and the fitted
    estimator has ``history_`` (a dict of equally long lists, one value per epoch: ``loss``,
    ``accuracy``, ``val_loss``, ``val_accuracy``).

    Where not ``seeded``, nothing in it is random: every seed gives the same model.

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
    cost: float = 1.0
    needs: tuple[str, ...] = ("scikit-learn",)
    source: tuple[str, ...] = ()

    @property
    def speeds(self) -> tuple[float, ...]:
        """The speeds at which training clips are heard beside their own."""
        return tuple(self.parameters.get("speeds", ()))

    def estimator(self, seed: int, parameters: Mapping[str, Any]) -> Any:
        """Return an unfitted estimator with these parameters, which must be all of the model's."""
        return self.build(seed=seed, **{name: value for name, value in parameters.items() if name != "speeds"})
