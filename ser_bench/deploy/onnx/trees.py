"""Decision trees, forests and boosted trees as tree ensembles of ``ai.onnx.ml``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import TREES, Graph


@dataclass(frozen=True)
class _Tree:
    """The nodes of a tree; leaves have ``left`` -1. ``values`` is ``(nodes, targets)``, valid at leaves."""

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    values: np.ndarray


def decision_tree(graph: Graph, model: Any, x: str) -> str:
    """Add a decision tree of scikit-learn.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : estimator
        The fitted estimator.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    return graph.normalised(_ensemble(graph, x, [_sklearn(model.tree_)], "BRANCH_LEQ"))


def forest(graph: Graph, model: Any, x: str) -> str:
    """Add a forest: the mean of the probabilities of its trees.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : estimator
        The fitted estimator.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    return graph.normalised(_ensemble(graph, x, [_sklearn(member.tree_) for member in model.estimators_], "BRANCH_LEQ"))


def boosted(graph: Graph, model: Any, x: str) -> str:
    """Add boosted trees of XGBoost: the softmax of their sums, or the logistic function for two classes.

    Parameters
    ----------
    graph : Graph
        The graph, extended in place.
    model : estimator
        The fitted estimator.
    x : str
        The name of its input.

    Returns
    -------
    str
        The name of the probabilities, double of shape ``(n, classes)``.
    """
    learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
    booster = learner["gradient_booster"]["model"]
    classes = int(learner["learner_model_param"]["num_class"])
    targets = max(classes, 1)
    trees = [
        _xgboost(tree, target, targets) for tree, target in zip(booster["trees"], booster["tree_info"], strict=True)
    ]
    base = np.atleast_1d(np.array(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float64))
    if not classes:
        base = np.log(base / (1 - base))  # for two classes XGBoost saves a probability
    margins = _ensemble(graph, x, trees, "BRANCH_LT")
    margins = graph.add("Add", margins, np.broadcast_to(base, (targets,)).copy())
    return graph.add("Softmax", margins, axis=1) if classes else graph.both_classes(graph.add("Sigmoid", margins))


def _sklearn(tree: Any) -> _Tree:
    values = tree.value[:, 0, :]
    probabilities = values / values.sum(axis=1, keepdims=True)
    return _Tree(tree.children_left, tree.children_right, tree.feature, _round_down(tree.threshold), probabilities)


def _round_down(threshold: np.ndarray) -> np.ndarray:
    """Return the largest float32 not above each threshold, which splits float32 columns identically."""
    rounded = threshold.astype(np.float32)
    return np.where(rounded > threshold, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _xgboost(tree: dict[str, Any], target: int, targets: int) -> _Tree:
    left, right, column = (np.array(tree[k]) for k in ("left_children", "right_children", "split_indices"))
    thresholds = np.array(tree["split_conditions"], dtype=np.float32)
    values = np.zeros((len(left), targets))
    values[:, target] = thresholds  # a leaf has its value in the place of a threshold
    return _Tree(left, right, column, thresholds, values)


def _ensemble(graph: Graph, x: str, trees: Sequence[_Tree], mode: str) -> str:
    """Return the sum of the values of the trees, double ``(n, targets)``; the input is cast to float32."""
    targets = trees[0].values.shape[1]
    sizes = [len(tree.left) for tree in trees]
    leaf = np.concatenate([tree.left == -1 for tree in trees])
    tree_ids, node_ids = np.repeat(np.arange(len(trees)), sizes), np.concatenate([np.arange(n) for n in sizes])
    joined = {k: np.concatenate([getattr(t, k) for t in trees]) for k in ("left", "right", "column", "threshold")}
    weights = np.concatenate([tree.values for tree in trees])[leaf]
    total = graph.add(
        "TreeEnsembleRegressor",
        graph.cast(x, np.float32),
        domain=TREES,
        n_targets=targets,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=tree_ids.tolist(),
        nodes_nodeids=node_ids.tolist(),
        nodes_featureids=np.where(leaf, 0, joined["column"]).tolist(),
        nodes_modes=["LEAF" if end else mode for end in leaf],
        nodes_values=np.where(leaf, 0, joined["threshold"]).tolist(),
        nodes_truenodeids=np.where(leaf, 0, joined["left"]).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, joined["right"]).tolist(),
        target_treeids=np.repeat(tree_ids[leaf], targets).tolist(),
        target_nodeids=np.repeat(node_ids[leaf], targets).tolist(),
        target_ids=np.tile(np.arange(targets), int(leaf.sum())).tolist(),
        target_weights=weights.ravel().tolist(),
    )
    return graph.cast(total, np.float64)
