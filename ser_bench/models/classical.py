"""The classical models: scikit-learn pipelines and XGBoost, each behind its own scaling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ser_bench.models.base import SLOWER_AND_FASTER, SPEEDS, Model, Pairs

_ON_OFF = (True, False)
_SOURCE = ("ser_bench.models.classical", "ser_bench.models.estimators")


def _scaled(*steps: Any) -> Any:
    """Return the steps behind a scaler that is fitted with them, on training clips only."""
    from sklearn.pipeline import make_pipeline

    from ser_bench.models.estimators import Standardizer

    return make_pipeline(Standardizer(), *steps)


def _evened(estimator: Any, seed: int, balance: bool) -> Any:
    """Return the estimator, fitted on equally many clips of every class where ``balance``."""
    from ser_bench.models.estimators import Oversampled

    return Oversampled(estimator, random_state=seed) if balance else estimator


def _weight(balance: bool) -> str | None:
    return "balanced" if balance else None


def build_svm(*, seed: int, C: float, kernel: str, gamma: float | str, components: int, balance: bool) -> Any:
    """Return a support vector classifier; ``gamma`` ``"0.3/d"`` is 0.3 over the number of columns.

    ``kernel`` ``"nystroem"`` approximates the radial one by ``components`` training rows, which no other kernel needs.
    """
    if kernel == "nystroem":
        from ser_bench.models.approximate import NystroemSVC

        return _scaled(
            NystroemSVC(C=C, gamma=gamma, components=components, class_weight=_weight(balance), random_state=seed)
        )
    from ser_bench.models.estimators import SoftmaxSVC

    return _scaled(SoftmaxSVC(C=C, kernel=kernel, gamma=gamma, class_weight=_weight(balance), random_state=seed))


def svm_pairs(parameters: Mapping[str, Any]) -> Pairs | None:
    """Return what an exact kernel takes; the seconds are those of RAVDESS's clips (benchmarks/README.md)."""
    if parameters["kernel"] == "nystroem":
        return None
    return Pairs(
        seconds=1.8e-10,
        why="a kernel takes time with the square of the clips",
        instead='`kernel = "nystroem"` under [models.{name}] approximates it{time}, `lda` is linear',
        instead_seconds=1.3e-9 * parameters["components"],
    )


def knn_pairs(parameters: Mapping[str, Any]) -> Pairs | None:
    """Return what it takes to hold every tested clip against every training clip."""
    return Pairs(
        seconds=5.5e-11,
        why="every tested clip is held against every training clip",
        instead='`lda` and `svm` with `kernel = "nystroem"` are linear',
        tested=True,
    )


def build_knn(*, seed: int, n_neighbors: int, weights: str, p: float, balance: bool) -> Any:
    """Return nearest neighbours; where ``balance``, rarer classes are repeated until all are as frequent."""
    from ser_bench.models.estimators import Neighbours

    return _evened(_scaled(Neighbours(n_neighbors=n_neighbors, weights=weights, p=p, n_jobs=1)), seed, balance)


