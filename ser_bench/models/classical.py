"""The classical models: scikit-learn pipelines and XGBoost, each behind its own scaling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ser_bench.models.base import Model


def _scaled(estimator: Any) -> Any:
    """Return the estimator behind a scaler that is fitted with it, on training clips only."""
    from sklearn.pipeline import make_pipeline

    from ser_bench.models.estimators import Standardizer

    return make_pipeline(Standardizer(), estimator)


def _weight(balance: bool) -> str | None:
    return "balanced" if balance else None


def build_svm(*, seed: int, C: float, kernel: str, gamma: float | str, balance: bool) -> Any:
    """Return a support vector classifier; ``gamma`` ``"0.3/d"`` is 0.3 over the number of columns."""
    from ser_bench.models.estimators import SoftmaxSVC

    return _scaled(SoftmaxSVC(C=C, kernel=kernel, gamma=gamma, class_weight=_weight(balance), random_state=seed))


def build_knn(*, seed: int, n_neighbors: int, weights: str, p: float) -> Any:
    """Return nearest neighbours; nothing in it is random, so the seed changes nothing."""
    from ser_bench.models.estimators import Neighbours

    return _scaled(Neighbours(n_neighbors=n_neighbors, weights=weights, p=p, n_jobs=1))


def build_tree(
    *, seed: int, criterion: str, max_depth: int, min_samples_leaf: int, ccp_alpha: float, balance: bool
) -> Any:
    """Return a decision tree; ``max_depth`` 0 sets no limit."""
    from sklearn.tree import DecisionTreeClassifier

    return _scaled(
        DecisionTreeClassifier(
            criterion=criterion,
            max_depth=max_depth or None,
            min_samples_leaf=min_samples_leaf,
            ccp_alpha=ccp_alpha,
            class_weight=_weight(balance),
            random_state=seed,
        )
    )


def build_forest(
    *,
    seed: int,
    n_estimators: int,
    max_depth: int,
    min_samples_leaf: int,
    max_features: float | str,
    balance: bool,
) -> Any:
    """Return a random forest; ``max_depth`` 0 sets no limit."""
    from sklearn.ensemble import RandomForestClassifier

    return _scaled(
        RandomForestClassifier(
            n_estimators=n_estimators,
            max_depth=max_depth or None,
            min_samples_leaf=min_samples_leaf,
            max_features=max_features,
            class_weight=_weight(balance),
            n_jobs=1,
            random_state=seed,
        )
    )


def build_xgboost(*, seed: int, balance: bool, **parameters: float) -> Any:
    """Return gradient-boosted trees, histogram method, one thread."""
    from xgboost import XGBClassifier

    from ser_bench.models.estimators import LabelEncoded

    trees = XGBClassifier(**parameters, tree_method="hist", n_jobs=1, random_state=seed, verbosity=0)
    return _scaled(LabelEncoded(trees, balance=balance))


def build_lda(*, seed: int, solver: str, shrinkage: float | str) -> Any:
    """Return linear discriminant analysis with a shrunk covariance; nothing in it is random."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return _scaled(LinearDiscriminantAnalysis(solver=solver, shrinkage=shrinkage))


def build_mlp(*, seed: int, hidden: list[int], alpha: float, learning_rate: float, batch_size: int, epochs: int) -> Any:
    """Return scikit-learn's multi-layer perceptron, trained for a fixed number of epochs."""
    from ser_bench.models.estimators import FixedEpochsMLP

    return _scaled(
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


def _model(  # noqa: PLR0913 (a row of a table)
    name: str,
    summary: str,
    build: Callable[..., Any],
    parameters: Mapping[str, Any],
    cost: float,
    speeds: tuple[float, ...] = (),
) -> Model:
    return Model(
        name=name,
        summary=summary,
        kind="classical",
        features="functionals",
        build=build,
        parameters={**parameters, "speeds": list(speeds)},
        cost=cost,
        seeded=name not in ("svm", "knn", "lda"),
        needs=("scikit-learn", "xgboost") if name == "xgboost" else ("scikit-learn",),
        source=("ser_bench.models.classical", "ser_bench.models.estimators"),
    )


CLASSICAL = (
    _model(
        "svm",
        "support vector machine, radial kernel",
        build_svm,
        {"C": 10.0, "kernel": "rbf", "gamma": "0.3/d", "balance": True},
        0.1,
    ),
    _model(
        "knn",
        "nearest neighbours, weighted by distance",
        build_knn,
        {"n_neighbors": 5, "weights": "distance", "p": 2.0},
        0.02,
    ),
    _model(
        "tree",
        "decision tree",
        build_tree,
        {"criterion": "gini", "max_depth": 8, "min_samples_leaf": 20, "ccp_alpha": 0.0, "balance": True},
        0.2,
    ),
    _model(
        "forest",
        "random forest",
        build_forest,
        {
            "n_estimators": 200,
            "max_depth": 0,
            "min_samples_leaf": 2,
            "max_features": "sqrt",
            "balance": True,
        },
        1.3,
    ),
    _model(
        "xgboost",
        "gradient-boosted trees (XGBoost)",
        build_xgboost,
        {
            "n_estimators": 150,
            "max_depth": 4,
            "learning_rate": 0.12,
            "subsample": 0.8,
            "colsample_bytree": 0.15,
            "min_child_weight": 2.0,
            "reg_lambda": 1.0,
            "max_bin": 64,
            "balance": True,
        },
        2.0,
    ),
    _model(
        "lda",
        "linear discriminant analysis, shrunk covariance",
        build_lda,
        {"solver": "lsqr", "shrinkage": 0.2},
        0.3,
    ),
    _model(
        "mlp",
        "multi-layer perceptron (scikit-learn)",
        build_mlp,
        {"hidden": [128], "alpha": 1.0, "learning_rate": 1e-3, "batch_size": 64, "epochs": 60},
        1.2,
    ),
)
