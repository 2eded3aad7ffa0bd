"""The mean of the calibrated probabilities of several classical models, which err on different clips."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import field_validator

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.models.base import SLOWER_AND_FASTER, EstimatorClass, LearnerParameters, Model, PairwiseCost, parameter
from ser_bench.models.knn import KNN
from ser_bench.models.lda import LDA
from ser_bench.models.mlp import MLP
from ser_bench.models.ridge import RIDGE
from ser_bench.models.svm import SVM
from ser_bench.models.trees import FOREST, TREE, XGBOOST

_CALIBRATION = tuple(f"ser_bench.models.calibration{module}" for module in ("", ".groups", ".sets", ".temperature"))
_OWN_SOURCE = ("ser_bench.models.ensemble", "ser_bench.models.averaging", *_CALIBRATION)
_MEMBERS = {model.name: model for model in (SVM, RIDGE, KNN, TREE, FOREST, XGBOOST, LDA, MLP)}
_SETTINGS: Mapping[str, Mapping[str, float]] = {"ridge": {"alpha": 0.03, "gamma": 0.2}}
"""Parameters of members that differ from their defaults: beside lda, a ridge that fits its training clips closer."""


class EnsembleParameters(LearnerParameters):
    """Parameters of ``ensemble``."""

    members: list[str] = parameter(
        ["lda", "ridge"],
        "classical models with their default parameters (ridge: alpha 0.03, gamma 0.2) and the speeds of the ensemble",
        tune=(["lda", "ridge"], ["lda", "mlp"], ["ridge", "mlp"], ["lda", "ridge", "svm"], ["lda", "ridge", "mlp"]),
    )

    @field_validator("members")
    @classmethod
    def _check_members(cls, members: list[str]) -> list[str]:
        for name in members:
            if name not in _MEMBERS:
                raise UnknownNameError("member of an ensemble", name, _MEMBERS)
        if not members or len(set(members)) < len(members):
            raise ConfigError(f"invalid members of an ensemble {members}: name at least one model, each once")
        return members


def _build_ensemble(*, seed: int, members: Sequence[str]) -> Any:
    """Return a classifier whose probabilities are the mean of the calibrated ones of its members."""
    from ser_bench.models.averaging import ProbabilityMean

    chosen = [_MEMBERS[name] for name in members]
    settings = [{**member.parameters, **_SETTINGS.get(member.name, {}), "calibrate": True} for member in chosen]
    return ProbabilityMean([m.estimator(seed, values) for m, values in zip(chosen, settings, strict=True)])


def _pairwise_cost(parameters: Mapping[str, Any]) -> PairwiseCost | None:
    """Return the cost of the member whose pairs cost most."""
    members = [_MEMBERS[name] for name in parameters["members"]]
    costs = [cost for member in members if (cost := member.pairwise_cost(member.parameters))]
    if not costs:
        return None
    worst = max(costs, key=lambda cost: (not cost.test_rows, cost.seconds))
    return dataclasses.replace(worst, advice="name other `members` under [models.{name}]", advised_seconds=0.0)


ENSEMBLE = Model(
    name="ensemble",
    summary="mean of the calibrated probabilities of several classical models",
    kind="classical",
    features="functionals",
    build=_build_ensemble,
    schema=EnsembleParameters,
    parameters={"speeds": [*SLOWER_AND_FASTER]},
    takes_groups=True,
    cost=0.6,
    pairwise_cost=_pairwise_cost,
    needs=("scikit-learn",),
    source=tuple(dict.fromkeys((*_OWN_SOURCE, *(s for m in _MEMBERS.values() for s in m.source)))),
    classes=(
        *dict.fromkeys(part for member in _MEMBERS.values() for part in member.classes),
        EstimatorClass(
            path="ser_bench.models.averaging:ProbabilityMean", onnx="ser_bench.deploy.onnx.estimators:mean_of_members"
        ),
    ),
)