def build_tree(
    *,
    seed: int,
    criterion: str,
    max_depth: int,
    min_samples_leaf: int,
    ccp_alpha: float,
    discriminants: bool,
    balance: bool,
) -> Any:
    """Return a decision tree; ``max_depth`` 0 sets no limit.

    With ``discriminants`` its questions are of the axes of linear discriminant analysis, not of single columns.
    """
    from sklearn.tree import DecisionTreeClassifier

    from ser_bench.models.estimators import BalancedLDA

    tree = DecisionTreeClassifier(
        criterion=criterion,
        max_depth=max_depth or None,
        min_samples_leaf=min_samples_leaf,
        ccp_alpha=ccp_alpha,
        class_weight=_weight(balance),
        random_state=seed,
    )
    return (
        _scaled(BalancedLDA(solver="eigen", shrinkage=0.25, balance=balance), tree) if discriminants else _scaled(tree)
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


def build_lda(*, seed: int, solver: str, shrinkage: float | str, balance: bool) -> Any:
    """Return linear discriminant analysis with a shrunk covariance; ``balance`` gives every class the same prior."""
    from ser_bench.models.estimators import BalancedLDA

    return _scaled(BalancedLDA(solver=solver, shrinkage=shrinkage, balance=balance))


def build_mlp(
    *, seed: int, hidden: list[int], alpha: float, learning_rate: float, batch_size: int, epochs: int, balance: bool
) -> Any:
    """Return scikit-learn's multi-layer perceptron, trained for a fixed number of epochs."""
    from ser_bench.models.estimators import FixedEpochsMLP

    network = _scaled(
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
    return _evened(network, seed, balance)


def _model(
    name: str,
    summary: str,
    build: Callable[..., Any],
    parameters: Mapping[str, Any],
    cost: float,
    space: Mapping[str, Sequence[Any]],
    speeds: tuple[float, ...] = (),
    **more: Any,
) -> Model:
    return Model(
        name=name,
        summary=summary,
        kind="classical",
        features="functionals",
        build=build,
        parameters={**parameters, "speeds": list(speeds)},
        space={**space, "speeds": SPEEDS},
        cost=cost,
        seeded=name not in ("svm", "lda"),
        needs=("scikit-learn", "xgboost") if name == "xgboost" else ("scikit-learn",),
        **{"source": _SOURCE, **more},
    )


CLASSICAL = (
    _model(
        "svm",
        "support vector machine, radial kernel",
        build_svm,
        {"C": 100.0, "kernel": "rbf", "gamma": "0.05/d", "components": 1000, "balance": True},
        0.3,
        speeds=SLOWER_AND_FASTER,
        pairs=svm_pairs,
        seeded_by={"kernel": "nystroem"},
        source=(*_SOURCE, "ser_bench.models.approximate"),
        space={
            "C": (0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
            "gamma": ("0.05/d", "0.1/d", "0.2/d", "0.3/d", "0.5/d", "1/d"),
            "balance": _ON_OFF,
        },
    ),
    _model(
        "knn",
        "nearest neighbours, weighted by distance",
        build_knn,
        {"n_neighbors": 5, "weights": "distance", "p": 2.0, "balance": False},
        0.02,
        pairs=knn_pairs,
        space={
            "n_neighbors": (1, 3, 5, 9, 15, 25, 41),
            "weights": ("distance", "uniform"),
            "p": (1.0, 2.0),
            "balance": _ON_OFF,
        },
    ),
    _model(
        "tree",
        "decision tree",
        build_tree,
        {
            "criterion": "gini",
            "max_depth": 8,
            "min_samples_leaf": 20,
            "ccp_alpha": 0.0,
            "discriminants": False,
            "balance": True,
        },
        0.2,
        space={
            "criterion": ("gini", "entropy"),
            "max_depth": (3, 4, 6, 8, 12, 0),
            "min_samples_leaf": (1, 5, 10, 20, 40),
            "discriminants": _ON_OFF,
            "balance": _ON_OFF,
        },
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
        space={
            "n_estimators": (100, 200, 400),
            "max_features": ("sqrt", 0.1, 0.2),
            "min_samples_leaf": (1, 2, 4, 8),
            "balance": _ON_OFF,
        },
    ),
    _model(
        "xgboost",
        "gradient-boosted trees (XGBoost)",
        build_xgboost,
        {
            "n_estimators": 100,
            "max_depth": 4,
            "learning_rate": 0.16,
            "subsample": 0.8,
            "colsample_bytree": 0.1,
            "min_child_weight": 2.0,
            "reg_lambda": 1.0,
            "max_bin": 64,
            "balance": True,
        },
        2.0,
        space={
            "n_estimators": (100, 150, 300),
            "max_depth": (2, 3, 4, 6),
            "learning_rate": (0.05, 0.1, 0.16, 0.25),
            "colsample_bytree": (0.05, 0.1, 0.2),
            "reg_lambda": (0.3, 1.0, 3.0),
            "balance": _ON_OFF,
        },
    ),
    _model(
        "lda",
        "linear discriminant analysis, shrunk covariance",
        build_lda,
        {"solver": "lsqr", "shrinkage": 0.25, "balance": True},
        0.5,
        speeds=SLOWER_AND_FASTER,
        space={"shrinkage": (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6), "balance": _ON_OFF},
    ),
    _model(
        "mlp",
        "multi-layer perceptron (scikit-learn)",
        build_mlp,
        {"hidden": [256], "alpha": 1.0, "learning_rate": 3e-4, "batch_size": 64, "epochs": 15, "balance": False},
        2.5,
        speeds=SLOWER_AND_FASTER,
        space={
            "hidden": ([64], [128], [256], [128, 64]),
            "alpha": (0.01, 0.1, 1.0, 3.0, 10.0),
            "learning_rate": (3e-4, 1e-3, 3e-3),
            "epochs": (15, 30, 60),
            "balance": _ON_OFF,
        },
    ),
)
