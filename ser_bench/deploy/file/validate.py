"""Validation of values that compiled code trusts: a wrong index there would read foreign memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file.allowed import NETWORKS

_MAX_CLASSES = 1000
_MAX_FEATURES = 1 << 20
_MAX_LAYERS = 64
_MAX_MEMBERS = 32
_MAX_INPUT_SIZE = 1 << 24
_MAX_SCORES = 1 << 24
_LEAST_TEMPERATURE, _MAX_TEMPERATURE = 1e-3, 1e3
_ROUNDING = 1e-6


def kind_of(value: Any) -> str | None:
    """Return the type name of a native object.

    Parameters
    ----------
    value : object
        Any object.

    Returns
    -------
    str or None
        ``tree`` for scikit-learn's tree, ``booster`` for XGBoost's, else None.
    """
    class_path = f"{type(value).__module__}.{type(value).__name__}"
    return {"sklearn.tree._tree.Tree": "tree", "xgboost.core.Booster": "booster"}.get(class_path)


def content_of(kind: str, value: Any) -> dict[str, Any]:
    """Return the content of a tree or booster.

    Parameters
    ----------
    kind : str
        The result of :func:`kind_of`.
    value : object
        The tree or booster.

    Returns
    -------
    dict
        Arrays and numbers; a booster as XGBoost's JSON.
    """
    if kind == "booster":
        return {"json": np.frombuffer(bytes(value.save_raw("json")), dtype=np.uint8)}
    _, (n_features, n_classes, n_outputs), state = value.__reduce__()
    return {"n_features": n_features, "n_classes": n_classes, "n_outputs": n_outputs, **state}


def tree(content: dict[str, Any]) -> Any:
    """Return scikit-learn's tree.

    Parameters
    ----------
    content : dict
        The result of :func:`content_of`.

    Returns
    -------
    sklearn.tree._tree.Tree
        The tree.

    Raises
    ------
    ModelFileError
        If a node leads outside the tree or in a circle.
    """
    from sklearn.tree._tree import Tree

    nodes, n_features, n_classes = content["nodes"], content["n_features"], content["n_classes"]
    count = len(nodes)
    _require(nodes.ndim == 1 and count == content["node_count"] > 0, "tree")
    _require(content["n_outputs"] == 1 and n_classes.shape == (1,) and 0 < n_classes[0] <= _MAX_CLASSES, "tree")
    _require(content["values"].shape == (count, 1, n_classes[0]) and 0 < n_features <= _MAX_FEATURES, "tree")
    _check_branches(nodes["left_child"], nodes["right_child"], nodes["feature"], n_features)
    tree = Tree(int(n_features), n_classes.astype(np.intp), 1)
    tree.__setstate__({key: content[key] for key in ("max_depth", "node_count", "nodes", "values")})
    return tree


def booster(content: dict[str, Any]) -> Any:
    """Return XGBoost's booster.

    Parameters
    ----------
    content : dict
        The result of :func:`content_of`.

    Returns
    -------
    xgboost.Booster
        The booster.

    Raises
    ------
    ModelFileError
        If a node leads outside a tree or in a circle.
    """
    import xgboost

    text = content["json"].tobytes()
    try:
        learner = json.loads(text)["learner"]
        width = int(learner["learner_model_param"]["num_feature"])
        for member in learner["gradient_booster"]["model"]["trees"]:
            columns = ("left_children", "right_children", "split_indices")
            left, right, feature = (np.array(member[name], dtype=np.int64) for name in columns)
            _check_branches(left, right, feature, width)
            _require(not any(member["split_type"]), "booster")
        model = xgboost.Booster({"nthread": 1})
        model.load_model(bytearray(text))
    except (xgboost.core.XGBoostError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"the boosted trees cannot be read ({type(error).__name__})") from None
    return model


def _check_branches(left: np.ndarray, right: np.ndarray, feature: np.ndarray, width: int) -> None:
    """Require that children follow their parent inside the tree, and that features exist."""
    count = len(left)
    _require(len(right) == len(feature) == count > 0, "tree")
    leaf, index = left == -1, np.arange(count)
    _require(np.array_equal(leaf, right == -1), "tree")
    for child in (left, right):
        _require(bool(np.all(leaf | ((child > index) & (child < count)))), "tree")
    _require(bool(np.all(leaf | ((feature >= 0) & (feature < width)))), "tree")


def to_saved(name: str, state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the attributes of an instance in the form of the file.

    Infinite scales of constant bands become zero, and support vectors float32 where that is exact.

    Parameters
    ----------
    name : str
        The name of its class.
    state : mapping
        Its attributes.

    Returns
    -------
    mapping
        The attributes to save.
    """
    if name == "SoftmaxSVC" and "support_vectors_" in state:
        vectors = state["support_vectors_"]
        exact = vectors.astype(np.float32)
        return {**state, "support_vectors_": exact if np.array_equal(exact, vectors) else vectors}
    if name == "BandScaler":
        return {**state, "scale": np.where(np.isinf(state["scale"]), 0.0, state["scale"])}
    return state


def restore(name: str, instance: Any) -> None:
    """Compute the attributes that are not saved, and validate those that compiled code trusts.

    Parameters
    ----------
    name : str
        The name of the class.
    instance : object
        The instance with its saved attributes; changed in place.

    Raises
    ------
    ModelFileError
        If its attributes do not fit together.
    """
    if name in _RESTORE:
        _RESTORE[name](instance)


def _restore_bands(scaler: Any) -> None:
    scaler.scale = np.where(scaler.scale == 0.0, np.inf, scaler.scale)


