"""A fitted estimator turned into an ONNX file, which is written once it was found to answer alike."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np

from ser_bench.core.errors import MissingExtraError, ModelFileError
from ser_bench.core.files import atomic_write
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.onnx import check as agreement
from ser_bench.deploy.onnx.graph import IR_VERSION, OPSET, TREES, TREES_OPSET, Graph


def check_extra(what: str) -> None:
    """Raise :class:`MissingExtraError`, saying what for, where the extra ``[onnx]`` is not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")):
        raise MissingExtraError(what, "onnx")


def write(model: TrainedModel, path: Path, rows: np.ndarray | None = None) -> agreement.Agreement:
    """Write a model as ONNX if it answers as the model does, and return how well it agrees.

    It is asked about ``rows``, features of clips as the model takes them, or where there are none about drawn ones.
    Raises :class:`ModelFileError`, leaving ``path`` as it was, for a model that cannot be exported, a file that answers
    otherwise, or one that cannot be written.
    """
    from ser_bench.deploy.onnx import estimators

    graph = Graph()
    p = estimators.probabilities(graph, model.estimator, "features")
    _answer(graph, p, [str(name) for name in model.estimator.classes_], model.labels)
    asked = agreement.drawn(model, graph) if rows is None else rows
    content = _serialised(_proto(graph, model))
    found = agreement.check(model, content, asked, clips=rows is not None)
    try:
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror or error}") from None
    return found


def _answer(graph: Graph, p: str, classes: list[str], labels: tuple[str, ...]) -> None:
    """Add the outputs: the most probable label, ties going to the estimator's first, and a column per label."""
    best = graph.add("ArgMax", p, axis=1, keepdims=0)
    columns = np.eye(len(labels))[[labels.index(name) for name in classes]]
    graph.give("probabilities", graph.cast(graph.add("MatMul", p, columns), np.float32))
    graph.give("label", graph.add("Gather", np.array(classes), best, axis=0))


def _proto(graph: Graph, model: TrainedModel) -> Any:
    from onnx import TensorProto, helper

    width = sum(s.dimension for s in model.sets)
    shape: list[str | int | None] = ["clips", width] if model.sets[0].kind == "vector" else ["clips", "frames", width]
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)
    found = [
        helper.make_tensor_value_info("label", TensorProto.STRING, ["clips"]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["clips", len(model.labels)]),
    ]
    named = helper.make_graph(graph.nodes, model.info.model.name, [given], found, graph.constants)
    proto = helper.make_model(
        named,
        producer_name="ser-bench",
        producer_version=model.info.ser_bench,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(TREES, TREES_OPSET)],
    )
    helper.set_model_props(proto, metadata(model.info))
    return proto


def metadata(info: Manifest) -> dict[str, str]:
    """Return what the model's file says of itself, texts as they are and the rest as JSON.

    With it ``columns``, the names of the columns of ``features`` in their order, and the data's ``licence``.
    """
    told = info.model_dump() | {
        "columns": [column for one in info.features for column in one.columns],
        "licence": info.corpus.licence,
    }
    return {key: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for key, v in told.items()}


def _serialised(proto: Any) -> bytes:
    try:
        content: bytes = proto.SerializeToString(deterministic=True)
    except Exception as error:  # protobuf has no class of its own for what is over its limit of 2 GiB
        raise ModelFileError(f"the model is too large for an ONNX file ({type(error).__name__})") from None
    return content
