"""What the classical models share: scaling, balancing, source modules and the classes around each classifier."""

from __future__ import annotations

from typing import Any

from ser_bench.models.base import EstimatorClass, LearnerParameters, parameter

ON_OFF = (True, False)
SOURCE = ("ser_bench.models.classical", "ser_bench.models.estimators")

SCALED = (
    EstimatorClass(path="sklearn.pipeline:Pipeline", onnx="ser_bench.deploy.onnx.estimators:pipeline"),
    EstimatorClass(
        path="ser_bench.models.estimators:Standardizer", onnx_step="ser_bench.deploy.onnx.estimators:standardized"
    ),
)
"""The classes of a pipeline that begins with scaling."""

OVERSAMPLED = EstimatorClass(
    path="ser_bench.models.estimators:Oversampled", onnx="ser_bench.deploy.onnx.estimators:wrapped"
)


class ClassicalParameters(LearnerParameters):
    """Parameters of every classical model."""

    balance: bool = parameter(True, "whether rare classes count as much as frequent ones", tune=ON_OFF)


def scaled(*steps: Any) -> Any:
    """Return a pipeline that scales its input.

    Parameters
    ----------
    *steps
        Estimators; the scaler is fitted with them, on training clips only.

    Returns
    -------
    Pipeline
    """
    from sklearn.pipeline import make_pipeline

    from ser_bench.models.estimators import Standardizer

    return make_pipeline(Standardizer(), *steps)


def oversampled(estimator: Any, seed: int, balance: bool) -> Any:
    """Return a classifier that is fitted on equally many clips of every class.

    Parameters
    ----------
    estimator : estimator
        The classifier.
    seed : int
        Seed of the choice of repeated clips.
    balance : bool
        False returns the estimator as it is.

    Returns
    -------
    estimator
    """
    from ser_bench.models.estimators import Oversampled

    return Oversampled(estimator, random_state=seed) if balance else estimator


def class_weight(balance: bool) -> str | None:
    """Return the ``class_weight`` of scikit-learn.

    Parameters
    ----------
    balance : bool
        Whether rare classes count as much as frequent ones.

    Returns
    -------
    {"balanced", None}
    """
    return "balanced" if balance else None
