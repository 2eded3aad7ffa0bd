"""scikit-learn's multi-layer perceptron."""

from __future__ import annotations

from typing import Any

from ser_bench.models.base import SLOWER_AND_FASTER, Counts, EstimatorClass, Integer, Model, parameter
from ser_bench.models.classical import OVERSAMPLED, SCALED, SOURCE, ClassicalParameters, oversampled, scaled


class MLPParameters(ClassicalParameters):
    """Parameters of ``mlp``."""

    hidden: Counts = parameter([256], "units of each hidden layer", tune=([64], [128], [256], [128, 64]))
    alpha: float = parameter(1.0, "strength of the L2 penalty", ge=0, tune=(0.01, 0.1, 1.0, 3.0, 10.0))
    learning_rate: float = parameter(3e-4, "initial learning rate of Adam", gt=0, tune=(3e-4, 1e-3, 3e-3))
    batch_size: Integer = parameter(64, "clips per batch", ge=1)
    epochs: Integer = parameter(15, "number of epochs; there is no early stopping", ge=1, tune=(15, 30, 60))


def _build_mlp(
    *, seed: int, hidden: list[int], alpha: float, learning_rate: float, batch_size: int, epochs: int, balance: bool
) -> Any:
    """Return a multi-layer perceptron, trained for a fixed number of epochs, behind a scaler."""
    from ser_bench.models.estimators import FixedEpochsMLP

    network = scaled(
        FixedEpochsMLP(
            hidden_layer_sizes=tuple(hidden),
            alpha=alpha,
            learning_rate_init=learning_rate,
            batch_size=batch_size,
            max_iter=epochs,
            n_iter_no_change=epochs,
            random_state=seed,
        )
    )
    return oversampled(network, seed, balance)


MLP = Model(
    name="mlp",
    summary="multi-layer perceptron (scikit-learn)",
    kind="classical",
    features="functionals",
    build=_build_mlp,
    schema=MLPParameters,
    parameters={"balance": False, "speeds": [*SLOWER_AND_FASTER]},
    cost=2.5,
    source=(*SOURCE, "ser_bench.models.mlp"),
    classes=(
        *SCALED,
        OVERSAMPLED,
        EstimatorClass(
            path="ser_bench.models.estimators:FixedEpochsMLP", onnx="ser_bench.deploy.onnx.estimators:perceptron"
        ),
        EstimatorClass(path="sklearn.preprocessing:LabelBinarizer"),
    ),
)
