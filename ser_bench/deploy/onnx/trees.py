"""Decision trees, forests and boosted trees as nodes of ONNX's own kind for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_bench.deploy.onnx.graph import TREES, Graph


@dataclass(frozen=True)
class _Tree:
    """A tree's nodes; leaves have ``left`` -1. ``values`` is ``(nodes, targets)``, read at the leaves."""

    left: np.ndarray
    right: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    values: np.ndarray


def decision_tree(graph: Graph, model: Any, x: str) -> str:
    """Return probabilities, ``(n, classes)``, of scikit-learn's tree."""
    return graph.normalised(_ensemble(graph, x, [_sklearn(model.tree_)], "BRANCH_LEQ"))


def forest(graph: Graph, model: Any, x: str) -> str:
    """Return the mean of the probabilities of a forest's trees."""
    return graph.normalised(_ensemble(graph, x, [_sklearn(grown.tree_) for grown in model.estimators_], "BRANCH_LEQ"))


def boosted(graph: Graph, model: Any, x: str) -> str:
    """Return the probabilities of XGBoost's trees: softmax of their sums, or the logistic function for two classes."""
    learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
    grown = learner["gradient_booster"]["model"]
    classes = int(learner["learner_model_param"]["num_class"])
    targets = max(classes, 1)
    trees = [_xgboost(one, place, targets) for one, place in zip(grown["trees"], grown["tree_info"], strict=True)]
    base = np.atleast_1d(np.array(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float64))
    if not classes:
        base = np.log(base / (1 - base))  # for two classes it is kept as a probability
    margins = _ensemble(graph, x, trees, "BRANCH_LT")
    margins = graph.add("Add", margins, np.broadcast_to(base, (targets,)).copy())
    return graph.add("Softmax", margins, axis=1) if classes else graph.two_sided(graph.add("Sigmoid", margins))


def _sklearn(tree: Any) -> _Tree:
    values = tree.value[:, 0, :]
    shares = values / values.sum(axis=1, keepdims=True)
    return _Tree(tree.children_left, tree.children_right, tree.feature, _below(tree.threshold), shares)


def _below(threshold: np.ndarray) -> np.ndarray:
    """Return the largest float32 not above each threshold: for float32 columns it asks the very same."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _xgboost(one: dict[str, Any], place: int, targets: int) -> _Tree:
    left, right, column = (np.array(one[k]) for k in ("left_children", "right_children", "split_indices"))
    said = np.array(one["split_conditions"], dtype=np.float32)
    values = np.zeros((len(left), targets))
    values[:, place] = said  # a leaf's value stands where another node has its threshold
    return _Tree(left, right, column, said, values)


def _ensemble(graph: Graph, x: str, trees: Sequence[_Tree], mode: str) -> str:
    """Return the sum of the trees' values, double ``(n, targets)``; ``x`` is taken as float32."""
    targets = trees[0].values.shape[1]
    sizes = [len(tree.left) for tree in trees]
    leaf = np.concatenate([tree.left == -1 for tree in trees])
    tree_ids, node_ids = np.repeat(np.arange(len(trees)), sizes), np.concatenate([np.arange(n) for n in sizes])
    joined = {k: np.concatenate([getattr(t, k) for t in trees]) for k in ("left", "right", "column", "threshold")}
    weights = np.concatenate([tree.values for tree in trees])[leaf]
    summed = graph.add(
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
    return graph.cast(summed, np.float64)
