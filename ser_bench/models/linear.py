"""Multinomial logistic regression, the field's linear probe of frozen networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ser_bench.models.base import SLOWER_AND_FASTER, EstimatorClass, Model, parameter
from ser_bench.models.classical import SCALED, SOURCE, ClassicalParameters, class_weight, scaled


class LinearParameters(ClassicalParameters):
    """Parameters of ``linear``."""

    C: float = parameter(
        0.01, "inverse strength of the penalty", gt=0, tune=(0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
    )


def _build_linear(*, seed: int, C: float, balance: bool, blocks: Sequence[Sequence[int]] = ()) -> Any:
    """Return logistic regression behind a scaler; ``blocks`` are layers and columns per layer of each feature set."""
    weight = class_weight(balance)
    if any(layers > 1 for layers, _ in blocks):
        from ser_bench.models.layers import LayeredLogisticRegression

        shapes = tuple((layers, columns) for layers, columns in blocks)
        return scaled(LayeredLogisticRegression(blocks=shapes, C=C, class_weight=weight))
    from sklearn.linear_model import LogisticRegression

    return scaled(LogisticRegression(C=C, class_weight=weight, max_iter=1000))


LINEAR = Model(
    name="linear",
    summary="multinomial logistic regression (linear probe)",
    kind="classical",
    features="functionals",
    build=_build_linear,
    schema=LinearParameters,
    parameters={"speeds": [*SLOWER_AND_FASTER]},
    cost=0.5,
    seeded=False,
    binds=("blocks",),
    needs=("scikit-learn", "scipy"),
    source=(*SOURCE, "ser_bench.models.linear", "ser_bench.models.layers"),
    classes=(
        *SCALED,
        EstimatorClass(
            path="sklearn.linear_model:LogisticRegression", onnx="ser_bench.deploy.onnx.estimators:discriminant"
        ),
        EstimatorClass(
            path="ser_bench.models.layers:LayeredLogisticRegression",
            onnx="ser_bench.deploy.onnx.estimators:discriminant",
        ),
    ),
)
