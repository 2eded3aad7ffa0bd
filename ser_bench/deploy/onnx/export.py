"""Export of a trained model to ONNX, with a comparison before the file is written."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from ser_bench.core.errors import MissingExtraError, ModelFileError
from ser_bench.core.files import atomic_write
from ser_bench.deploy.coverage import EXPORTED
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.onnx.check import Agreement, check, random_rows
from ser_bench.deploy.onnx.graph import IR_VERSION, OPSET, TREES, TREES_OPSET, Graph


def check_extra(feature: str) -> None:
    """Check that the extra ``[onnx]`` is installed.

    Parameters
    ----------
    feature : str
        What needs it, for the message.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")):
        raise MissingExtraError(feature, "onnx")


def write(model: TrainedModel, path: Path, rows: np.ndarray | None = None) -> Agreement:
    """Write a model as ONNX if it predicts as the model does.

    Parameters
    ----------
    model : TrainedModel
        The model.
    path : Path
        The file; unchanged after an error.
    rows : numpy.ndarray, optional
        Features of clips for the comparison, float32 of shape ``(n, d)`` or ``(n, t, d)``; default random rows.

    Returns
    -------
    Agreement
        The result of the comparison.

    Raises
    ------
    ModelFileError
        For a model without ONNX export, a file that predicts differently, or one that cannot be written.
    """
    from ser_bench.deploy.onnx import estimators

    graph = Graph()
    p = estimators.probabilities(graph, model.estimator, "features")
    _add_outputs(graph, p, [str(name) for name in model.estimator.classes_], model.labels)
    compared = random_rows(model, graph) if rows is None else rows
    content = _serialised(_proto(graph, model))
    agreement = check(model, content, compared, clips=rows is not None)
    try:
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror or error}") from None
    return agreement


def _add_outputs(graph: Graph, p: str, classes: list[str], labels: tuple[str, ...]) -> None:
    """Add the outputs: the most probable label (the first of the estimator's in a tie), and a column per label."""
    best = graph.add("ArgMax", p, axis=1, keepdims=0)
    columns = np.eye(len(labels))[[labels.index(name) for name in classes]]
    graph.output("probabilities", graph.cast(graph.add("MatMul", p, columns), np.float32))
    graph.output("label", graph.add("Gather", np.array(classes), best, axis=0))


def _proto(graph: Graph, model: TrainedModel) -> Any:
    from onnx import TensorProto, helper

    width = sum(s.dimension for s in model.sets)
    shape: list[str | int | None] = ["clips", width] if model.sets[0].kind == "vector" else ["clips", "frames", width]
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.STRING, ["clips"]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["clips", len(model.labels)]),
    ]
    body = helper.make_graph(graph.nodes, model.info.model.name, [features], outputs, graph.constants)
    proto = helper.make_model(
        body,
        producer_name="ser-bench",
        producer_version=model.info.ser_bench,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(TREES, TREES_OPSET)],
    )
    helper.set_model_props(proto, metadata(model))
    return proto


def metadata(model: TrainedModel) -> dict[str, str]:
    """Return the metadata of an ONNX file.

    Parameters
    ----------
    model : TrainedModel
        The model.

    Returns
    -------
    dict of str to str
        The entries of the manifest, strings as they are and the rest as JSON. ``columns`` are the names of the
        columns of ``features`` in order, and ``licence`` is that of the data. ``set_thresholds`` are thresholds by
        coverage: a prediction set holds the most probable label, and those with a probability of at least 1 minus the
        threshold. It is empty for a model that is not calibrated.
    """
    info = model.info
    entries = info.model_dump() | {
        "columns": [column for feature_set in info.features for column in feature_set.columns],
        "licence": info.corpus.licence,
        "set_thresholds": {f"{c:g}": model.threshold(c) for c in EXPORTED} if model.is_calibrated else {},
    }
    return {key: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for key, v in entries.items()}


def _serialised(proto: Any) -> bytes:
    try:
        content: bytes = proto.SerializeToString(deterministic=True)
    except Exception as error:  # protobuf has no specific class for its limit of 2 GiB
        raise ModelFileError(f"the model is too large for an ONNX file ({type(error).__name__})") from None
    return content
