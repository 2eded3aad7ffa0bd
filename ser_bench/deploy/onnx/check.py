"""Comparison of an ONNX file with its model on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.onnx.graph import Graph

TOLERANCE = 1e-4
"""The largest difference of a probability. Labels may differ only between labels that are this close."""

_BATCH = 64
_RANDOM_ROWS = 256


@dataclass(frozen=True)
class Agreement:
    """The result of the comparison.

    Parameters
    ----------
    rows : int
        Number of rows.
    clips : bool
        Whether the rows are training clips or random.
    max_difference : float
        The largest difference of a probability.
    tolerance : float
        The allowed difference.
    """

    rows: int
    clips: bool
    max_difference: float
    tolerance: float = TOLERANCE


def check(model: TrainedModel, content: bytes, rows: np.ndarray, *, clips: bool) -> Agreement:
    """Compare the content of a file with the model.

    Parameters
    ----------
    model : TrainedModel
        The model.
    content : bytes
        The content of the ONNX file.
    rows : numpy.ndarray
        Features, float32 of shape ``(n, d)`` or ``(n, t, d)``.
    clips : bool
        Whether the rows are training clips.

    Returns
    -------
    Agreement
        The result.

    Raises
    ------
    ModelFileError
        If labels or probabilities differ.
    """
    expected = models.aligned_proba(model.estimator, rows, model.labels)
    p, labels = _predict(content, rows)
    largest = float(np.abs(p - expected).max()) if np.isfinite(p).all() else float("inf")
    column = {label: k for k, label in enumerate(model.labels)}
    chosen = expected[np.arange(len(rows)), [column[str(label)] for label in labels]]
    different = int((chosen < expected.max(axis=1) - TOLERANCE).sum())
    if largest > TOLERANCE or different:
        raise ModelFileError(
            f"the ONNX file predicts differently: of {len(rows)} rows {different} have another label, and "
            f"probabilities differ by up to {largest:.1g}\nno ONNX file was written; use the model file"
        )
    return Agreement(len(rows), clips, largest)


def _predict(content: bytes, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    parts = [
        session.run(["probabilities", "label"], {"features": rows[start : start + _BATCH]})
        for start in range(0, len(rows), _BATCH)
    ]
    p, labels = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    return p, labels


def random_rows(model: TrainedModel, graph: Graph) -> np.ndarray:
    """Return random rows around the mean of the training data.

    Parameters
    ----------
    model : TrainedModel
        The model.
    graph : Graph
        Its graph, with the mean and scale of its scaler.

    Returns
    -------
    numpy.ndarray
        float32 of shape ``(256, d)``, or ``(256, t, d)`` with clips of different lengths.
    """
    generator = np.random.default_rng(0)
    width = sum(s.dimension for s in model.sets)
    centre = np.zeros(width) if graph.centre is None else graph.centre
    spread = np.ones(width) if graph.spread is None else np.where(np.isfinite(graph.spread), graph.spread, 0.0)
    if model.sets[0].kind == "vector":
        return generator.normal(centre, spread, (_RANDOM_ROWS, width)).astype(np.float32)
    longest = 2 * (graph.frames or _BATCH)
    rows = generator.normal(centre, spread, (_RANDOM_ROWS, longest, width)).astype(np.float32)
    for row, length in zip(rows, generator.integers(1, longest + 1, _RANDOM_ROWS), strict=True):
        row[length:] = np.nan
    return rows