def _restore_mean(ensemble: Any) -> None:
    """Require members of the same classes; the unfitted members are not saved."""
    members = getattr(ensemble, "estimators_", None)
    _require(isinstance(members, list) and 0 < len(members) <= _MAX_MEMBERS, "ProbabilityMean")
    same = all(np.array_equal(member.classes_, ensemble.classes_) for member in ensemble.estimators_)
    _require(same, "ProbabilityMean")
    ensemble.estimators = ensemble.estimators_


def _restore_neighbours(model: Any) -> None:
    model._tree = None
    if hasattr(model, "_fit_method") and model._fit_method in ("kd_tree", "ball_tree"):
        from sklearn.neighbors import BallTree, KDTree

        tree = {"kd_tree": KDTree, "ball_tree": BallTree}[model._fit_method]
        _require(isinstance(model.effective_metric_, str), "Neighbours")
        metric = {"metric": model.effective_metric_, **model.effective_metric_params_}
        model._tree = tree(model._fit_X, int(model.leaf_size), **metric)


def _restore_svm(svm: Any) -> None:
    """Validate the arrays that libsvm indexes by counts."""
    if not hasattr(svm, "support_vectors_"):
        return  # an unfitted member of an ensemble
    svm.support_vectors_ = np.ascontiguousarray(svm.support_vectors_, dtype=np.float64)
    classes, (count, width) = len(svm.classes_), svm.support_vectors_.shape
    pairs = classes * (classes - 1) // 2
    _require(svm.shape_fit_[1] == width and not svm._sparse and isinstance(svm.kernel, str), "SVC")
    _require(svm.support_.shape == (count,) and svm._n_support.shape == (classes,), "SVC")
    _require(bool((svm._n_support >= 0).all()) and svm._n_support.sum() == count, "SVC")
    _require(svm._dual_coef_.shape == (classes - 1, count) and svm._intercept_.shape == (pairs,), "SVC")
    for probabilities in (svm._probA, svm._probB):
        _require(probabilities.size in (0, pairs), "SVC")


def _check_forest(forest: Any) -> None:
    """Require that all trees have the columns and classes of the forest."""
    for member in getattr(forest, "estimators_", ()):
        same = member.tree_.n_features == forest.n_features_in_ and member.tree_.max_n_classes == forest.n_classes_
        _require(bool(same), "RandomForestClassifier")


def _check_tree(model: Any) -> None:
    if hasattr(model, "tree_"):
        same = model.tree_.n_features == model.n_features_in_ and model.tree_.max_n_classes == model.n_classes_
        _require(bool(same), "DecisionTreeClassifier")


def _check_network(network: Any) -> None:
    """Require a known network and matching weights, before memory is allocated for it."""
    if not hasattr(network, "weights_"):
        return
    plan = network.blueprint_
    _require(network.network == plan.network and plan.network in NETWORKS, "network")
    _require(plan.classes == len(network.classes_) <= _MAX_CLASSES and 0 < len(plan.shape) <= 2, "network")
    _require(all(isinstance(n, int) and n > 0 for n in plan.shape), "network")
    _require(int(np.prod([float(n) for n in plan.shape])) <= _MAX_INPUT_SIZE, "network")
    _require(all(len(v) <= _MAX_LAYERS for v in plan.architecture.values() if isinstance(v, list)), "network")
    if hasattr(network, "length_"):
        _require(len(plan.shape) == 2 and network.length_ == plan.shape[0], "network")
    elif "frames" in network.inputs:
        _require(plan.shape[1] == network.chunk + 1, "network")
    _require(isinstance(network.members, int) and 0 < network.members <= _MAX_MEMBERS, "network")
    _check_weights(plan, network.members, [w.shape for w in network.weights_])


def _restore_calibrated(calibrated: Any) -> None:
    """Require a calibration in range; the unfitted classifier is not saved."""
    if not hasattr(calibrated, "estimator_"):
        _require(False, "Calibrated")
    calibrated.estimator = calibrated.estimator_
    scores, weights = calibrated.scores_, calibrated.score_weights_
    temperature, floor = calibrated.temperature_, calibrated.floor_
    _require(all(isinstance(number, float) for number in (temperature, floor)), "Calibrated")
    _require(_LEAST_TEMPERATURE <= temperature <= _MAX_TEMPERATURE and 0 <= floor <= 1, "Calibrated")
    _require(scores.ndim == 1 and scores.shape == weights.shape and len(scores) <= _MAX_SCORES, "Calibrated")
    _require(scores.dtype == weights.dtype == np.float64, "Calibrated")
    _require(bool((np.diff(scores) >= 0).all() and (abs(scores - 0.5) < 0.5 + _ROUNDING).all()), "Calibrated")
    _require(bool((weights >= 0).all() and (not len(weights) or abs(weights.sum() - 1) < _ROUNDING)), "Calibrated")
    _require(np.array_equal(calibrated.classes_, calibrated.estimator_.classes_), "Calibrated")


def _check_weights(plan: Any, members: int, shapes: list[tuple[int, ...]]) -> None:
    """Compare the shapes of the weights with those of the network, without building it."""
    from ser_bench.models.networks.compiled import outline

    _require(members * outline(plan) == shapes, "network")


def _require(holds: bool, name: str) -> None:
    if not holds:
        raise ModelFileError(f"the {name} in it is inconsistent")


_RESTORE: dict[str, Callable[[Any], None]] = {
    "BandScaler": _restore_bands,
    "Calibrated": _restore_calibrated,
    "ProbabilityMean": _restore_mean,
    "Neighbours": _restore_neighbours,
    "SoftmaxSVC": _restore_svm,
    "RandomForestClassifier": _check_forest,
    "DecisionTreeClassifier": _check_tree,
    "KerasClassifier": _check_network,
}
