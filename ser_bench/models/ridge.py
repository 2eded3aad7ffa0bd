"""Kernel ridge regression on the classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ser_bench.models.base import SLOWER_AND_FASTER, EstimatorClass, Model, PairwiseCost, parameter
from ser_bench.models.classical import SCALED, SOURCE, ClassicalParameters, class_weight, scaled


class RidgeParameters(ClassicalParameters):
    """Parameters of ``ridge``."""

    alpha: float = parameter(0.1, "strength of the penalty", gt=0, tune=(0.01, 0.03, 0.1, 0.3, 1.0))
    gamma: float = parameter(
        0.1, "width of the radial kernel, over the number of columns", gt=0, tune=(0.05, 0.1, 0.2, 0.3, 0.5)
    )


def _build_ridge(*, seed: int, alpha: float, gamma: float, balance: bool) -> Any:
    """Return kernel ridge regression behind a scaler."""
    from ser_bench.models.kernel_ridge import KernelRidgeClassifier

    return scaled(KernelRidgeClassifier(alpha=alpha, gamma=gamma, class_weight=class_weight(balance)))


def _pairwise_cost(parameters: Mapping[str, Any]) -> PairwiseCost | None:
    """Return the cost of the kernel and its factorisation, measured on RAVDESS."""
    return PairwiseCost(
        seconds=5e-11,
        reason="a kernel takes time with the square of the clips",
        advice='`svm` with `kernel = "nystroem"` approximates it, `lda` is linear',
    )


RIDGE = Model(
    name="ridge",
    summary="kernel ridge regression on the classes (least-squares SVM)",
    kind="classical",
    features="functionals",
    build=_build_ridge,
    schema=RidgeParameters,
    parameters={"speeds": [*SLOWER_AND_FASTER]},
    cost=0.3,
    seeded=False,
    pairwise_cost=_pairwise_cost,
    source=(*SOURCE, "ser_bench.models.ridge", "ser_bench.models.kernel_ridge"),
    classes=(
        *SCALED,
        EstimatorClass(
            path="ser_bench.models.kernel_ridge:KernelRidgeClassifier",
            onnx="ser_bench.deploy.onnx.kernel_ridge:kernel_ridge",
        ),
    ),
)
