"""Linear discriminant analysis."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ser_bench.models.base import SLOWER_AND_FASTER, EstimatorClass, Model, parameter
from ser_bench.models.classical import SCALED, SOURCE, ClassicalParameters, scaled

DISCRIMINANTS = EstimatorClass(
    path="ser_bench.models.estimators:BalancedLDA",
    onnx="ser_bench.deploy.onnx.estimators:discriminant",
    onnx_step="ser_bench.deploy.onnx.estimators:discriminant_axes",
)


class LDAParameters(ClassicalParameters):
    """Parameters of ``lda``."""

    solver: Literal["lsqr", "eigen", "svd"] = parameter("lsqr", "solver; svd allows no shrinkage")
    shrinkage: Annotated[float, Field(ge=0, le=1)] | Literal["auto"] = parameter(
        0.25,
        "how far the covariance is drawn towards a diagonal one; auto estimates it",
        tune=(0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6),
    )


def _build_lda(*, seed: int, solver: str, shrinkage: float | str, balance: bool) -> Any:
    """Return linear discriminant analysis; ``balance`` gives every class the same prior."""
    from ser_bench.models.estimators import BalancedLDA

    return scaled(BalancedLDA(solver=solver, shrinkage=shrinkage, balance=balance))


LDA = Model(
    name="lda",
    summary="linear discriminant analysis, shrunk covariance",
    kind="classical",
    features="functionals",
    build=_build_lda,
    schema=LDAParameters,
    parameters={"speeds": [*SLOWER_AND_FASTER]},
    cost=0.5,
    seeded=False,
    source=(*SOURCE, "ser_bench.models.lda"),
    classes=(*SCALED, DISCRIMINANTS),
)
