"""The baselines that every table shows: what guessing scores."""

from __future__ import annotations

from typing import Any

from ser_bench.models.base import Model

_SOURCE = ("ser_bench.models.baselines", "ser_bench.models.estimators")


def build_chance(*, seed: int, strategy: str) -> Any:
    """Return random guesses, ``uniform`` or ``stratified`` by the classes' frequencies."""
    from ser_bench.models.estimators import Chance

    return Chance(strategy=strategy, random_state=seed)


def build_majority(*, seed: int) -> Any:
    """Return the classifier that always answers the most frequent training class."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior", random_state=seed)


BASELINES = (
    Model(
        name="chance",
        summary="random guesses",
        kind="baseline",
        features="functionals",
        build=build_chance,
        accepts=("vector", "frames"),
        cost=0.01,
        parameters={"strategy": "uniform"},
        source=_SOURCE,
    ),
    Model(
        name="majority",
        summary="always the most frequent training class",
        kind="baseline",
        features="functionals",
        build=build_majority,
        accepts=("vector", "frames"),
        cost=0.01,
        source=_SOURCE,
    ),
)
