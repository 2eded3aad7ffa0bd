"""The mean of the calibrated probabilities of several classical models, which err on different clips."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from pydantic import field_validator

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.models.base import SLOWER_AND_FASTER, EstimatorClass, LearnerParameters, Model, PairwiseCost, parameter
from ser_bench.models.knn import KNN
from ser_bench.models.lda import LDA
from ser_bench.models.linear import LINEAR
from ser_bench.models.mlp import MLP
from ser_bench.models.ridge import RIDGE
from ser_bench.models.svm import SVM
from ser_bench.models.trees import FOREST, TREE, XGBOOST

_CALIBRATION = tuple(f"ser_bench.models.calibration{module}" for module in ("", ".groups", ".sets", ".temperature"))
_OWN_SOURCE = ("ser_bench.models.ensemble", "ser_bench.models.averaging", "ser_bench.models.columns", *_CALIBRATION)
_SETTINGS: Mapping[str, Mapping[str, float]] = {"ridge": {"alpha": 0.03, "gamma": 0.2}}
"""Parameters of members that differ from their defaults: beside lda, a ridge that fits its training clips closer."""

MEMBERS = {model.name: model for model in (SVM, LINEAR, RIDGE, KNN, TREE, FOREST, XGBOOST, LDA, MLP)}
"""The models that may be members, or the bases of members."""


class MemberPlan(TypedDict):
    """What a run plans for a member that is a variant, or that has other feature sets than the ensemble.

    ``columns`` are ranges of the joined columns, each with its first column and its end; all where there is none.
    """

    base: str
    parameters: dict[str, Any]
    bound: dict[str, Any]
    columns: list[list[int]]


class EnsembleParameters(LearnerParameters):
    """Parameters of ``ensemble``."""

    members: list[str] = parameter(
        ["lda", "ridge"],
        "classical models with their default parameters (ridge: alpha 0.03, gamma 0.2), or variants of the "
        "configuration with their parameters and features; all with the speeds of the ensemble",
        tune=(["lda", "ridge"], ["lda", "mlp"], ["ridge", "mlp"], ["lda", "ridge", "svm"], ["lda", "ridge", "mlp"]),
    )

    @field_validator("members")
    @classmethod
    def _check_members(cls, members: list[str]) -> list[str]:
        if not members or len(set(members)) < len(members):
            raise ConfigError(f"invalid members of an ensemble {members}: name at least one model, each once")
        return members


def member_model(name: str) -> Model:
    """Return a registered model with its parameters as a member.

    Parameters
    ----------
    name : str
        One of :data:`MEMBERS`.

    Returns
    -------
    Model

    Raises
    ------
    UnknownNameError
        For another name.
    """
    if name not in MEMBERS:
        raise UnknownNameError("member of an ensemble", name, MEMBERS)
    return MEMBERS[name].with_parameters(_SETTINGS.get(name, {}))


def _build_ensemble(*, seed: int, members: Sequence[str], member_plans: Mapping[str, MemberPlan] | None = None) -> Any:
    """Return a classifier whose probabilities are the mean of the calibrated ones of its members."""
    from ser_bench.models.averaging import ProbabilityMean

    plans = member_plans or {}
    return ProbabilityMean([_build_member(name, seed, plans.get(name)) for name in members])


def _build_member(name: str, seed: int, plan: MemberPlan | None) -> Any:
    """Return the calibrated estimator of a member, which takes the joined columns."""
    if plan is None:
        model = member_model(name)
        return model.estimator(seed, {**model.parameters, "calibrate": True})
    from sklearn.pipeline import make_pipeline

    from ser_bench.models.columns import ColumnSelector

    model = dataclasses.replace(MEMBERS[plan["base"]], bound=plan["bound"]).with_parameters(plan["parameters"])
    member = model.estimator(seed, {**model.parameters, "calibrate": True})
    if plan["columns"]:
        ranges = tuple((start, end) for start, end in plan["columns"])
        member.set_params(estimator=make_pipeline(ColumnSelector(ranges), member.estimator))
    return member


def _pairwise_cost(parameters: Mapping[str, Any]) -> PairwiseCost | None:
    """Return the cost of the member whose pairs cost most."""
    plans: Mapping[str, MemberPlan] = parameters.get("member_plans", {})
    members = [
        MEMBERS[plans[name]["base"]].with_parameters(plans[name]["parameters"]) if name in plans else MEMBERS[name]
        for name in parameters["members"]
    ]
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
    binds=("member_plans",),
    takes_groups=True,
    cost=0.6,
    pairwise_cost=_pairwise_cost,
    needs=("scikit-learn",),
    source=tuple(dict.fromkeys((*_OWN_SOURCE, *(s for m in MEMBERS.values() for s in m.source)))),
    classes=(
        *dict.fromkeys(part for member in MEMBERS.values() for part in member.classes),
        EstimatorClass(
            path="ser_bench.models.columns:ColumnSelector", onnx_step="ser_bench.deploy.onnx.estimators:chosen_columns"
        ),
        EstimatorClass(
            path="ser_bench.models.averaging:ProbabilityMean", onnx="ser_bench.deploy.onnx.estimators:mean_of_members"
        ),
    ),
)
