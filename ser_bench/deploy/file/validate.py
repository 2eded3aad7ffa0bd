"""What compiled code will trust without looking: checked here, since a wrong index in it would read stray memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file.allowed import NETWORKS

_MOST_CLASSES = 1000
_WIDEST = 1 << 20
_MOST_LAYERS = 64
_LARGEST_INPUT = 1 << 24


def kind_of(value: Any) -> str | None:
    """Return ``tree`` for scikit-learn's, ``booster`` for XGBoost's, None for anything else."""
    of = f"{type(value).__module__}.{type(value).__name__}"
    return {"sklearn.tree._tree.Tree": "tree", "xgboost.core.Booster": "booster"}.get(of)


def plain(kind: str, value: Any) -> dict[str, Any]:
    """Return a tree or booster as arrays and numbers; a booster in XGBoost's own JSON."""
    if kind == "booster":
        return {"json": np.frombuffer(bytes(value.save_raw("json")), dtype=np.uint8)}
    _, (n_features, n_classes, n_outputs), state = value.__reduce__()
    return {"n_features": n_features, "n_classes": n_classes, "n_outputs": n_outputs, **state}


def tree(said: dict[str, Any]) -> Any:
    """Return scikit-learn's tree; raises :class:`ModelFileError` where a node leads outside or in a circle."""
    from sklearn.tree._tree import Tree

    nodes, n_features, n_classes = said["nodes"], said["n_features"], said["n_classes"]
    count = len(nodes)
    _require(nodes.ndim == 1 and count == said["node_count"] > 0, "tree")
    _require(said["n_outputs"] == 1 and n_classes.shape == (1,) and 0 < n_classes[0] <= _MOST_CLASSES, "tree")
    _require(said["values"].shape == (count, 1, n_classes[0]) and 0 < n_features <= _WIDEST, "tree")
    _check_branches(nodes["left_child"], nodes["right_child"], nodes["feature"], n_features)
    made = Tree(int(n_features), n_classes.astype(np.intp), 1)
    made.__setstate__({key: said[key] for key in ("max_depth", "node_count", "nodes", "values")})
    return made


def booster(said: dict[str, Any]) -> Any:
    """Return XGBoost's booster; raises :class:`ModelFileError` where a node leads outside or in a circle."""
    import xgboost

    text = said["json"].tobytes()
    try:
        learner = json.loads(text)["learner"]
        width = int(learner["learner_model_param"]["num_feature"])
        for one in learner["gradient_booster"]["model"]["trees"]:
            named = ("left_children", "right_children", "split_indices")
            left, right, feature = (np.array(one[name], dtype=np.int64) for name in named)
            _check_branches(left, right, feature, width)
            _require(not any(one["split_type"]), "booster")
        made = xgboost.Booster({"nthread": 1})
        made.load_model(bytearray(text))
    except (xgboost.core.XGBoostError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"its boosted trees cannot be read ({type(error).__name__})") from None
    return made


def _check_branches(left: np.ndarray, right: np.ndarray, feature: np.ndarray, width: int) -> None:
    """Children come after their parent and inside the tree, and a question is about a column that there is."""
    count = len(left)
    _require(len(right) == len(feature) == count > 0, "tree")
    leaf, place = left == -1, np.arange(count)
    _require(np.array_equal(leaf, right == -1), "tree")
    for child in (left, right):
        _require(bool(np.all(leaf | ((child > place) & (child < count)))), "tree")
    _require(bool(np.all(leaf | ((feature >= 0) & (feature < width)))), "tree")


