"""Support vector machine, with an exact or an approximated kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from ser_bench.models.base import SLOWER_AND_FASTER, EstimatorClass, Integer, Model, PairwiseCost, parameter
from ser_bench.models.classical import SCALED, SOURCE, ClassicalParameters, class_weight, scaled


class SVMParameters(ClassicalParameters):
    """Parameters of ``svm``."""

    C: float = parameter(100.0, "inverse strength of the penalty", gt=0, tune=(0.3, 1.0, 3.0, 10.0, 30.0, 100.0))
    kernel: Literal["rbf", "linear", "poly", "sigmoid", "nystroem"] = parameter(
        "rbf", "kernel; nystroem approximates rbf in time that grows linearly with the clips"
    )
    gamma: (
        Annotated[float, Field(gt=0)]
        | Annotated[str, Field(pattern=r"^\d*\.?\d+(e-?\d+)?/d$", examples=["0.3/d"])]
        | Literal["scale", "auto"]
    ) = parameter(
        "0.05/d",
        "width of the kernel; 0.3/d is 0.3 over the number of columns",
        tune=("0.05/d", "0.1/d", "0.2/d", "0.3/d", "0.5/d", "1/d"),
    )
    components: Integer = parameter(1000, "training rows that the nystroem kernel is approximated with", ge=1)


def _build_svm(*, seed: int, C: float, kernel: str, gamma: float | str, components: int, balance: bool) -> Any:
    """Return a support vector classifier behind a scaler."""
    from ser_bench.models.estimators import NystroemSVC, SoftmaxSVC

    weight = class_weight(balance)
    if kernel == "nystroem":
        return scaled(NystroemSVC(C=C, gamma=gamma, components=components, class_weight=weight, random_state=seed))
    return scaled(SoftmaxSVC(C=C, kernel=kernel, gamma=gamma, class_weight=weight, random_state=seed))


def _pairwise_cost(parameters: Mapping[str, Any]) -> PairwiseCost | None:
    """Return the cost of an exact kernel, measured on RAVDESS (benchmarks/README.md)."""
    if parameters["kernel"] == "nystroem":
        return None
    return PairwiseCost(
        seconds=1.8e-10,
        reason="a kernel takes time with the square of the clips",
        advice='`kernel = "nystroem"` under [models.{name}] approximates it{time}, `lda` is linear',
        advised_seconds=1.3e-9 * parameters["components"],
    )


SVM = Model(
    name="svm",
    summary="support vector machine, radial kernel",
    kind="classical",
    features="functionals",
    build=_build_svm,
    schema=SVMParameters,
    parameters={"speeds": [*SLOWER_AND_FASTER]},
    cost=0.3,
    seeded=False,
    seeded_if={"kernel": "nystroem"},
    pairwise_cost=_pairwise_cost,
    source=(*SOURCE, "ser_bench.models.svm"),
    classes=(
        *SCALED,
        EstimatorClass(path="ser_bench.models.estimators:SoftmaxSVC", onnx="ser_bench.deploy.onnx.svm:svm"),
        EstimatorClass(
            path="ser_bench.models.estimators:NystroemSVC",
            not_exported="the ONNX graph of an approximated kernel is not implemented",
        ),
        EstimatorClass(path="sklearn.svm:LinearSVC"),
        EstimatorClass(path="sklearn.kernel_approximation:Nystroem"),
    ),
)
