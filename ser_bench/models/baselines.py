"""The baselines that every table shows: random guesses and the most frequent class."""

from __future__ import annotations

from typing import Any, Literal

from ser_bench.models.base import EstimatorClass, Model, Parameters, parameter

_SOURCE = ("ser_bench.models.baselines", "ser_bench.models.estimators")


class ChanceParameters(Parameters):
    """Parameters of ``chance``."""

    strategy: Literal["uniform", "stratified"] = parameter(
        "uniform", "all classes equally often, or each as often as in training"
    )


def _build_chance(*, seed: int, strategy: str) -> Any:
    """Return a classifier that guesses at random."""
    from ser_bench.models.estimators import Chance

    return Chance(strategy=strategy, random_state=seed)


def _build_majority(*, seed: int) -> Any:
    """Return a classifier that always predicts the most frequent training class."""
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior", random_state=seed)


BASELINES = (
    Model(
        name="chance",
        summary="random guesses",
        kind="baseline",
        features="functionals",
        build=_build_chance,
        accepts=("vector", "frames"),
        schema=ChanceParameters,
        cost=0.01,
        source=_SOURCE,
        classes=(
            EstimatorClass(
                path="ser_bench.models.estimators:Chance",
                not_exported="its guesses are drawn from a hash of the features, for which ONNX has no operator",
            ),
        ),
    ),
    Model(
        name="majority",
        summary="always the most frequent training class",
        kind="baseline",
        features="functionals",
        build=_build_majority,
        accepts=("vector", "frames"),
        cost=0.01,
        source=_SOURCE,
        classes=(
            EstimatorClass(path="sklearn.dummy:DummyClassifier", onnx="ser_bench.deploy.onnx.estimators:majority"),
        ),
    ),
)