def settled(name: str, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an instance's attributes as they are kept.

    A constant band's infinite spread stands as zero, support vectors as the float32 that they were.
    """
    if name == "SoftmaxSVC" and "support_vectors_" in state:
        vectors = state["support_vectors_"]
        exact = vectors.astype(np.float32)
        return {**state, "support_vectors_": exact if np.array_equal(exact, vectors) else vectors}
    if name == "BandScaler":
        return {**state, "scale": np.where(np.isinf(state["scale"]), 0.0, state["scale"])}
    return state


def revive(name: str, instance: Any) -> None:
    """Make anew what was passed over, and check what compiled code will trust; raises :class:`ModelFileError`."""
    if name in _REVIVED:
        _REVIVED[name](instance)


def _revive_bands(scaler: Any) -> None:
    scaler.scale = np.where(scaler.scale == 0.0, np.inf, scaler.scale)


def _revive_vote(vote: Any) -> None:
    from sklearn.utils import Bunch

    vote.named_estimators_ = Bunch(**dict(zip((name for name, _ in vote.estimators), vote.estimators_, strict=True)))


def _revive_neighbours(model: Any) -> None:
    model._tree = None
    if hasattr(model, "_fit_method") and model._fit_method in ("kd_tree", "ball_tree"):
        from sklearn.neighbors import BallTree, KDTree

        searched = {"kd_tree": KDTree, "ball_tree": BallTree}[model._fit_method]
        _require(isinstance(model.effective_metric_, str), "Neighbours")
        metric = {"metric": model.effective_metric_, **model.effective_metric_params_}
        model._tree = searched(model._fit_X, int(model.leaf_size), **metric)


def _revive_vectors(machine: Any) -> None:
    """Check the arrays that libsvm walks by counts alone."""
    if not hasattr(machine, "support_vectors_"):
        return  # a member of an ensemble as it was before the fit
    machine.support_vectors_ = np.ascontiguousarray(machine.support_vectors_, dtype=np.float64)
    classes, (count, width) = len(machine.classes_), machine.support_vectors_.shape
    pairs = classes * (classes - 1) // 2
    _require(machine.shape_fit_[1] == width and not machine._sparse and isinstance(machine.kernel, str), "SVC")
    _require(machine.support_.shape == (count,) and machine._n_support.shape == (classes,), "SVC")
    _require(bool((machine._n_support >= 0).all()) and machine._n_support.sum() == count, "SVC")
    _require(machine._dual_coef_.shape == (classes - 1, count) and machine._intercept_.shape == (pairs,), "SVC")
    for probabilities in (machine._probA, machine._probB):
        _require(probabilities.size in (0, pairs), "SVC")


def _check_forest(forest: Any) -> None:
    """Trees of a forest are asked for the same columns and write into one table of classes."""
    for grown in getattr(forest, "estimators_", ()):
        same = grown.tree_.n_features == forest.n_features_in_ and grown.tree_.max_n_classes == forest.n_classes_
        _require(bool(same), "RandomForestClassifier")


def _check_decisions(model: Any) -> None:
    if hasattr(model, "tree_"):
        same = model.tree_.n_features == model.n_features_in_ and model.tree_.max_n_classes == model.n_classes_
        _require(bool(same), "DecisionTreeClassifier")


def _check_network(network: Any) -> None:
    """The network is one of ours, and has the shapes of its weights before it is given any memory."""
    if not hasattr(network, "weights_"):
        return
    plan = network.blueprint_
    _require(network.network == plan.network and plan.network in NETWORKS, "network")
    _require(plan.classes == len(network.classes_) <= _MOST_CLASSES and 0 < len(plan.shape) <= 2, "network")
    _require(all(isinstance(n, int) and n > 0 for n in plan.shape), "network")
    _require(int(np.prod([float(n) for n in plan.shape])) <= _LARGEST_INPUT, "network")
    _require(all(len(v) <= _MOST_LAYERS for v in plan.architecture.values() if isinstance(v, list)), "network")
    if hasattr(network, "length_"):
        _require(len(plan.shape) == 2 and network.length_ == plan.shape[0], "network")
    elif "frames" in network.inputs:
        _require(plan.shape[1] == network.chunk + 1, "network")
    _check_weights(plan, [w.shape for w in network.weights_])


def _check_weights(plan: Any, shapes: list[tuple[int, ...]]) -> None:
    """Hold the weights' shapes against those of the network, which is outlined for that, not built."""
    from ser_bench.models.programs import outline

    _require(outline(plan) == shapes, "network")


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ModelFileError(f"a {what} in it does not fit together")


_REVIVED: dict[str, Callable[[Any], None]] = {
    "BandScaler": _revive_bands,
    "VotingClassifier": _revive_vote,
    "Neighbours": _revive_neighbours,
    "SoftmaxSVC": _revive_vectors,
    "RandomForestClassifier": _check_forest,
    "DecisionTreeClassifier": _check_decisions,
    "KerasClassifier": _check_network,
}
