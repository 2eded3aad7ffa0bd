"""Decision tree, random forest and gradient-boosted trees."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ser_bench.models.base import EstimatorClass, Integer, Model, parameter
from ser_bench.models.classical import ON_OFF, SCALED, SOURCE, ClassicalParameters, class_weight, scaled
from ser_bench.models.lda import DISCRIMINANTS

_SOURCE = (*SOURCE, "ser_bench.models.trees")
_TREE = EstimatorClass(path="sklearn.tree:DecisionTreeClassifier", onnx="ser_bench.deploy.onnx.trees:decision_tree")


class TreeParameters(ClassicalParameters):
    """Parameters of ``tree``."""

    criterion: Literal["gini", "entropy", "log_loss"] = parameter(
        "gini", "what a split of a node is chosen by", tune=("gini", "entropy")
    )
    max_depth: Integer = parameter(8, "largest depth, 0 for no limit", ge=0, tune=(3, 4, 6, 8, 12, 0))
    min_samples_leaf: Integer = parameter(20, "fewest clips in a leaf", ge=1, tune=(1, 5, 10, 20, 40))
    ccp_alpha: float = parameter(0.0, "strength of cost-complexity pruning", ge=0)
    discriminants: bool = parameter(
        False, "whether nodes split on axes of linear discriminant analysis instead of single columns", tune=ON_OFF
    )


class ForestParameters(ClassicalParameters):
    """Parameters of ``forest``."""

    n_estimators: Integer = parameter(200, "number of trees", ge=1, tune=(100, 200, 400))
    max_depth: Integer = parameter(0, "largest depth, 0 for no limit", ge=0)
    min_samples_leaf: Integer = parameter(2, "fewest clips in a leaf", ge=1, tune=(1, 2, 4, 8))
    max_features: Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, le=1)] | Literal["sqrt", "log2"] = (
        parameter(
            16, "number of columns that a split chooses from, or their share as 0.1 or 1.0", tune=(8, 16, "sqrt", 0.1)
        )
    )


class XGBoostParameters(ClassicalParameters):
    """Parameters of ``xgboost``."""

    n_estimators: Integer = parameter(100, "number of boosting rounds", ge=1, tune=(100, 150, 300))
    max_depth: Integer = parameter(3, "largest depth of a tree, 0 for no limit", ge=0, tune=(2, 3, 4, 6))
    learning_rate: float = parameter(0.16, "weight of each round", gt=0, tune=(0.05, 0.1, 0.16, 0.25))
    subsample: float = parameter(0.8, "share of clips per round", gt=0, le=1)
    colsample_bytree: float = parameter(0.1, "share of columns per tree", gt=0, le=1, tune=(0.05, 0.1, 0.2))
    min_child_weight: float = parameter(2.0, "smallest weight of a child node", ge=0)
    reg_lambda: float = parameter(1.0, "strength of the L2 penalty", ge=0, tune=(0.3, 1.0, 3.0))
    max_bin: Integer = parameter(64, "bins per column of the histogram", ge=2)


def _build_tree(
    *,
    seed: int,
    criterion: str,
    max_depth: int,
    min_samples_leaf: int,
    ccp_alpha: float,
    discriminants: bool,
    balance: bool,
) -> Any:
    """Return a decision tree behind a scaler and, with ``discriminants``, linear discriminant analysis."""
    from sklearn.tree import DecisionTreeClassifier

    from ser_bench.models.estimators import BalancedLDA

    tree = DecisionTreeClassifier(
        criterion=criterion,
        max_depth=max_depth or None,
        min_samples_leaf=min_samples_leaf,
        ccp_alpha=ccp_alpha,
        class_weight=class_weight(balance),
        random_state=seed,
    )
    axes = [BalancedLDA(solver="eigen", shrinkage=0.25, balance=balance)] if discriminants else []
    return scaled(*axes, tree)


def _build_forest(
    *,
    seed: int,
    n_estimators: int,
    max_depth: int,
    min_samples_leaf: int,
    max_features: float | str,
    balance: bool,
) -> Any:
    """Return a random forest behind a scaler."""
    from sklearn.ensemble import RandomForestClassifier

    return scaled(
        RandomForestClassifier(
            n_estimators=n_estimators,
            max_depth=max_depth or None,
            min_samples_leaf=min_samples_leaf,
            max_features=max_features,
            class_weight=class_weight(balance),
            n_jobs=1,
            random_state=seed,
        )
    )


def _build_xgboost(*, seed: int, balance: bool, **parameters: float) -> Any:
    """Return gradient-boosted trees (histogram method, one thread) behind a scaler."""
    from xgboost import XGBClassifier

    from ser_bench.models.estimators import LabelEncoded

    trees = XGBClassifier(**parameters, tree_method="hist", n_jobs=1, random_state=seed, verbosity=0)
    return scaled(LabelEncoded(trees, balance=balance))


TREE = Model(
    name="tree",
    summary="decision tree",
    kind="classical",
    features="functionals",
    build=_build_tree,
    schema=TreeParameters,
    cost=0.2,
    source=(*_SOURCE, "ser_bench.models.lda"),
    classes=(*SCALED, _TREE, DISCRIMINANTS),
)
FOREST = Model(
    name="forest",
    summary="random forest",
    kind="classical",
    features="functionals",
    build=_build_forest,
    schema=ForestParameters,
    cost=1.3,
    source=_SOURCE,
    classes=(
        *SCALED,
        _TREE,
        EstimatorClass(path="sklearn.ensemble:RandomForestClassifier", onnx="ser_bench.deploy.onnx.trees:forest"),
    ),
)
XGBOOST = Model(
    name="xgboost",
    summary="gradient-boosted trees (XGBoost)",
    kind="classical",
    features="functionals",
    build=_build_xgboost,
    schema=XGBoostParameters,
    cost=2.0,
    needs=("scikit-learn", "xgboost"),
    source=_SOURCE,
    classes=(
        *SCALED,
        EstimatorClass(
            path="ser_bench.models.estimators:LabelEncoded", onnx="ser_bench.deploy.onnx.estimators:wrapped"
        ),
        EstimatorClass(path="xgboost:XGBClassifier", onnx="ser_bench.deploy.onnx.trees:boosted"),
    ),
)
