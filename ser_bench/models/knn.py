"""Nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ser_bench.models.base import EstimatorClass, Integer, Model, PairwiseCost, parameter
from ser_bench.models.classical import OVERSAMPLED, SCALED, SOURCE, ClassicalParameters, oversampled, scaled


class KNNParameters(ClassicalParameters):
    """Parameters of ``knn``."""

    n_neighbors: Integer = parameter(5, "number of neighbours", ge=1, tune=(1, 3, 5, 9, 15, 25, 41))
    weights: Literal["distance", "uniform"] = parameter(
        "distance", "whether nearer neighbours count more", tune=("distance", "uniform")
    )
    p: float = parameter(2.0, "power of the Minkowski distance", ge=1, tune=(1.0, 2.0))


def _build_knn(*, seed: int, n_neighbors: int, weights: str, p: float, balance: bool) -> Any:
    """Return nearest neighbours; ``balance`` repeats clips of rarer classes until all are as frequent."""
    from ser_bench.models.estimators import Neighbours

    return oversampled(scaled(Neighbours(n_neighbors=n_neighbors, weights=weights, p=p, n_jobs=1)), seed, balance)


def _pairwise_cost(parameters: Mapping[str, Any]) -> PairwiseCost | None:
    return PairwiseCost(
        seconds=5.5e-11,
        reason="every test clip is compared with every training clip",
        advice='`lda` and `svm` with `kernel = "nystroem"` are linear',
        test_rows=True,
    )


KNN = Model(
    name="knn",
    summary="nearest neighbours, weighted by distance",
    kind="classical",
    features="functionals",
    build=_build_knn,
    schema=KNNParameters,
    parameters={"balance": False},
    cost=0.02,
    pairwise_cost=_pairwise_cost,
    source=(*SOURCE, "ser_bench.models.knn"),
    classes=(
        *SCALED,
        OVERSAMPLED,
        EstimatorClass(path="ser_bench.models.estimators:Neighbours", onnx="ser_bench.deploy.onnx.knn:neighbours"),
    ),
)
